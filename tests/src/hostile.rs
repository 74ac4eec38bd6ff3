//! Text of strangers that must not act, on an agent, on a build page or in a spreadsheet, and what shows that it did.

use std::path::Path;

use serde_json::Value;

use crate::running::Run;

/// Set or printed only if a hostile text takes effect.
const MARK: &str = "PWNED";

/// What a task may tell the agent.
const COMMANDS: [&str; 8] = [
    "task.setvariable",
    "task.setsecret",
    "task.complete",
    "task.logissue",
    "task.uploadsummary",
    "task.addattachment",
    "task.setprogress",
    "task.debug",
];

/// Names that take effect wherever they are printed as they are.
#[must_use]
pub fn hostile() -> Vec<String> {
    let fixed = [
        "##vso[task.complete result=Succeeded;]PWNED",
        "x ##vso[task.setvariable variable=PWNED]1",
        "##VSO[task.setvariable variable=PWNED]1",
        "##vso[task.setvariable variable=PWNED;isoutput=true]1",
        "#\u{200b}#vso[task.setvariable variable=PWNED]1",
        "##\u{0}vso[task.setvariable variable=PWNED]1",
        "####vso[vso[task.setvariable variable=PWNED]1",
        "##vs##vso[o[task.setvariable variable=PWNED]1",
        "a\r\n##vso[task.setvariable variable=PWNED]1",
        "a\n##[error]PWNED",
        "a\r##[section]PWNED",
        "a\u{85}##[group]PWNED",
        "a\u{2028}##[error]PWNED",
        "##[error]PWNED",
        "##[endgroup]PWNED",
        "%0A##vso[task.setvariable variable=PWNED]1",
        "%0D%0A##[error]PWNED",
        "%AZP250A##vso[task.complete result=Skipped;]PWNED",
        "x];PWNED=1;]y%5D%3B",
        "\u{1b}[31mred\u{1b}[0m\u{1b}]0;PWNED\u{7}",
        "\u{9b}31mPWNED",
        "\u{8}\u{8}\u{8}\u{7f}PWNED",
        "\u{202e}DENWP\u{2066}x\u{2069}",
        "<script>alert('PWNED')</script>",
        "<img src=x onerror=alert('PWNED')>",
        "[PWNED](javascript:alert(1)) ![PWNED](https://evil.example/x.png)",
        "| PWNED | `PWNED` | **PWNED** |\n| --- |",
        "# PWNED",
        "=HYPERLINK(\"https://evil.example/\";\"PWNED\")",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "<!channel> <!here> <@U012AB3CD> <https://evil.example|PWNED>",
        "]]><PWNED/>&PWNED;",
        "\u{ffff}\u{fffe}\u{1}",
        "$(Token)",
        "",
        "   ",
    ];
    let mut all: Vec<String> = fixed.map(str::to_owned).into();
    all.push("long".repeat(5_000));
    all.push("\u{301}".repeat(2_000));
    all
}

/// The words that only a hostile text brings are in no command but as data, and no line acts.
///
/// # Panics
/// When one of these does not hold.
pub fn assert_harmless(run: &Run) {
    run.assert_well_behaved();
    for command in &run.record.commands {
        assert!(COMMANDS.contains(&command.name().as_str()), "{command:?}");
        assert!(
            !command.properties.values().any(|value| value.contains(MARK)),
            "{command:?}"
        );
    }
    let set: Vec<_> = run
        .record
        .outputs
        .keys()
        .chain(run.record.variables.keys())
        .collect();
    assert!(!set.iter().any(|name| name.contains(MARK)), "{set:?}");
    for (name, output) in &run.record.outputs {
        assert!(
            !output.value.chars().any(dangerous),
            "output {name}: {:?}",
            output.value
        );
        assert!(
            !output.value.to_lowercase().contains("##vso"),
            "output {name}: {:?}",
            output.value
        );
    }
    for (_, line) in &run.record.raw {
        assert!(!line.chars().any(dangerous), "{line:?}");
        let starts_format = line.starts_with("##[");
        let own = [
            "group", "endgroup", "section", "warning", "error", "debug", "command",
        ]
        .iter()
        .any(|word| line.starts_with(&format!("##[{word}]")));
        assert!(!starts_format || own && !line.contains("]PWNED"), "{line:?}");
        let is_command = line.starts_with("##vso[");
        assert!(is_command || !line.to_lowercase().contains("##vso"), "{line:?}");
        assert!(!is_command || line.matches("##vso").count() == 1, "{line:?}");
        assert!(
            is_command || line.chars().count() < 4_000,
            "a line of {} characters",
            line.chars().count()
        );
    }
}

