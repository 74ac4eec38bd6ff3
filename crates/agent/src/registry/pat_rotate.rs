//! `PatRotate@1`: a new PAT takes over in a secret store before the old one ends.

use super::channels::{self, SLACK_WEBHOOK_URL, TEAMS_WEBHOOK_URL, WEBHOOK_URL};
use super::{Group, Input, Kind, Output, Task, organization, sign_in};

const PAT_GROUP: &str = "patGroup";
const STORE_GROUP: &str = "storeGroup";
const RUN_GROUP: &str = "runGroup";

/// Longest life that a PAT can be given, in days.
const LONGEST_LIFE: u32 = 365;

/// Which organization.
pub const ORGANIZATION: Input = organization::one(
    "The one organization that the PAT is valid in: `https://dev.azure.com/acme/`, `https://acme.visualstudio.com/` \
     or just `acme`. Azure DevOps Server has no such API and is refused.",
);

/// The connection that reaches the vault: shown with every sign-in, unlike elsewhere.
pub const AZURE_SUBSCRIPTION: Input = Input {
    help: "The Azure Resource Manager connection that reaches the Key Vault, whoever signs in to Azure DevOps. It may \
           be left out with `managedIdentity` and `azureCli`, which then reach the vault themselves. With workload \
           identity federation, a client secret or a managed identity; a certificate is refused.",
    visible_rule: None,
    ..sign_in::AZURE_SUBSCRIPTION
};

/// The base name.
pub const NAME: Input = Input::new(
    "name",
    Kind::Text,
    "Name of the PAT",
    "Its base name: at most 64 letters, digits, spaces, `.`, `_` and `-`. Each generation is called \
     `name-YYYY-MM-DD-xxxxxxxx`, after its day and its rotation.",
)
.required()
.group(PAT_GROUP);

/// What it may do.
pub const SCOPES: Input = Input::new(
    "scopes",
    Kind::Words,
    "Scopes",
    "What the PAT may do, e.g. `vso.build_execute vso.code`, separated by spaces, commas or lines. Other scopes than \
     the recorded ones make a rotation due.",
)
.required()
.group(PAT_GROUP);

/// How its life goes on.
pub const MODE: Input = Input::new(
    "mode",
    Kind::Choice(&[
        ("replace", "Replace it by a new PAT"),
        ("extend", "Let the same PAT live longer"),
    ]),
    "Mode",
    "`replace`: a new PAT takes over. `extend`: the same PAT lives longer and its text is unchanged, for consumers \
     that cannot be told of a new value; `replace` is safer.",
)
.default("replace")
.group(PAT_GROUP);

/// How long it lives.
pub const VALID_DAYS: Input = Input::new(
    "validDays",
    Kind::Number {
        min: 1,
        max: LONGEST_LIFE,
    },
    "Valid for days",
    "How long the PAT is asked to live, counted from the run. Your tenant's policy may issue less: the log says so, \
     and the issued end is what counts.",
)
.default("90")
.group(PAT_GROUP);

/// When it is due.
pub const RENEW_BEFORE_DAYS: Input = Input::new(
    "renewBeforeDays",
    Kind::Number {
        min: 1,
        max: LONGEST_LIFE - 1,
    },
    "Renew with fewer days left than",
    "A PAT with fewer days left is due. Under `validDays`. Blank: less than a third of the issued lifetime.",
)
.group(PAT_GROUP);

/// How long the old one stays.
pub const OVERLAP_HOURS: Input = Input::new(
    "overlapHours",
    Kind::Number {
        min: 0,
        max: 24 * LONGEST_LIFE,
    },
    "Overlap in hours",
    "How long the old PAT stays valid after the new one is stored, so that jobs which have loaded it can end. The \
     first run after that revokes it; 0 revokes it in this run.",
)
.default("24")
.group(PAT_GROUP)
.visible_when("mode = replace");

/// What the new PAT must open.
pub const VERIFY_URL: Input = Input::new(
    "verifyUrl",
    Kind::HttpsUrl,
    "URL that the new PAT must open",
    "An `https` URL of the organization that the new PAT must be able to GET before it is stored. Blank: one is chosen \
     from the scopes.",
)
.group(PAT_GROUP);

/// Whether it may do everything.
pub const ALLOW_FULL_ACCESS: Input = Input::new(
    "allowFullAccess",
    Kind::Flag,
    "Allow full access",
    "Without it the scope `app_token` (`vso.full_access`) is refused: it opens everything that its owner can do.",
)
.default("false")
.group(PAT_GROUP);

/// A PAT to take over.
pub const ADOPT: Input = Input::new(
    "adopt",
    Kind::Text,
    "Adopt a PAT",
    "The authorization id of an existing PAT that this name takes over, such as the one in a secret that Patkeeper \
     has not written. PatMonitor's report shows it.",
)
.group(PAT_GROUP);

