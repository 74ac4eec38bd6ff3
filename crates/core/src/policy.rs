//! Policy rules, the policy file, waivers.

/// The rules as they run: defaults, then the file, then the inputs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {}

/// What the inputs say about policy. `None`: not given, so that the policy file may.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicyInputs {
    /// `maxLifetimeDays`.
    pub max_lifetime_days: Option<u32>,
    /// `forbiddenScopes`.
    pub forbidden_scopes: Option<crate::scope::ScopeSet>,
}

/// Why a policy file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct PolicyFileError {
    /// 1-based.
    pub line: usize,
    /// 1-based.
    pub column: usize,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Policy {
    /// Defaults, overlaid with the file's text when there is one, overlaid with the inputs.
    ///
    /// # Errors
    /// A file that is not understood, with the place.
    pub fn load(file: Option<&str>, inputs: &PolicyInputs) -> Result<Self, PolicyFileError> {
        let _ = (file, inputs);
        Ok(Self {})
    }
}
