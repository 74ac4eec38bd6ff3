//! Generations of one PAT.

/// The name without a trailing date and what follows it: `ci-2026-08-20-77ab01cd` and `ci` are of family `ci`.
#[must_use]
pub fn family(display_name: &str) -> &str {
    display_name
}
