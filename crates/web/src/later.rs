//! What later steps of the build did to PATs after they were judged.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use patkeeper_core::fold::Part;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::report::PatEntry;
use patkeeper_core::revocation::PatOutcome;
use patkeeper_core::rotation::{FateKind, RotationDocument};

use crate::documents::{Documents, Other};

/// What became of a PAT, by its organization (in lower case) and id.
#[derive(Debug, Default)]
pub(crate) struct Later(HashMap<(String, AuthorizationId), (DateTime<Utc>, &'static str)>);

impl Later {
    /// `parts`: of each report.
    pub(crate) fn of(documents: &Documents, parts: &[Part]) -> Self {
        let mut later = Self::default();
        for other in &documents.others {
            let at = other.run().at;
            let [organization] = other.organizations()[..] else {
                continue;
            };
            let organization = organization.to_lowercase();
            for (id, words) in done(other) {
                let known = later
                    .0
                    .entry((organization.clone(), id.clone()))
                    .or_insert((at, words));
                if known.0 <= at {
                    *known = (at, words);
                }
            }
        }
        // What a report says that was judged after it is right.
        let shown = documents.reports.iter().zip(parts);
        for (report, _) in shown.filter(|(_, part)| **part == Part::Shown) {
            if later.0.is_empty() {
                break;
            }
            for key in report.pats.iter().map(key) {
                if later.0.get(&key).is_some_and(|(at, _)| *at <= report.run.at) {
                    later.0.remove(&key);
                }
            }
        }
        later
    }

    /// `revoked`, `replaced` or `extended`.
    pub(crate) fn of_pat(&self, pat: &PatEntry) -> Option<&'static str> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&key(pat)).map(|(_, words)| *words)
    }
}

fn key(pat: &PatEntry) -> (String, AuthorizationId) {
    (pat.organization.to_lowercase(), pat.authorization_id.clone())
}

fn done(other: &Other) -> Vec<(&AuthorizationId, &'static str)> {
    match other {
        Other::Rotation(document) if !document.dry_run => rotated(document),
        Other::Revocation(report) => {
            let gone = |outcome| matches!(outcome, PatOutcome::Revoked | PatOutcome::AlreadyGone);
            let gone = report.pats.iter().filter(|pat| gone(pat.outcome));
            gone.map(|pat| (&pat.authorization_id, "revoked")).collect()
        }
        Other::Rotation(_) | Other::Audit(_) => Vec::new(),
    }
}

fn rotated(document: &RotationDocument) -> Vec<(&AuthorizationId, &'static str)> {
    let mut done = Vec::new();
    let before = document
        .before
        .as_ref()
        .and_then(|before| before.authorization_id.as_ref());
    if let Some(before) = before {
        if document.rotated {
            done.push((before, "replaced"));
        } else if document.extended {
            done.push((before, "extended"));
        }
    }
    let gone = |fate| matches!(fate, FateKind::Revoked | FateKind::Ended);
    let others = document.others.iter().filter(|other| gone(other.fate));
    done.extend(others.map(|other| (&other.authorization_id, "revoked")));
    done
}
