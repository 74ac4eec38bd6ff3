//! The tags that a rotation writes beside the value, as the public contract names them.
//!
//! Only letters, digits, spaces and `+ - = . _ : / @` are used where the text is Patkeeper's own, since that is what
//! every store takes. Times are ISO 8601 in UTC, in whole seconds.
//!
//! | tag | holds |
//! |---|---|
//! | `patkeeper-authorization-id` | the recorded PAT's id |
//! | `patkeeper-display-name` | its name |
//! | `patkeeper-organization` | the organization it is valid in |
//! | `patkeeper-owner` | who minted it: an id, a space, a name |
//! | `patkeeper-scopes`, `-2`, `-3` | the scopes asked for, separated by spaces |
//! | `patkeeper-valid-to` | when it ends |
//! | `patkeeper-rotation-id` | the rotation that minted it; absent for a PAT that was adopted |
//! | `patkeeper-supersedes`, `-2`, `-3` | `id@not-before`, separated by spaces |
//! | `patkeeper-intent` | `rotation/name/start/collection/build/job/attempt`, then `/storing` once the value may be on its way |
//! | `patkeeper-placeholder` | `no PAT yet`: the version was put only to carry an intent |
//! | `patkeeper-unsettled` | `name@since`, separated by `/` |

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use write::TagsFull;
pub(super) use write::has_room_for;

pub(super) const ID: &str = "patkeeper-authorization-id";
const NAME: &str = "patkeeper-display-name";
const ORGANIZATION: &str = "patkeeper-organization";
const OWNER: &str = "patkeeper-owner";
const SCOPES: &str = "patkeeper-scopes";
const VALID_TO: &str = "patkeeper-valid-to";
const ROTATION: &str = "patkeeper-rotation-id";
const SUPERSEDES: &str = "patkeeper-supersedes";
const INTENT: &str = "patkeeper-intent";
const PLACEHOLDER: &str = "patkeeper-placeholder";
const UNSETTLED: &str = "patkeeper-unsettled";

/// What [`PLACEHOLDER`] holds.
const NO_PAT_YET: &str = "no PAT yet";

/// How many tags a list may fill: its own, `-2` and `-3`.
const OVERFLOW: [&str; 3] = ["", "-2", "-3"];

/// What a store takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagLimits {
    /// Tags of one version.
    pub tags: usize,
    /// Characters of one tag's value.
    pub characters: usize,
}

impl TagLimits {
    /// Azure Key Vault ("Azure Key Vault service limits"; `SecretSetParameters` of its REST API).
    pub const KEY_VAULT: Self = Self {
        tags: 15,
        characters: 256,
    };
}

/// A tag of Patkeeper's that does not hold what Patkeeper writes there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTag {
    /// It does not hold what belongs there.
    #[error("the tag {tag} holds '{value}', which is not {expected}")]
    Malformed {
        /// Its name.
        tag: &'static str,
        /// What it holds.
        value: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// It is not there, though others say that a PAT is recorded.
    #[error("the tag {0} is missing, though other patkeeper- tags record a PAT")]
    Missing(&'static str),
}

impl BadTag {
    /// Which tag.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        match self {
            Self::Malformed { tag, .. } | Self::Missing(tag) => tag,
        }
    }
}
