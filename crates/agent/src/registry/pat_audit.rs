//! `PatAudit@1`: who did what to which PAT, from the organization's audit log.

use patkeeper_core::audit::KEPT_DAYS;

use super::channels::{self, SLACK_WEBHOOK_URL, TEAMS_WEBHOOK_URL, WEBHOOK_URL};
use super::reports::{self, REPORT_DIRECTORY, REPORT_FORMATS};
use super::{Group, Input, Kind, Output, Task, organization, sign_in};

const LOG_GROUP: &str = "logGroup";

/// How far back.
pub const DAYS: Input = Input::new(
    "days",
    Kind::Number {
        min: 1,
        max: KEPT_DAYS,
    },
    "Days back",
    "The days before now. The service keeps 90. Blank: 30, unless `startTime` and `endTime` are given instead.",
)
.default_when_blank("30")
.group(LOG_GROUP);

/// From.
pub const START_TIME: Input = Input::new(
    "startTime",
    Kind::Text,
    "From",
    "ISO 8601, e.g. `2026-11-20T08:00:00Z` or `2026-11-20`, which is its midnight. UTC, where no zone is given. Needs \
     `endTime`.",
)
.group(LOG_GROUP);

/// To.
pub const END_TIME: Input = Input::new(
    "endTime",
    Kind::Text,
    "To",
    "ISO 8601, as `startTime`; later than it, at most 90 days later, and not in the future.",
)
.group(LOG_GROUP);

/// Which actions.
pub const ACTIONS: Input = Input::new(
    "actions",
    Kind::Lines,
    "Actions",
    "Glob patterns (`*`, `?`) over action ids such as `Token.PatCreateEvent`, one a line. Letter case does not count.",
)
.default("Token.*")
.group(LOG_GROUP);

/// Whose actions.
pub const ACTORS: Input = Input::new(
    "actors",
    Kind::Lines,
    "Actors",
    "Glob patterns over the UPN or the display name of who did it, one a line. Letter case does not count. Blank: \
     everybody.",
)
.group(LOG_GROUP);

/// What fails.
pub const FAIL_ON: Input = Input::new(
    "failOn",
    Kind::Choice(&[
        ("never", "Never"),
        ("leaked", "A PAT found in a public repository"),
        ("any", "Any event that matches"),
    ]),
    "Fail the step on",
    "`leaked`: the service found a PAT in a public repository. `any`: any event that matches. What cannot be read \
     always fails the step.",
)
.default("leaked")
.group(LOG_GROUP);

/// The task.
pub static TASK: Task = Task {
    name: "PatAudit",
    command: "audit",
    about: "Tells who made, changed and revoked which Azure DevOps PAT, when and from where, and which ones leaked.",
    groups: &[
        sign_in::GROUP,
        Group {
            name: LOG_GROUP,
            label: "What of the audit log",
            expanded: true,
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
        DAYS,
        START_TIME,
        END_TIME,
        ACTIONS,
        ACTORS,
        FAIL_ON,
        SLACK_WEBHOOK_URL,
        TEAMS_WEBHOOK_URL,
        WEBHOOK_URL,
        REPORT_DIRECTORY,
        REPORT_FORMATS,
    ],
    outputs: &[
        Output {
            name: "events",
            description: "How many events match actions and actors.",
        },
        Output {
            name: "created",
            description: "How many of them made a PAT.",
        },
        Output {
            name: "updated",
            description: "How many changed or regenerated one.",
        },
        Output {
            name: "revoked",
            description: "How many revoked one, whether a person did or the system.",
        },
        Output {
            name: "expired",
            description: "How many tell that one has ended.",
        },
        Output {
            name: "leaked",
            description: "How many tell that one was found in a public repository.",
        },
        Output {
            name: "actors",
            description: "How many different ones did all that.",
        },
        Output {
            name: "reportJson",
            description: "The path of the JSON report (patkeeper.audit/1).",
        },
    ],
};
