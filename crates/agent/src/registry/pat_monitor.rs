//! `PatMonitor@1`: which PATs end soon or break policy.

use patkeeper_core::policy::MOST_DAYS;

use super::channels::{self, SLACK_WEBHOOK_URL, TEAMS_WEBHOOK_URL, WEBHOOK_URL};
use super::reports::{self, REPORT_DIRECTORY};
use super::{Group, Input, Kind, Output, Task, organization, sign_in};

const JUDGED_GROUP: &str = "judgedGroup";
const POLICY_GROUP: &str = "policyGroup";
const LARGE_GROUP: &str = "largeGroup";

/// More would be no faster: the service slows a caller down.
const MOST_IN_FLIGHT: u32 = 64;

/// Whose PATs.
pub const SCOPE: Input = Input::new(
    "scope",
    Kind::Choice(&[
        ("mine", "The signed-in user's PATs"),
        ("organization", "Every user's PATs (administrators)"),
    ]),
    "Whose PATs",
    "`mine`: the PATs of whoever signed in. `organization`: every user's, through the token administration API; takes \
     a Project Collection Administrator.",
)
.default("mine")
.group(JUDGED_GROUP);

/// Which names are judged.
pub const NAMES: Input = Input::new(
    "names",
    Kind::Lines,
    "Names judged",
    "Glob patterns (`*`, `?`), one a line. Only PATs whose display name matches one are judged; if none \
     does, the status is `missing`. Blank: all.",
)
.group(JUDGED_GROUP);

/// Which names must be there.
pub const REQUIRE_NAMES: Input = Input::new(
    "requireNames",
    Kind::Lines,
    "Names required",
    "Glob patterns, one a line. Each must match at least one live PAT, or the status is `missing`: a gate \
     must not pass because its token is gone.",
)
.group(JUDGED_GROUP);

/// When a PAT is `warning`.
pub const WARNING_DAYS: Input = Input::new(
    "warningDays",
    Kind::Number {
        min: 0,
        max: MOST_DAYS,
    },
    "Warning at days left",
    "A PAT with this many whole days left, or fewer, is `warning`.",
)
.default("30")
.group(JUDGED_GROUP);

/// When a PAT is `critical`.
pub const CRITICAL_DAYS: Input = Input::new(
    "criticalDays",
    Kind::Number {
        min: 0,
        max: MOST_DAYS,
    },
    "Critical at days left",
    "A PAT with this many whole days left, or fewer, is `critical`. At most `warningDays`.",
)
.default("7")
.group(JUDGED_GROUP);

/// How long an expired PAT counts.
pub const EXPIRED_WITHIN_DAYS: Input = Input::new(
    "expiredWithinDays",
    Kind::Number {
        min: 0,
        max: MOST_DAYS,
    },
    "Expired counts for days",
    "An expired PAT counts for this many days after its end; then it is history.",
)
.default("30")
.group(JUDGED_GROUP);

/// The mildest status that fails.
pub const FAIL_ON: Input = Input::new(
    "failOn",
    Kind::Choice(&[
        ("never", "Never"),
        ("expired", "Expired or worse"),
        ("critical", "Critical or worse"),
        ("warning", "Warning or worse"),
    ]),
    "Fail the step on",
    "The mildest status that fails the step. What cannot be read always fails it.",
)
.default("expired")
.group(JUDGED_GROUP);

/// The longest lifetime allowed.
pub const MAX_LIFETIME_DAYS: Input = Input::new(
    "maxLifetimeDays",
    Kind::Number {
        min: 1,
        max: MOST_DAYS,
    },
    "Longest lifetime, in days",
    "Policy: the longest lifetime a PAT may be given. Blank: what the policy file says, else 90.",
)
.default_when_blank("90")
.group(POLICY_GROUP);

/// Scopes no PAT may have.
pub const FORBIDDEN_SCOPES: Input = Input::new(
    "forbiddenScopes",
    Kind::Words,
    "Forbidden scopes",
    "Policy: scopes that no PAT may have, separated by spaces, commas or lines. `vso.full_access` is read as \
     `app_token`. Blank: what the policy file says, else `app_token`.",
)
.default_when_blank("app_token")
.group(POLICY_GROUP);

/// Rules and waivers.
pub const POLICY_FILE: Input = Input::new(
    "policyFile",
    Kind::Text,
    "Policy file",
    "A YAML file of rules and waivers, relative to the working directory. The inputs here win over it.",
)
.group(POLICY_GROUP);

/// The mildest policy finding that fails.
pub const FAIL_ON_POLICY: Input = Input::new(
    "failOnPolicy",
    Kind::Choice(&[
        ("never", "Never"),
        ("error", "Findings of severity error"),
        ("warning", "Findings of severity warning or error"),
    ]),
    "Fail the step on policy findings",
    "The mildest policy finding that fails the step.",
)
.default("never")
.group(POLICY_GROUP);

/// When to alert.
pub const ALERT_ON: Input = Input::new(
    "alertOn",
    Kind::Choice(&[
        ("attention", "When something needs attention"),
        ("always", "Always"),
        ("never", "Never"),
    ]),
    "Alert",
    "`attention`: when the status is not `ok`, the step fails, or a policy finding of severity error stands.",
)
.default("attention")
.group(channels::GROUP.name)
.visible_when("slackWebhookUrl != \"\" || teamsWebhookUrl != \"\" || webhookUrl != \"\"");

