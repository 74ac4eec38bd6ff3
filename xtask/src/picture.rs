//! The README's picture of a log, drawn from the renderer's own snapshot: it cannot show what the program does not
//! print.

use std::fmt::Write as _;

/// Width of one character and height of one line, in the picture's pixels.
const CHARACTER: f64 = 7.25;
const LINE: usize = 18;
const MARGIN: usize = 16;

/// Words that a line may begin with, and their color. Color is an addition: the log reads without.
const COLORS: &[(&str, &str)] = &[
    ("  expired ", "#ff7b72"),
    ("  critical ", "#ffa657"),
    ("  warning ", "#e3b341"),
    ("  error ", "#ff7b72"),
    ("  waived ", "#8b949e"),
    ("            →", "#79c0ff"),
    ("Verdict: ", "#ff7b72"),
];

/// An SVG of the log in the snapshot's text. Groups are folded, as an agent's page shows them.
pub(crate) fn svg(snapshot: &str) -> String {
    let log = snapshot.splitn(3, "---\n").nth(2).unwrap_or_default();
    let lines = folded(log);
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a line has at most some hundred characters"
    )]
    let width = (widest as f64 * CHARACTER).ceil() + 2.0 * MARGIN as f64;
    let height = lines.len() * LINE + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"A log of PatMonitor\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"12\" fill=\"#c9d1d9\">\n"
    );
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let y = MARGIN + LINE * number + LINE * 3 / 4;
        let color = COLORS.iter().find(|(start, _)| line.starts_with(start));
        let color = color
            .map(|(_, color)| format!(" fill=\"{color}\""))
            .unwrap_or_default();
        let length = line.trim_end().chars().count();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a line has at most some hundred characters"
        )]
        let length = length as f64 * CHARACTER;
        // Every reader's font has its own width; the columns must still stand in line.
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\" textLength=\"{length}\" xml:space=\"preserve\"{color}>{}</text>",
            escaped(line.trim_end())
        );
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The log's lines with each group as its title alone.
fn folded(log: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in log.trim_end().lines() {
        if let Some(title) = line.strip_prefix("##[group]") {
            inside = true;
            lines.push(format!("▸ {title}"));
        } else if line == "##[endgroup]" {
            inside = false;
        } else if !inside {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