/// Where it is kept.
pub const STORE: Input = Input::new(
    "store",
    Kind::Choice(&[("keyVault", "Azure Key Vault")]),
    "Secret store",
    "Where the PAT is kept. `keyVault`: an Azure Key Vault.",
)
.later(&["hashicorpVault", "awsSecretsManager"])
.default("keyVault")
.group(STORE_GROUP);

/// Which vault.
pub const VAULT: Input = Input::new(
    "vault",
    Kind::Text,
    "Key Vault",
    "The Key Vault: its name, e.g. `acme-kv`, or its URL.",
)
.required()
.group(STORE_GROUP);

/// Which secret.
pub const SECRET_NAME: Input = Input::new(
    "secretName",
    Kind::Text,
    "Secret",
    "The name of the secret that holds the PAT: 1 to 127 letters, digits and hyphens. The first run makes it.",
)
.required()
.group(STORE_GROUP);

/// Now.
pub const FORCE: Input = Input::new(
    "force",
    Kind::Flag,
    "Rotate though it is not due",
    "Rotate in this run, whatever is left of the recorded PAT.",
)
.default("false")
.group(RUN_GROUP);

/// Change nothing.
pub const DRY_RUN: Input = Input::new(
    "dryRun",
    Kind::Flag,
    "Dry run",
    "Say what would happen, and change nothing.",
)
.default("false")
.group(RUN_GROUP);

/// The token for later steps.
pub const EXPOSE_TOKEN: Input = Input::new(
    "exposeToken",
    Kind::Flag,
    "Set the output token",
    "Also set the secret output `token` to the PAT that the secret holds, for later steps of this pipeline. Reading it from the vault is \
     the better habit.",
)
.default("false")
.group(RUN_GROUP);

/// The task.
pub static TASK: Task = Task {
    name: "PatRotate",
    command: "rotate",
    about: "Replaces an Azure DevOps PAT in a Key Vault before it ends: tested, stored and read back before the old one is revoked.",
    groups: &[
        sign_in::GROUP,
        Group {
            name: PAT_GROUP,
            label: "The PAT",
            expanded: true,
        },
        Group {
            name: STORE_GROUP,
            label: "Where it is kept",
            expanded: true,
        },
        Group {
            name: RUN_GROUP,
            label: "This run",
            expanded: false,
        },
        channels::GROUP,
    ],
    inputs: &[
        ORGANIZATION,
        sign_in::SIGN_IN,
        AZURE_SUBSCRIPTION,
        sign_in::MANAGED_IDENTITY_CLIENT_ID,
        sign_in::ACCESS_TOKEN,
        sign_in::REFRESH_TOKEN_SECRET,
        sign_in::REFRESH_TOKEN_VAULT,
        sign_in::CLIENT_ID,
        sign_in::TENANT_ID,
        sign_in::CLIENT_AUTHENTICATION,
        sign_in::CLIENT_SECRET,
        NAME,
        SCOPES,
        MODE,
        VALID_DAYS,
        RENEW_BEFORE_DAYS,
        OVERLAP_HOURS,
        VERIFY_URL,
        ALLOW_FULL_ACCESS,
        ADOPT,
        STORE,
        VAULT,
        SECRET_NAME,
        FORCE,
        DRY_RUN,
        EXPOSE_TOKEN,
        SLACK_WEBHOOK_URL,
        TEAMS_WEBHOOK_URL,
        WEBHOOK_URL,
    ],
    outputs: &[
        Output {
            name: "rotated",
            description: "true or false: whether this run has stored a new value. false in a dry run.",
        },
        Output {
            name: "reason",
            description: "Why a rotation was due, or why not, in words.",
        },
        Output {
            name: "authorizationId",
            description: "The authorization id of the PAT that the secret holds.",
        },
        Output {
            name: "displayName",
            description: "The display name of that PAT.",
        },
        Output {
            name: "validTo",
            description: "When that PAT ends, as issued: ISO 8601, UTC.",
        },
        Output {
            name: "secretId",
            description: "The URL of the secret, with its version.",
        },
        Output {
            name: "nextRotationDue",
            description: "From when on a run will rotate again: ISO 8601, UTC.",
        },
        Output {
            name: "previousAuthorizationId",
            description: "The authorization id of the PAT that was replaced; empty where there is none.",
        },
        Output {
            name: "previousRevoked",
            description: "true or false: whether that PAT has surely ended. false while its overlap lasts.",
        },
        Output {
            name: "token",
            description: "The PAT that the secret holds, new or not: a secret, masked in logs. Only with exposeToken.",
        },
    ],
};
