//! The input that names the organization, or several of them.

use super::{Input, Kind};

/// Several, one a line.
pub const SEVERAL: Input = Input::new(
    "organization",
    Kind::Text,
    "Organizations",
    "`https://dev.azure.com/acme/`, `https://acme.visualstudio.com/` or just `acme`; several are written one \
     a line. Azure DevOps Server has no such API and is refused.",
)
.default("$(System.CollectionUri)");

/// One; the help says what for.
#[must_use]
pub const fn one(help: &'static str) -> Input {
    Input {
        label: "Organization",
        help,
        ..SEVERAL
    }
}
