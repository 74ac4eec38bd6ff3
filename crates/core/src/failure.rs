//! What went wrong, in words a tired person can act on, and which exit code that is.

use serde::{Deserialize, Serialize};

use crate::advice::{self, Origin, PatTokenError};

/// The decision a failure asks for. Its order is the precedence of exit codes:
/// of several failures the greatest one is the process's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum FailureKind {
    /// The verdict is at or over the threshold (exit code 1).
    Verdict,
    /// A remote service failed, or answered what cannot be understood (4).
    Service,
    /// Sign-in failed, or permission or policy refused (3).
    Refused,
    /// A secret exists that could be neither stored nor revoked (5).
    NeedsPerson,
    /// Another run holds the rotation's lock (6).
    Locked,
    /// Bad input or configuration; nothing was sent (2).
    Input,
    /// The run was cancelled (130).
    Cancelled,
    /// A bug in Patkeeper (70).
    Bug,
}

impl FailureKind {
    /// The process exit code of the public contract.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Verdict => 1,
            Self::Input => 2,
            Self::Refused => 3,
            Self::Service => 4,
            Self::NeedsPerson => 5,
            Self::Locked => 6,
            Self::Bug => 70,
            Self::Cancelled => 130,
        }
    }
}

/// One failure: what happened, why, what to do next, and the service's own words last.
///
/// Fields may quote strangers (a service's message, a display name): they are made harmless where they are
/// rendered, never here, so that the JSON report keeps them as they were. A `Failure` never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Failure {
    /// Which decision it asks for.
    pub kind: FailureKind,
    /// The service's or Patkeeper's short name for it, such as `TF400813` or `signInPage`.
    pub code: Option<String>,
    /// One sentence: what happened, and to what.
    pub what: String,
    /// Why, when it is known.
    pub why: Option<String>,
    /// What to do next, best first.
    pub ways_out: Vec<String>,
    /// The service's own words and ids, for support, as they are to be printed: words in quotes, ids behind them,
    /// such as `"Not today." (HTTP 403, activity 7c1e)`. Only who read the answer can tell the two apart.
    pub service_words: Option<String>,
}

impl Failure {
    /// A failure that says only what happened; the rest is added with the `with_` methods.
    pub fn new(kind: FailureKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            what: what.into(),
            why: None,
            ways_out: Vec::new(),
            service_words: None,
        }
    }

    /// Names it.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Says why.
    #[must_use]
    pub fn with_why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Adds one thing to do next.
    #[must_use]
    pub fn with_way_out(mut self, way: impl Into<String>) -> Self {
        self.ways_out.push(way.into());
        self
    }

    /// Quotes the service: see [`Failure::service_words`].
    #[must_use]
    pub fn with_service_words(mut self, words: impl Into<String>) -> Self {
        self.service_words = Some(words.into());
        self
    }

    /// The code, where it is one of a service that people can look up, not a name of Patkeeper's own.
    #[must_use]
    pub fn service_code(&self) -> Option<&str> {
        let code = self.code.as_deref()?;
        let numbered = ["TF", "VS", "AADSTS", "AKV"].into_iter().any(|service| {
            let number = code.strip_prefix(service).unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        let of_vault = || advice::find(code).is_some_and(|row| row.origin == Origin::KeyVault);
        (numbered || PatTokenError::is_known(code) || of_vault()).then_some(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_our_own_are_not_taken_for_a_services_code() {
        let of = |code: &str| {
            let failure = Failure::new(FailureKind::Service, "It broke.").with_code(code);
            failure.service_code().map(str::to_owned)
        };
        for code in [
            "TF400813",
            "VS403463",
            "AADSTS7000222",
            "fullScopePatPolicyViolation",
            "ForbiddenByRbac",
            "AKV10032",
        ] {
            assert_eq!(of(code).as_deref(), Some(code));
        }
        for code in [
            "badInput",
            "signInPage",
            "notUnderstood",
            "",
            "TF",
            "VSCode",
            "none",
        ] {
            assert_eq!(of(code), None, "{code}");
        }
    }
}
