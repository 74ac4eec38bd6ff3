//! Reading and checking the values given, by agent or at a command line.

/// One input that cannot be used. It becomes the step's only message, and exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadInput {
    /// Which input.
    pub input: &'static str,
    /// Names the input, the value if it is no secret, and what is allowed. Harmless to print.
    pub message: String,
}
