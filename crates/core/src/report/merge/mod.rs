//! Reports of slices, folded into one verdict.

mod error;
mod fit;
mod whole;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use chrono::{DateTime, Utc};

use super::{
    Finding, FindingKey, MINE, PatEntry, PatStatus, ROWS, Report, ReportError, Row, Run, SliceEntry, Totals,
    UnreadableKey,
};
use crate::judge::{Tally, short, verdict};
use crate::policy::Rule;
use crate::slice::Slice;

pub use error::MergeError;
pub use fit::Asked;

/// Reads the rows of one of the reports, by its place, once more: [`super::read_into`] gave its head.
pub type Reread<'a> =
    &'a mut dyn FnMut(usize, &mut dyn FnMut(Row) -> io::Result<()>) -> Result<(), ReportError>;

/// Folds reports into one, as if their PATs had been judged at once: those of every slice of a set of organizations,
/// and of several such sets.
///
/// `sources` are the files' names, as the input has them, and their heads, whose rows are not looked at: `reread` gives
/// all rows of one of them, and is asked more than once. Each row of the merged report goes to `keep`, in no order; the
/// report given back is a head: it counts all of them, and holds at most [`ROWS`] of each kind, the heaviest.
///
/// A PAT that reports of several organizations hold counts once, where it stands worst.
///
/// # Errors
/// See [`MergeError`]. Rows may have been kept before one is found.
pub fn merge(
    sources: &[(String, Report)],
    asked: &Asked<'_>,
    run: Run,
    now: DateTime<Utc>,
    reread: Reread<'_>,
    keep: &mut dyn FnMut(Row) -> io::Result<()>,
) -> Result<Report, MergeError> {
    let groups = fit::groups(sources, asked, now)?;
    let chosen = if groups.len() > 1 {
        Some(choose(sources, reread)?)
    } else {
        None
    };
    let mut folding = Folding {
        chosen,
        tally: Tally::new(ROWS),
        about_waivers: BTreeSet::new(),
        unreadable: BTreeMap::new(),
        unused: Vec::new(),
        keep,
    };
    for (at, source) in sources.iter().enumerate() {
        folding.source(at, source, reread)?;
    }
    let mut report = whole::head(sources, &groups, asked, run, now);
    folding.end(sources, &mut report)?;
    whole::notes(sources, &groups, &mut report);
    Ok(report)
}

/// Which report a PAT is taken from.
type Chosen = HashMap<u128, (PatStatus, usize)>;

fn choose(sources: &[(String, Report)], reread: Reread<'_>) -> Result<Chosen, MergeError> {
    let mut chosen = Chosen::new();
    for (at, (name, _)) in sources.iter().enumerate() {
        let read = reread(at, &mut |row| {
            if let Row::Pat(pat) = row {
                let best = chosen
                    .entry(short(&pat.authorization_id))
                    .or_insert((pat.status, at));
                if pat.status > best.0 {
                    *best = (pat.status, at);
                }
            }
            Ok(())
        });
        read.map_err(|error| unread(name, error))?;
    }
    Ok(chosen)
}

fn unread(name: &str, error: ReportError) -> MergeError {
    MergeError::Unread {
        source_name: name.to_owned(),
        error,
    }
}

/// The merged report in the making.
struct Folding<'a> {
    /// Where reports of several organizations may hold the same PAT.
    chosen: Option<Chosen>,
    tally: Tally,
    /// Every slice tells of a waiver past its date.
    about_waivers: BTreeSet<FindingKey>,
    /// What could not be read may stand in each slice; which one told of it.
    unreadable: BTreeMap<UnreadableKey, usize>,
    /// The waivers that covered nothing, by report; `None` where not everything was seen.
    unused: Vec<Option<Vec<Finding>>>,
    keep: &'a mut dyn FnMut(Row) -> io::Result<()>,
}

