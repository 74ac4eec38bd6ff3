//! `PatRevoke@1`: ends PATs at once, one's own or, for administrators, anybody's.

use super::channels::{self, SLACK_WEBHOOK_URL, TEAMS_WEBHOOK_URL, WEBHOOK_URL};
use super::reports::{self, REPORT_DIRECTORY, REPORT_FORMATS};
use super::{Group, Input, Kind, Output, Task, organization, sign_in};

const WHICH_GROUP: &str = "whichGroup";
const RUN_GROUP: &str = "runGroup";

/// More PATs than any organization has.
const MOST_PATS: u32 = 10_000_000;

/// Which organization.
pub const ORGANIZATION: Input = organization::one(
    "The one organization whose PATs are meant: `https://dev.azure.com/acme/`, `https://acme.visualstudio.com/` or \
     just `acme`. A PAT that can be seen to be another one's is left alone. Azure DevOps Server has no such API and is \
     refused.",
);

/// By id.
pub const AUTHORIZATION_IDS: Input = Input::new(
    "authorizationIds",
    Kind::Words,
    "Authorization ids",
    "Exactly these PATs, separated by spaces, commas or lines. PatMonitor's and PatAudit's reports show the ids; \
     `patkeeper identify` finds whose a leaked PAT is. One of `authorizationIds`, `names` and `all` is needed.",
)
.group(WHICH_GROUP);

/// By name.
pub const NAMES: Input = Input::new(
    "names",
    Kind::Lines,
    "Names",
    "Glob patterns (`*`, `?`), one a line: every live PAT whose display name matches one.",
)
.group(WHICH_GROUP);

/// Every one.
pub const ALL: Input = Input::new(
    "all",
    Kind::Flag,
    "All of them",
    "Every live PAT of the signed-in user, or of `owners`.",
)
.default("false")
.group(WHICH_GROUP);

/// Whose PATs.
pub const SCOPE: Input = Input::new(
    "scope",
    Kind::Choice(&[
        ("mine", "The signed-in user's PATs"),
        ("organization", "Any user's PATs (administrators)"),
    ]),
    "Whose PATs",
    "`mine`: the PATs of whoever signed in. `organization`: any user's, through the token administration API; takes a \
     Project Collection Administrator.",
)
.default("mine")
.group(WHICH_GROUP);

/// Of whom.
pub const OWNERS: Input = Input::new(
    "owners",
    Kind::Lines,
    "Owners",
    "UPNs or subject descriptors (`aad.…`), one a line: only their PATs are meant. With `scope: organization`; needed \
     there for `all`.",
)
.group(WHICH_GROUP)
.visible_when("scope = organization");

/// How many there should be.
pub const EXPECT_COUNT: Input = Input::new(
    "expectCount",
    Kind::Number {
        min: 0,
        max: MOST_PATS,
    },
    "Expected number",
    "Refuse to start when another number of PATs matches. Blank: any number will do.",
)
.group(WHICH_GROUP);

/// Change nothing.
pub const DRY_RUN: Input = Input::new(
    "dryRun",
    Kind::Flag,
    "Dry run",
    "List what would be revoked, and change nothing. Set it to `false` to revoke: nothing brings a PAT back.",
)
.default("true")
.group(RUN_GROUP);

/// Why.
pub const REASON: Input = Input::new(
    "reason",
    Kind::Text,
    "Reason",
    "Why, e.g. the number of the incident. Kept in the report and the log.",
)
.group(RUN_GROUP);

/// The task.
pub static TASK: Task = Task {
    name: "PatRevoke",
    command: "revoke",
    about: "Revokes Azure DevOps PATs by id, by name or all of them: one's own, or any user's. Lists first, unless told otherwise.",
    groups: &[
        sign_in::GROUP,
        Group {
            name: WHICH_GROUP,
            label: "Which PATs",
            expanded: true,
        },
        Group {
            name: RUN_GROUP,
            label: "This run",
            expanded: true,
        },
        channels::GROUP,
        reports::GROUP,
    ],
    inputs: &[
        ORGANIZATION,
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
        AUTHORIZATION_IDS,
        NAMES,
        ALL,
        SCOPE,
        OWNERS,
        EXPECT_COUNT,
        DRY_RUN,
        REASON,
        SLACK_WEBHOOK_URL,
        TEAMS_WEBHOOK_URL,
        WEBHOOK_URL,
        REPORT_DIRECTORY,
        REPORT_FORMATS,
    ],
    outputs: &[
        Output {
            name: "matched",
            description: "How many PATs were meant.",
        },
        Output {
            name: "revoked",
            description: "How many were revoked in this run; 0 in a dry run.",
        },
        Output {
            name: "alreadyGone",
            description: "How many had been revoked or had ended before, as the service's own lists show.",
        },
        Output {
            name: "failed",
            description: "How many could not be revoked, or are known to nobody.",
        },
        Output {
            name: "reportJson",
            description: "The path of the JSON report (patkeeper.revocation/1).",
        },
    ],
};
