//! The published API descriptions, which are not part of this repository: they are looked for in `../shared/specs`
//! beside it.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

/// What the example of this file (below `specification`) answers with 200; `None`, and a line that says so, where the
/// descriptions are not here.
pub(crate) fn answer_of(example: &str) -> Option<Value> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs/specification");
    if !all.is_dir() {
        // Past the test runner, which keeps back what a passing test prints.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no published API description in ../shared/specs"
        );
        return None;
    }
    let text = fs::read_to_string(all.join(example)).unwrap();
    let mut example: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
    Some(example["responses"]["200"]["body"].take())
}
