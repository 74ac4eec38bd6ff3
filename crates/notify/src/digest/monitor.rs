//! What a team must know of PATs that were judged.

use patkeeper_core::report::{Finding, Missing, PatEntry, PatStatus, Report, Severity};
use patkeeper_core::text::plain;

use super::{
    DETAIL, Digest, Item, SENTENCE, SUBJECT, Weight, context, cut, link, name, of, unreadable, word,
};

pub(super) fn digest<'a>(report: &'a Report, verdict: &str) -> Digest<'a> {
    let link = link(&report.run);
    let items = items(report);
    Digest {
        title: title(report),
        sentence: cut(verdict, SENTENCE),
        items,
        context: context(ends_first(report), &report.run, &report.tool.version),
        link,
        unlisted: Unlisted::of(report).sum(),
        rest: if link.is_some() {
            "the build's summary and reports list all"
        } else {
            "the log and the reports list all"
        },
    }
}

/// Everything that needs attention: what could not be read, what is missing, PATs by urgency, then policy.
fn items(report: &Report) -> Vec<Item> {
    let several = report.organizations.len() > 1;
    let mut items: Vec<Item> = report.unreadable.iter().map(unreadable).collect();
    items.extend(report.missing.iter().map(missing));
    items.extend(report.pats.iter().filter_map(|pat| ending(pat, several)));
    items.extend(report.findings.iter().filter_map(policy));
    items
}

/// How much of what needs attention is counted and not listed: the report of a large organization holds its most
/// urgent rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unlisted {
    pub(crate) unreadable: usize,
    pub(crate) pats: usize,
    pub(crate) findings: usize,
}

impl Unlisted {
    pub(crate) fn of(report: &Report) -> Self {
        let totals = report.totals;
        let beyond = |all: u32, listed: usize| (all as usize).saturating_sub(listed);
        let pats = report.pats.iter().filter(|pat| is_urgent(pat)).count();
        // Heaviest first: where one is listed that is no news, none of those left out is.
        let all_news = report.findings.iter().all(is_news);
        Self {
            unreadable: beyond(totals.unreadable, report.unreadable.len()),
            pats: beyond(totals.expired + totals.critical + totals.warning, pats),
            findings: if all_news {
                beyond(totals.policy_findings, report.findings.len())
            } else {
                0
            },
        }
    }

    fn sum(self) -> usize {
        self.unreadable + self.pats + self.findings
    }
}

/// Whether a team is told of it.
pub(crate) fn is_urgent(pat: &PatEntry) -> bool {
    !matches!(pat.status, PatStatus::Healthy | PatStatus::Replaced)
}

/// Whether a team is told of it.
pub(crate) fn is_news(finding: &Finding) -> bool {
    finding.waived.is_none() && finding.severity >= Severity::Warning
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
    if let Some(owner) = &pat.owner {
        detail = format!("{detail}, of {}", plain(&owner.name));
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
    if !is_news(finding) {
        return None;
    }
    let weight = if finding.severity == Severity::Error {
        Weight::Bad
    } else {
        Weight::Soon
    };
    let owner = finding
        .owner
        .as_ref()
        .filter(|owner| owner.name != finding.subject);
    let owner = owner.map_or_else(String::new, |owner| format!(" (of {})", owner.name));
    let detail = format!("{}: {}{owner}", finding.rule, finding.message);
    Some(Item {
        weight,
        label: "policy",
        subject: name(&finding.subject),
        detail: cut(&detail, DETAIL),
    })
}

/// What the alert is about, in a few words.
fn title(report: &Report) -> String {
    let of = of(report.organizations.iter().map(|entry| entry.name.as_str()));
    cut(&format!("Azure DevOps PATs{of}: {}", word(report.status)), 140)
}

/// Which live PAT ends first.
fn ends_first(report: &Report) -> Option<String> {
    let soonest = report.soonest.as_ref()?;
    let name = name(&soonest.display_name);
    Some(format!("Ends first: {name} in {} d", soonest.days_left))
}

#[cfg(test)]
mod tests {
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
    fn an_organizations_items_name_owners_and_what_is_only_counted_is_counted() {
        let report = fixture::organization_of(5_000, "ann@acme.example");
        let digest = digest(&report, "");
        let details: Vec<&str> = digest.items.iter().map(|item| item.detail.as_str()).collect();
        assert_eq!(details.len(), 3);
        for detail in details {
            assert!(detail.contains("of ann@acme.example"), "{detail}");
        }
        let more = digest.more(3).unwrap();
        assert!(more.starts_with("… and 9997 more"), "{more}");
    }

    #[test]
    fn what_is_no_news_is_not_counted_as_left_out() {
        let mut report = fixture::report();
        report.totals.policy_findings = 500;
        assert_eq!(
            Unlisted::of(&report).findings,
            0,
            "a notice is listed, and the rest weighs no more"
        );
        report.findings.truncate(1);
        assert_eq!(Unlisted::of(&report).findings, 499);
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
}
