//! What a team must know of a report, most urgent first.

use patkeeper_core::report::{Finding, Missing, PatEntry, PatStatus, Report, Severity, UnreadableEntry};
use patkeeper_core::text::plain;
use serde::Serialize;
use url::Url;

/// Longest name or pattern shown, in UTF-16 code units, as chat hosts count.
const SUBJECT: usize = 100;
/// Longest explanation shown.
const DETAIL: usize = 240;

/// How an item looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Something is broken, or not known.
    Bad,
    /// Something will be.
    Soon,
}

/// One thing that needs attention. All of its text is one harmless line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) weight: Weight,
    /// `expired`, `missing`, `policy`, ….
    pub(crate) label: &'static str,
    /// What it is about.
    pub(crate) subject: String,
    /// What about it.
    pub(crate) detail: String,
}

/// Everything that needs attention: what could not be read, what is missing, PATs by urgency, then policy.
pub(crate) fn items(report: &Report) -> Vec<Item> {
    let several = report.organizations.len() > 1;
    let mut items: Vec<Item> = report.unreadable.iter().map(unreadable).collect();
    items.extend(report.missing.iter().map(missing));
    items.extend(report.pats.iter().filter_map(|pat| ending(pat, several)));
    items.extend(report.findings.iter().filter_map(policy));
    items
}

fn unreadable(entry: &UnreadableEntry) -> Item {
    let subject = cut(&entry.what, SUBJECT);
    Item {
        weight: Weight::Bad,
        label: "unreadable",
        subject,
        detail: cut(&entry.failure.what, DETAIL),
    }
}

fn missing(missing: &Missing) -> Item {
    let detail = if missing.input == "names" {
        "no PAT has such a name"
    } else {
        "no live PAT has such a name"
    };
    let detail = format!("{detail} ({})", plain(&missing.input));
    Item {
        weight: Weight::Bad,
        label: "missing",
        subject: cut(&missing.pattern, SUBJECT),
        detail,
    }
}

fn ending(pat: &PatEntry, several: bool) -> Option<Item> {
    let day = pat.effective_expiry.format("%Y-%m-%d");
    let days = pat.days_left;
    let (weight, label, when) = match pat.status {
        PatStatus::Expired => (Weight::Bad, "expired", format!("ended {day} ({days} d)")),
        PatStatus::Critical => (Weight::Soon, "critical", format!("{days} d left, ends {day}")),
        PatStatus::Warning => (Weight::Soon, "warning", format!("{days} d left, ends {day}")),
        PatStatus::Replaced | PatStatus::Healthy => return None,
    };
    let mut detail = when;
    if pat.effective_expiry < pat.valid_to {
        detail.push_str(", with all global PATs");
    }
    if several {
        detail = format!("{detail}, in {}", plain(&pat.organization));
    }
    Some(Item {
        weight,
        label,
        subject: name(&pat.display_name),
        detail: cut(&detail, DETAIL),
    })
}

fn policy(finding: &Finding) -> Option<Item> {
    let weight = match finding.severity {
        Severity::Error => Weight::Bad,
        Severity::Warning => Weight::Soon,
        Severity::Notice | Severity::Off => return None,
    };
    if finding.waived.is_some() {
        return None;
    }
    let detail = format!("{}: {}", finding.rule, finding.message);
    Some(Item {
        weight,
        label: "policy",
        subject: name(&finding.subject),
        detail: cut(&detail, DETAIL),
    })
}

/// What the alert is about, in a few words.
pub(crate) fn title(report: &Report) -> String {
    let names: Vec<String> = report
        .organizations
        .iter()
        .map(|entry| plain(&entry.name))
        .collect();
    let of = match names.as_slice() {
        [] => String::new(),
        [first, second, third, _, ..] => {
            format!(" of {first}, {second}, {third} and {} more", names.len() - 3)
        }
        names => format!(" of {}", names.join(", ")),
    };
    cut(&format!("Azure DevOps PATs{of}: {}", word(report.status)), 140)
}

/// Where it was found, and which live PAT ends first.
pub(crate) fn context(report: &Report) -> String {
    let mut parts = Vec::new();
    if let Some(soonest) = &report.soonest {
        parts.push(format!(
            "Ends first: {} in {} d",
            name(&soonest.display_name),
            soonest.days_left
        ));
    }
    if let Some(pipeline) = &report.run.pipeline {
        parts.push(format!("Pipeline: {}", cut(pipeline, SUBJECT)));
    }
    parts.push(format!(
        "Patkeeper {}, {}",
        plain(&report.tool.version),
        report.run.at.format("%Y-%m-%d %H:%M UTC")
    ));
    parts.join(" · ")
}

/// What is said in place of the items left out.
pub(crate) fn more(left_out: usize, linked: bool) -> Option<String> {
    let place = if linked {
        "the build's summary and reports list all"
    } else {
        "the log and the reports list all"
    };
    (left_out > 0).then(|| format!("… and {left_out} more: {place}"))
}

/// The link to the build, if it can be nothing but a link.
pub(crate) fn link(report: &Report) -> Option<&str> {
    report.run.link.as_deref().filter(|link| {
        link.len() <= 1000
            && link
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"<>|\"'`\\()[]*".contains(&byte))
            && Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
    })
}

/// A value's word in the public contract, e.g. `critical`.
pub(crate) fn word(value: impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

pub(crate) fn name(name: &str) -> String {
    let name = cut(name.trim(), SUBJECT);
    if name.is_empty() {
        "(no name)".to_owned()
    } else {
        name
    }
}

/// One harmless line of at most `most` UTF-16 code units.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let text = plain(text);
    if text.encode_utf16().count() <= most {
        return text;
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < most
    };
    text.chars()
        .take_while(fits)
        .chain(std::iter::once('…'))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture;

    #[test]
    fn what_could_not_be_seen_comes_before_what_was_seen() {
        let labels: Vec<_> = items(&fixture::report()).iter().map(|item| item.label).collect();
        assert_eq!(
            labels,
            [
                "unreadable",
                "missing",
                "expired",
                "critical",
                "warning",
                "policy"
            ]
        );
    }

    #[test]
    fn healthy_replaced_waived_and_notices_are_left_out() {
        let shown = format!("{:?}", items(&fixture::report()));
        for quiet in ["healthy-one", "old-generation", "vendor-bridge", "unknown-scope"] {
            assert!(!shown.contains(quiet), "{quiet} in {shown}");
        }
    }

    #[test]
    fn with_several_organizations_each_pat_says_which() {
        let mut report = fixture::report();
        report.organizations.push(fixture::organization("fabrikam"));
        let expired = items(&report)
            .into_iter()
            .find(|item| item.label == "expired")
            .unwrap();
        assert!(expired.detail.ends_with("in acme"), "{}", expired.detail);
        for name in ["a", "b"] {
            report.organizations.push(fixture::organization(name));
        }
        assert_eq!(
            title(&report),
            "Azure DevOps PATs of acme, fabrikam, a and 1 more: unknown"
        );
    }

    #[test]
    fn a_link_that_could_be_more_than_a_link_is_none() {
        let mut report = fixture::report();
        assert!(link(&report).is_some());
        for odd in [
            "javascript:alert(1)",
            "https://x/|y",
            "https://x/ y",
            "https://x/>",
            "x",
            "https:",
            "https://x/\n",
        ] {
            report.run.link = Some(odd.to_owned());
            assert_eq!(link(&report), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_text_is_within_its_limit(text in any::<String>(), most in 1..40usize) {
            let cut = cut(&text, most);
            prop_assert!(cut.encode_utf16().count() <= most, "{:?}", cut);
        }
    }
}
