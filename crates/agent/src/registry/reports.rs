//! The inputs of every task that leaves reports: where, and in which forms.

use super::{Group, Input, Kind};

const GROUP_NAME: &str = "reportGroup";

/// Their group in the designer.
pub const GROUP: Group = Group {
    name: GROUP_NAME,
    label: "Reports",
    expanded: false,
};

/// Where reports go.
pub const REPORT_DIRECTORY: Input = Input::new(
    "reportDirectory",
    Kind::Text,
    "Report directory",
    "Each step writes into a folder of its own in this directory.",
)
.default("$(Agent.TempDirectory)/patkeeper")
.group(GROUP_NAME);

/// Which reports, where there is no more than a document, a summary, a table and a page to draw.
pub const REPORT_FORMATS: Input = formats(
    Kind::Choices(&[
        ("json", "JSON"),
        ("markdown", "Markdown"),
        ("csv", "CSV"),
        ("html", "HTML page"),
    ]),
    "Any of `json`, `markdown`, `csv`, `html`, separated by spaces, commas or lines. `json` is always written. `html` is \
     one file that opens in any browser, without network.",
);

/// Which reports, of those that a task has.
#[must_use]
pub const fn formats(kind: Kind, help: &'static str) -> Input {
    Input::new("reportFormats", kind, "Report formats", help)
        .default("json markdown")
        .group(GROUP_NAME)
}