impl Folding<'_> {
    fn source(
        &mut self,
        at: usize,
        (name, head): &(String, Report),
        reread: Reread<'_>,
    ) -> Result<(), MergeError> {
        let slice = fit::slice_of(name, head)?;
        let mut counted = Totals::default();
        let mut stray = None;
        let mut unused = Vec::new();
        let read = reread(at, &mut |row| {
            if let Row::Pat(pat) = &row
                && !is_of(slice, pat)
            {
                stray.get_or_insert_with(|| pat.display_name.clone());
            }
            counted.row(&row);
            match row {
                Row::Finding(finding) if is_unused_waiver(&finding) => {
                    unused.push(finding);
                    Ok(())
                }
                row if self.is_new(at, &row) => self.put(row),
                _ => Ok(()),
            }
        });
        read.map_err(|error| unread(name, error))?;
        if let Some(pat) = stray {
            let what = format!("the owner of {pat} is not in slice {slice}");
            return Err(fit::does_not_add_up(name, what));
        }
        if let Some(what) = contradiction(&counted, head) {
            return Err(fit::does_not_add_up(name, what));
        }

        let all_seen = head.settings.names.is_empty() && head.totals.unreadable == 0;
        self.unused.push(match &head.slice {
            Some(SliceEntry { unused, .. }) => unused.clone(),
            None => all_seen.then_some(unused),
        });
        let totals = &mut self.tally.totals;
        totals.history = totals.history.saturating_add(head.totals.history);
        totals.elsewhere = totals.elsewhere.saturating_add(head.totals.elsewhere);
        Ok(())
    }

    /// Whether no other report has told of it, or this one is where it is told of.
    fn is_new(&mut self, at: usize, row: &Row) -> bool {
        match row {
            Row::Pat(pat) => self.is_here(at, &pat.authorization_id),
            Row::Finding(finding) => match &finding.authorization_id {
                Some(id) => self.is_here(at, id),
                None => finding.owner.is_some() || self.about_waivers.insert(finding.key()),
            },
            Row::Unreadable(entry) => *self.unreadable.entry(entry.key()).or_insert(at) == at,
        }
    }

    fn is_here(&self, at: usize, id: &crate::pat::AuthorizationId) -> bool {
        let chosen = self.chosen.as_ref().and_then(|chosen| chosen.get(&short(id)));
        chosen.is_none_or(|(_, here)| *here == at)
    }

    fn put(&mut self, row: Row) -> io::Result<()> {
        self.tally.row(&row);
        (self.keep)(row)
    }

    /// What only all reports together decide.
    fn end(mut self, sources: &[(String, Report)], report: &mut Report) -> Result<(), MergeError> {
        let decided = whole::decide(sources, &report.settings, self.tally.totals.total == 0);
        report.missing = decided.missing;
        let unused = if decided.undecided.is_empty() {
            in_all(self.unused.as_slice())
        } else {
            Vec::new()
        };
        let last = decided.undecided.into_iter().map(Row::Unreadable);
        for row in last.chain(unused.into_iter().map(Row::Finding)) {
            let kept = self.put(row);
            kept.map_err(|error| unread("the merged report", ReportError::Io(error.to_string())))?;
        }
        self.tally.fill(report);
        Ok(())
    }
}

fn is_unused_waiver(finding: &Finding) -> bool {
    finding.authorization_id.is_none() && finding.owner.is_none() && finding.rule == Rule::UnusedWaiver.id()
}

/// Only the share's own users are in a slice: one that is called another than it is would hide a share.
fn is_of(slice: Slice, pat: &PatEntry) -> bool {
    pat.owner
        .as_ref()
        .is_none_or(|owner| slice.holds(&owner.descriptor))
}

/// The findings that every report has; none where one of them has not seen everything.
fn in_all(lists: &[Option<Vec<Finding>>]) -> Vec<Finding> {
    let mut lists = lists.iter();
    let Some(Some(first)) = lists.next() else {
        return Vec::new();
    };
    let mut all = first.clone();
    for list in lists {
        let list: BTreeSet<FindingKey> = list.iter().flatten().map(Finding::key).collect();
        all.retain(|finding| list.contains(&finding.key()));
    }
    all
}

/// Where a report's rows are not those that it counted: some were lost, or it was changed.
fn contradiction(counted: &Totals, head: &Report) -> Option<String> {
    let told = Totals {
        history: 0,
        elsewhere: 0,
        missing: 0,
        ..head.totals
    };
    let missing = u32::try_from(head.missing.len()).unwrap_or(u32::MAX);
    let unread = head.organizations.iter().any(|one| one.users.is_none()) && head.settings.scope != MINE;
    if unread && head.totals.unreadable == 0 {
        Some("it does not say how many users were read".to_owned())
    } else if head.status < verdict(&head.totals) {
        Some("its status is milder than what its totals come to".to_owned())
    } else if *counted != told {
        Some("its rows are not those that its totals count".to_owned())
    } else if missing != head.totals.missing {
        Some("its missing patterns are not those that its totals count".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
