//! What a team must know of PATs that were judged.

use patkeeper_core::report::{Finding, Missing, PatEntry, PatStatus, Report, Severity};
use patkeeper_core::text::plain;

use super::{
    DETAIL, Digest, Item, SENTENCE, SUBJECT, Weight, context, cut, link, name, of, unreadable, word,
};

pub(super) fn digest<'a>(report: &'a Report, verdict: &str) -> Digest<'a> {
    let link = link(&report.run);
    Digest {
        title: title(report),
        sentence: cut(verdict, SENTENCE),
        items: items(report),
        context: context(ends_first(report), &report.run, &report.tool.version),
        link,
        unlisted: 0,
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
