//! What a report of any size holds of its rows: the heaviest ones, while all of them are counted.

use chrono::{DateTime, Utc};

use crate::pat::AuthorizationId;
use crate::report::{
    Finding, FindingKey, PatEntry, PatKey, PatStatus, Report, Row, Soonest, Totals, UnreadableEntry,
    UnreadableKey, Verdict,
};

/// The first of many rows by their keys.
#[derive(Debug)]
struct First<K, T> {
    rows: Vec<(K, T)>,
    most: usize,
    /// So many rows are already held that none from here on comes in.
    beyond: Option<K>,
}

impl<K: Ord + Copy, T: Clone> First<K, T> {
    fn new(most: usize) -> Self {
        Self {
            rows: Vec::new(),
            most,
            beyond: None,
        }
    }

    fn offer(&mut self, key: K, row: &T) {
        if self.beyond.is_some_and(|beyond| key >= beyond) {
            return;
        }
        self.rows.push((key, row.clone()));
        if self.rows.len() >= self.most.saturating_mul(2) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.rows.sort_by_key(|(key, _)| *key);
        if self.rows.len() >= self.most {
            self.rows.truncate(self.most);
            self.beyond = self.rows.last().map(|(key, _)| *key);
        }
    }

    fn into_rows(mut self) -> Vec<T> {
        self.cut();
        self.rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// Counts and the head of a report in the making.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) totals: Totals,
    soonest: Option<(DateTime<Utc>, AuthorizationId, Soonest)>,
    pats: First<PatKey, PatEntry>,
    findings: First<FindingKey, Finding>,
    unreadable: First<UnreadableKey, UnreadableEntry>,
}

impl Tally {
    /// Of each kind the `most` heaviest rows are kept.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            totals: Totals::default(),
            soonest: None,
            pats: First::new(most),
            findings: First::new(most),
            unreadable: First::new(most),
        }
    }

    /// Counts a row and keeps it if it is one of the heaviest.
    pub(crate) fn row(&mut self, row: &Row) {
        match row {
            Row::Pat(entry) => self.pat(entry),
            Row::Finding(finding) => self.finding(finding),
            Row::Unreadable(entry) => self.unreadable(entry),
        }
    }

    pub(crate) fn finding(&mut self, finding: &Finding) {
        self.totals.finding(finding);
        self.findings.offer(finding.key(), finding);
    }

    pub(crate) fn unreadable(&mut self, entry: &UnreadableEntry) {
        self.totals.unreadable += 1;
        self.unreadable.offer(entry.key(), entry);
    }

    pub(crate) fn pat(&mut self, entry: &PatEntry) {
        self.totals.status(entry.status, 1);
        let live = !matches!(entry.status, PatStatus::Expired | PatStatus::Replaced);
        let sooner = |(end, id, soonest): &(DateTime<Utc>, AuthorizationId, Soonest)| {
            (
                entry.effective_expiry,
                &entry.display_name,
                &entry.authorization_id,
            ) < (*end, &soonest.display_name, id)
        };
        if live && self.soonest.as_ref().is_none_or(sooner) {
            let soonest = Soonest {
                display_name: entry.display_name.clone(),
                days_left: entry.days_left,
            };
            self.soonest = Some((entry.effective_expiry, entry.authorization_id.clone(), soonest));
        }
        self.pats.offer(entry.key(), entry);
    }

    /// Puts counts, rows, what ends first and the verdict into the report, whose `missing` is already right.
    pub(crate) fn fill(mut self, report: &mut Report) {
        self.totals.missing = super::count(report.missing.len());
        report.status = verdict(&self.totals);
        report.totals = self.totals;
        report.soonest = self.soonest.map(|(.., soonest)| soonest);
        report.pats = self.pats.into_rows();
        report.findings = self.findings.into_rows();
        report.unreadable = self.unreadable.into_rows();
    }
}

impl Totals {
    /// Counts one row.
    pub(crate) fn row(&mut self, row: &Row) {
        match row {
            Row::Pat(entry) => self.status(entry.status, 1),
            Row::Finding(finding) => self.finding(finding),
            Row::Unreadable(_) => self.unreadable += 1,
        }
    }

    /// Counts PATs of a status.
    pub(crate) fn status(&mut self, status: PatStatus, number: u32) {
        let of_status = match status {
            PatStatus::Healthy => &mut self.healthy,
            PatStatus::Warning => &mut self.warning,
            PatStatus::Critical => &mut self.critical,
            PatStatus::Expired => &mut self.expired,
            PatStatus::Replaced => &mut self.replaced,
        };
        *of_status = of_status.saturating_add(number);
        self.total = self.total.saturating_add(number);
    }

    /// How many PATs have a status.
    #[must_use]
    pub fn of(&self, status: PatStatus) -> u32 {
        match status {
            PatStatus::Healthy => self.healthy,
            PatStatus::Warning => self.warning,
            PatStatus::Critical => self.critical,
            PatStatus::Expired => self.expired,
            PatStatus::Replaced => self.replaced,
        }
    }

    fn finding(&mut self, finding: &Finding) {
        *match finding.waived {
            None => &mut self.policy_findings,
            Some(_) => &mut self.waived,
        } += 1;
    }
}

/// The worst of what was counted.
pub(crate) fn verdict(totals: &Totals) -> Verdict {
    let worst = [
        (totals.unreadable, Verdict::Unknown),
        (totals.missing, Verdict::Missing),
        (totals.expired, Verdict::Expired),
        (totals.critical, Verdict::Critical),
        (totals.warning, Verdict::Warning),
    ];
    worst
        .into_iter()
        .find_map(|(number, verdict)| (number > 0).then_some(verdict))
        .unwrap_or(Verdict::Ok)
}

#[cfg(test)]
mod tests {
    use super::First;

    #[test]
    fn the_first_rows_are_kept_whatever_the_order_they_come_in() {
        for step in [1, 3, 7, 99] {
            let mut first = First::new(3);
            for number in 0..100_u32 {
                let number = number * step % 100;
                first.offer(number, &number);
                assert!(first.rows.len() < 6);
            }
            assert_eq!(first.into_rows(), [0, 1, 2]);
        }
    }
}