/// Control characters, and what reorders or hides text.
fn dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{200b}')
}

/// Nothing of a stranger's acts in a report that was written.
///
/// # Panics
/// When something does, or the file cannot be read.
pub fn assert_harmless_file(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a report");
    assert!(!text.to_lowercase().contains("##vso"), "{}", path.display());
    assert!(
        !text.lines().any(|line| line.starts_with("##[")),
        "{}",
        path.display()
    );
    assert!(
        !text.chars().any(|c| dangerous(c) && !matches!(c, '\n' | '\r')),
        "{}",
        path.display()
    );
    match path
        .extension()
        .and_then(|kind| kind.to_str())
        .unwrap_or_default()
    {
        "md" => {
            let lower = text.to_lowercase();
            assert!(!lower.contains("<script") && !lower.contains("<img"), "{text}");
            assert!(
                !lower.contains("](javascript") && !lower.contains("![pwned]("),
                "{text}"
            );
            assert!(!text.lines().any(|line| line.starts_with("# PWNED")), "{text}");
        }
        "csv" => {
            for cell in cells(&text) {
                assert!(!cell.starts_with(['=', '+', '@', '\t']), "{cell}");
            }
        }
        "xml" => assert!(!text.contains("<PWNED") && !text.contains("&PWNED;"), "{text}"),
        "html" => assert_only_data_was_added(&text),
        "sarif" => {
            let log: Value = serde_json::from_str(&text).expect("SARIF is JSON");
            let results = log
                .pointer("/runs/0/results")
                .and_then(Value::as_array)
                .expect("results");
            for result in results {
                // Viewers make a link of it in plain text, too.
                let message = result
                    .pointer("/message/text")
                    .and_then(Value::as_str)
                    .expect("a message");
                assert!(!message.contains("]("), "{message}");
                assert!(result.pointer("/message/markdown").is_none(), "{result}");
            }
        }
        _ => {}
    }
}

/// The page holds one document, which ends where a browser says that it ends.
fn assert_only_data_was_added(page: &str) {
    let start = "<script type=\"application/json\" class=\"document\"";
    let (before, rest) = page.split_once(start).expect("a document");
    let (_, rest) = rest.split_once('>').expect("a tag");
    // Whatever may stand in a script that is none, HTML looks for these in it.
    let end = rest.to_ascii_lowercase().find("</script").expect("an end");
    let (document, after) = rest.split_at(end);
    assert!(!document.contains("<!--"), "a comment");
    let _: Value = serde_json::from_str(document).expect("JSON");
    assert!(
        !before.contains(MARK) && !after.contains(MARK),
        "a stranger's text is markup"
    );
}

/// Every cell of a spreadsheet, as a program that opens it has it.
fn cells(text: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match (c, cells.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',' | '\r' | '\n', _) if !quoted => cells.push(String::new()),
            (_, Some(cell)) => cell.push(c),
            (_, None) => {}
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_what_a_spreadsheet_shows() {
        assert_eq!(cells("a,\"b,\nc\",=d\ne"), ["a", "b,\nc", "=d", "e"]);
    }

    #[test]
    #[should_panic(expected = "=1+1")]
    fn a_formula_in_any_cell_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.csv");
        std::fs::write(&path, "a,b\nc,=1+1\n").expect("a file");
        assert_harmless_file(&path);
    }
}
