//! PatMonitor's log.

use super::LogLine;
use super::failure::details;
use super::table::{self, Align};
use super::words;
use crate::report::{Finding, PatEntry, Report, UnreadableEntry};
use crate::text::{self, fit, plain};

/// PATs shown in all; more of them are in the report's files.
const PATS: usize = 50;
/// Findings shown.
const FINDINGS: usize = 50;
/// From this many lines on, findings can be folded.
const LONG: usize = 12;
/// Next steps shown: no one works off more in one go.
const STEPS: usize = 20;
/// Patterns, unreadable things and notes shown, each.
const OTHERS: usize = 10;

/// Widest cells, in columns: together they fit the log's page without wrapping.
const NAME: usize = 40;
const OWNER: usize = 32;
const SCOPES: usize = 44;
const SENTENCE: usize = 300;

/// PatMonitor's log but for its last lines ([`closing`] and [`super::verdict_line`]): header, a table of what needs
/// attention, the rest folded, policy, what could not be read, what to do next. Most urgent first everywhere;
/// what is over the limit (50 PATs) is counted.
#[must_use]
pub fn log(report: &Report) -> Vec<LogLine> {
    let mut lines = Lines(Vec::new());
    header(&mut lines, report);
    pats(&mut lines, report);
    policy(&mut lines, report);
    missing(&mut lines, report);
    unreadable_of(&mut lines, &report.unreadable, report.totals.unreadable as usize);
    notes(&mut lines, &report.notes);
    next_steps(&mut lines, report);
    lines.0
}

/// Which channels were told and which files were written, in one line; empty when there were none.
#[must_use]
pub fn closing(told: &[&str], files: &[&str]) -> String {
    let join = |names: &[&str]| plain(&names.join(", "));
    let mut parts = Vec::new();
    if !told.is_empty() {
        parts.push(format!(
            "Told {} ({}).",
            words::count(told.len(), "channel"),
            join(told)
        ));
    }
    if !files.is_empty() {
        parts.push(format!("Reports: {}", join(files)));
    }
    parts.join(" ")
}

/// A log as it grows.
pub(super) struct Lines(pub(super) Vec<LogLine>);

impl Lines {
    pub(super) fn text(&mut self, line: impl Into<String>) {
        self.0.push(LogLine::Text(line.into()));
    }

    pub(super) fn all(&mut self, lines: impl IntoIterator<Item = String>) {
        self.0.extend(lines.into_iter().map(LogLine::Text));
    }

    /// A head line set off by a blank one; folded with what follows when that is long.
    pub(super) fn section(&mut self, head: String, body: Vec<String>) {
        self.text("");
        if body.len() > LONG {
            self.0.push(LogLine::GroupStart(head));
            self.all(body);
            self.0.push(LogLine::GroupEnd);
        } else {
            self.text(head);
            self.all(body);
        }
    }
}

pub(super) fn more(shown: usize, all: usize) -> Option<String> {
    (all > shown).then(|| format!("  … and {} more, in the report", words::number(all - shown)))
}

fn header(lines: &mut Lines, report: &Report) {
    let mut head = vec![
        format!("Patkeeper {}", plain(&report.tool.version)),
        fit(&report.run.task, NAME),
    ];
    match report.organizations.as_slice() {
        [] => {}
        [one] => head.extend([fit(&one.name, NAME), fit(&words::signed_in(one), SENTENCE)]),
        several => head.push(words::count(several.len(), "organization")),
    }
    lines.text(head.join(" · "));
    if report.organizations.len() > 1 {
        let rows: Vec<Vec<String>> = report
            .organizations
            .iter()
            .map(|one| {
                let read = format!("{} read", one.read);
                vec![fit(&one.name, NAME), read, fit(&words::signed_in(one), SENTENCE)]
            })
            .collect();
        lines.all(table::lines(&[Align::Left, Align::Right, Align::Left], &rows));
    }
    lines.text(words::read(report));
    lines.all(words::part_in_full(report));
}

fn pats(lines: &mut Lines, report: &Report) {
    let (urgent, all_urgent) = words::urgent(report);
    let calm: Vec<&PatEntry> = report
        .pats
        .iter()
        .filter(|pat| !words::needs_attention(pat))
        .collect();
    let shown: Vec<&PatEntry> = urgent.iter().copied().take(PATS).collect();
    if !shown.is_empty() {
        lines.text("");
        lines.all(pat_table(report, &shown));
        lines.all(more(shown.len(), all_urgent));
    }
    let (mut counts, soonest) = words::calm(report);
    if let Some((name, left)) = soonest {
        let separator = if counts.is_empty() { "" } else { " · " };
        counts.push_str(&format!("{separator}soonest: {} {left}", text::name(name, NAME)));
    }
    if counts.is_empty() {
        counts.push_str("no PAT to judge");
    }
    lines.text("");
    lines.text(format!("  {counts}"));
    let shown: Vec<&PatEntry> = calm.iter().copied().take(PATS - shown.len()).collect();
    if !shown.is_empty() {
        lines
            .0
            .push(LogLine::GroupStart("Healthy and replaced PATs".to_owned()));
        lines.all(pat_table(report, &shown));
        let all_calm = (report.totals.healthy + report.totals.replaced) as usize;
        lines.all(more(shown.len(), all_calm.max(calm.len())));
        lines.0.push(LogLine::GroupEnd);
    }
}