/// How much at once.
pub const PARALLELISM: Input = Input::new(
    "parallelism",
    Kind::Number {
        min: 1,
        max: MOST_IN_FLIGHT,
    },
    "Requests at once",
    "With `scope: organization`: how many requests are in flight at once. Patkeeper slows down by itself where the \
     service asks for it.",
)
.default("16")
.group(LARGE_GROUP)
.visible_when("scope = organization");

/// A share of the users.
pub const SLICE: Input = Input::new(
    "slice",
    Kind::Choice(&[
        ("none", "All users"),
        ("auto", "This parallel job's share of the users"),
    ]),
    "Slice",
    "`auto`: with `scope: organization` under `strategy: parallel`, this job reads its share of the users alone. A later \
     job folds the reports into one with `mergeReports`.",
)
.default("none")
.group(LARGE_GROUP)
.visible_when("scope = organization");

/// Reports in place of tokens.
pub const MERGE_REPORTS: Input = Input::new(
    "mergeReports",
    Kind::Lines,
    "Reports to merge",
    "Paths of JSON reports (`patkeeper.report/1`), one a line: these slices of one organization are judged together, \
     and no PAT is read. No sign-in is needed then. What is judged by which limit is what the slices say; it need not \
     be given again, and must not differ.",
)
.group(LARGE_GROUP);

/// Which reports.
pub const REPORT_FORMATS: Input = reports::formats(
    Kind::Choices(&[
        ("json", "JSON"),
        ("markdown", "Markdown"),
        ("junit", "JUnit XML"),
        ("csv", "CSV"),
        ("html", "HTML page"),
        ("sarif", "SARIF"),
    ]),
    "Any of `json`, `markdown`, `junit`, `csv`, `html`, `sarif`, separated by spaces, commas or lines. `json` is always \
     written. `html` is one file that opens in any browser, without network; `sarif` holds the policy findings.",
);

/// The task.
pub static TASK: Task = Task {
    name: "PatMonitor",
    command: "monitor",
    about: "Tells which Azure DevOps PATs end soon or break policy, and stops a release when one does.",
    groups: &[
        sign_in::GROUP,
        Group {
            name: JUDGED_GROUP,
            label: "What is judged",
            expanded: true,
        },
        Group {
            name: POLICY_GROUP,
            label: "Policy",
            expanded: false,
        },
        Group {
            name: LARGE_GROUP,
            label: "Large organizations",
            expanded: false,
        },
        channels::GROUP,
        reports::GROUP,
    ],
    inputs: &[
        organization::SEVERAL,
        sign_in::SIGN_IN,
        sign_in::AZURE_SUBSCRIPTION,
        sign_in::MANAGED_IDENTITY_CLIENT_ID,
        sign_in::ACCESS_TOKEN,
        sign_in::REFRESH_TOKEN_SECRET,
        sign_in::REFRESH_TOKEN_VAULT,
        sign_in::CLIENT_ID,
        sign_in::TENANT_ID,
        sign_in::CLIENT_AUTHENTICATION,
        sign_in::CLIENT_SECRET,
        SCOPE,
        NAMES,
        REQUIRE_NAMES,
        WARNING_DAYS,
        CRITICAL_DAYS,
        EXPIRED_WITHIN_DAYS,
        FAIL_ON,
        MAX_LIFETIME_DAYS,
        FORBIDDEN_SCOPES,
        POLICY_FILE,
        FAIL_ON_POLICY,
        PARALLELISM,
        SLICE,
        MERGE_REPORTS,
        SLACK_WEBHOOK_URL,
        TEAMS_WEBHOOK_URL,
        WEBHOOK_URL,
        ALERT_ON,
        REPORT_DIRECTORY,
        REPORT_FORMATS,
    ],
    outputs: &[
        Output {
            name: "status",
            description: "ok, warning, critical, expired, missing or unknown, the worst of what was judged; \
                          unknown means that part of it could not be read.",
        },
        Output {
            name: "total",
            description: "How many PATs were judged.",
        },
        Output {
            name: "healthy",
            description: "How many have more than warningDays left.",
        },
        Output {
            name: "warning",
            description: "How many have at most warningDays left.",
        },
        Output {
            name: "critical",
            description: "How many have at most criticalDays left.",
        },
        Output {
            name: "expired",
            description: "How many have ended within expiredWithinDays.",
        },
        Output {
            name: "missing",
            description: "How many patterns matched no PAT though they had to.",
        },
        Output {
            name: "replaced",
            description: "How many live PATs a newer one of their family has replaced.",
        },
        Output {
            name: "unreadable",
            description: "How many things could not be read.",
        },
        Output {
            name: "policyFindings",
            description: "How many policy findings no waiver covers.",
        },
        Output {
            name: "soonestExpiryDays",
            description: "Whole days left of the live PAT that ends first; empty when there is none.",
        },
        Output {
            name: "soonestExpiryName",
            description: "The display name of that PAT, with anything that could act as a command taken out.",
        },
        Output {
            name: "reportJson",
            description: "The path of the JSON report (patkeeper.report/1).",
        },
    ],
};