fn pat_table(report: &Report, pats: &[&PatEntry]) -> Vec<String> {
    let several = report.organizations.len() > 1;
    let organization = |name: &str| if several { name.to_owned() } else { String::new() };
    let owner = if words::has_owners(report) { "OWNER" } else { "" };
    let head = [
        "STATUS",
        "LEFT",
        "ENDS",
        &organization("ORGANIZATION"),
        owner,
        "NAME",
        "SCOPES",
        "",
    ]
    .map(str::to_owned);
    let mut rows = vec![head.to_vec()];
    rows.extend(pats.iter().map(|pat| {
        vec![
            pat.status.as_str().to_owned(),
            format!("{} d", pat.days_left),
            words::date(pat.effective_expiry),
            organization(&fit(&pat.organization, NAME)),
            fit(words::owner(pat.owner.as_ref()), OWNER),
            text::name(&pat.display_name, NAME),
            fit(&pat.scopes.join(" "), SCOPES),
            fit(&words::note(pat), SENTENCE),
        ]
    }));
    use Align::{Left, Right};
    table::lines(&[Left, Right, Left, Left, Left, Left, Left, Left], &rows)
}

fn policy(lines: &mut Lines, report: &Report) {
    if report.findings.is_empty() {
        let rules = words::rules(report).count();
        // Rules that nothing was shown to have found nothing.
        if rules > 0 && report.totals.total > report.totals.expired {
            let part = if report.unreadable.is_empty() {
                ""
            } else {
                " in what could be read"
            };
            lines.text("");
            lines.text(format!(
                "Policy: nothing found by {}{part}",
                words::count(rules, "rule")
            ));
        }
        return;
    }
    let findings = words::by_rule(report);
    let shown: Vec<&Finding> = findings.iter().copied().take(FINDINGS).collect();
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|finding| {
            vec![
                words::weight(finding).to_owned(),
                fit(&finding.rule, NAME),
                text::name(&finding.subject, NAME),
                fit(words::finding_owner(finding), OWNER),
                fit(&words::finding(finding), SENTENCE),
            ]
        })
        .collect();
    let mut body = Vec::new();
    let mut following = shown.iter().skip(1);
    for (finding, line) in shown.iter().zip(table::lines(&[Align::Left; 5], &rows)) {
        body.push(line);
        let remedy = |finding: &Finding| finding.waived.is_none().then(|| finding.remedy.clone());
        // Said once below all findings that it is good for.
        let said_later = following
            .next()
            .is_some_and(|next| remedy(next) == remedy(finding) && next.rule == finding.rule);
        if let Some(remedy) = remedy(finding).filter(|remedy| !said_later && !remedy.is_empty()) {
            body.push(format!("            → {}", fit(&remedy, SENTENCE)));
        }
    }
    let (open, waived) = words::all_findings(report);
    body.extend(more(shown.len(), open + waived));
    lines.section(format!("Policy: {}", words::findings(report)), body);
}

fn missing(lines: &mut Lines, report: &Report) {
    if report.missing.is_empty() {
        return;
    }
    let rows: Vec<Vec<String>> = report
        .missing
        .iter()
        .take(OTHERS)
        .map(|missing| {
            let remedy = words::missing_remedy(&missing.input).to_owned();
            vec![
                fit(&missing.input, NAME),
                text::name(&missing.pattern, NAME),
                remedy,
            ]
        })
        .collect();
    let mut body = table::lines(&[Align::Left; 3], &rows);
    body.extend(more(rows.len(), report.missing.len()));
    lines.section(
        format!(
            "Missing: {} without a match",
            words::count(report.missing.len(), "pattern")
        ),
        body,
    );
}

pub(super) fn unreadable(lines: &mut Lines, entries: &[UnreadableEntry]) {
    unreadable_of(lines, entries, entries.len());
}

/// Where the report lists some of them, and counts all.
fn unreadable_of(lines: &mut Lines, entries: &[UnreadableEntry], all: usize) {
    if entries.is_empty() {
        return;
    }
    let all = all.max(entries.len());
    // Never folded: what could not be seen decides the verdict.
    lines.text("");
    lines.text(format!("Could not be read: {}", words::number(all)));
    for (cause, kept) in words::by_cause(entries.iter().take(OTHERS)) {
        for entry in &kept {
            let what = text::name(&entry.what, SENTENCE);
            let organization = fit(&entry.organization, NAME);
            let place = if what.contains(&organization) {
                String::new()
            } else {
                format!(" ({organization})")
            };
            lines.text(format!("  {what}{place}"));
        }
        let happened = words::what_happened(cause, &kept);
        lines.text(format!("    {}", fit(&happened, SENTENCE)));
        lines.all(details(cause).into_iter().map(|line| format!("    {line}")));
    }
    lines.all(more(OTHERS, all));
}

pub(super) fn notes(lines: &mut Lines, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    lines.text("");
    lines.all(
        notes
            .iter()
            .take(OTHERS)
            .map(|note| format!("Note: {}", fit(note, SENTENCE))),
    );
    lines.all(more(OTHERS, notes.len()));
}

fn next_steps(lines: &mut Lines, report: &Report) {
    let (urgent, all) = words::urgent(report);
    if urgent.is_empty() {
        return;
    }
    let gone = words::Gone::of(report);
    let rows: Vec<Vec<String>> = urgent
        .iter()
        .take(STEPS)
        .map(|pat| {
            vec![
                text::name(&pat.display_name, NAME),
                fit(&gone.next_step(pat), SENTENCE),
            ]
        })
        .collect();
    lines.text("");
    lines.text("What to do next");
    lines.all(table::lines(&[Align::Left; 2], &rows));
    lines.all(more(rows.len(), all));
    if words::has_owners(report) {
        lines.text(format!("  {}", words::ADMINISTRATOR));
    }
}
