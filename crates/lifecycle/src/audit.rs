//! PatAudit: read every organization's audit log. What was read is told by [`patkeeper_core::audit`].

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use patkeeper_core::audit::{AuditReport, OrganizationLog, Settings, Tally};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_core::report::Run;
use tokio::time::{Instant, timeout_at};

use crate::ports::{AuditLog, AuditPage};

/// More pages than this are no log of 90 days.
const MOST_PAGES: usize = 20_000;
/// So many pages in a row without an entry are no log.
const EMPTY_PAGES: usize = 1_000;
/// A log takes no longer than this over all its pages: a job of an hour has time left to say what was read.
const LONGEST: Duration = Duration::from_secs(40 * 60);
/// Unreadable entries named for one organization; the rest are counted.
const NAMED: usize = 1_000;

/// One organization to read.
#[derive(Debug)]
pub struct Target<L> {
    /// Which one.
    pub organization: Organization,
    /// The way in.
    pub log: L,
}

/// All that was read.
#[derive(Debug)]
pub struct AuditReading {
    tally: Tally,
    logs: Vec<OrganizationLog>,
}

impl AuditReading {
    /// What came of it.
    #[must_use]
    pub fn report(self, run: Run) -> AuditReport {
        self.tally.finish(&self.logs, run)
    }
}

/// Reads every target's log over the span that the settings ask for, all at once. Each page is counted and dropped
/// before the next one is asked for.
pub async fn read_all<L: AuditLog>(
    targets: &[Target<L>],
    settings: &Settings,
    now: DateTime<Utc>,
) -> AuditReading {
    let (from, to) = settings.span.resolve(now);
    let tally = RefCell::new(Tally::new(settings, from, to));
    let logs = join_all(targets.iter().map(|target| read(target, from, to, &tally))).await;
    AuditReading {
        tally: tally.into_inner(),
        logs,
    }
}

/// What is known of the organizations when nobody could sign in: nothing, for one reason.
#[must_use]
pub fn none_read(
    organizations: &[Organization],
    failure: &Failure,
    settings: &Settings,
    now: DateTime<Utc>,
) -> AuditReading {
    let (from, to) = settings.span.resolve(now);
    let unread = |organization: &Organization| OrganizationLog {
        organization: organization.clone(),
        signed_in: SignedIn::default(),
        unreadable: vec![Unreadable {
            what: format!("the audit log of {organization}"),
            failure: failure.clone(),
        }],
        more_unreadable: 0,
    };
    AuditReading {
        tally: Tally::new(settings, from, to),
        logs: organizations.iter().map(unread).collect(),
    }
}

/// Reads pages until there is no more. What came before a failure is kept.
async fn read<L: AuditLog>(
    target: &Target<L>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    tally: &RefCell<Tally>,
) -> OrganizationLog {
    let organization = &target.organization;
    let mut log = OrganizationLog {
        organization: organization.clone(),
        signed_in: SignedIn::default(),
        unreadable: Vec::new(),
        more_unreadable: 0,
    };
    let deadline = Instant::now() + LONGEST;
    let mut asked = HashSet::new();
    let mut next = None;
    let mut empty = 0;
    for number in 1_usize.. {
        let page = timeout_at(deadline, target.log.page(from, to, next.as_deref())).await;
        let (number, failure) = match page {
            Ok(Ok(page)) => {
                let AuditPage {
                    events,
                    unreadable,
                    next: following,
                } = page;
                empty = if events.is_empty() { empty + 1 } else { 0 };
                tally.borrow_mut().take(organization, events);
                note(&mut log, unreadable);
                match following {
                    None => break,
                    Some(token)
                        if number < MOST_PAGES && empty < EMPTY_PAGES && asked.insert(token.clone()) =>
                    {
                        next = Some(token);
                        continue;
                    }
                    Some(_) => (number + 1, endless(organization, number)),
                }
            }
            Ok(Err(failure)) => (number, failure),
            Err(_) => (number, slow(organization, number - 1)),
        };
        let what = match number {
            1 => format!("the audit log of {organization}"),
            number => format!("the audit log of {organization}, from page {number} on"),
        };
        // It is why there is no more: it is named, whatever else is only counted.
        log.unreadable.push(Unreadable { what, failure });
        break;
    }
    // A sign-in tells whose it is once it was used.
    log.signed_in = target.log.signed_in();
    log
}

fn note(log: &mut OrganizationLog, unreadable: Vec<Unreadable>) {
    let room = NAMED.saturating_sub(log.unreadable.len());
    let more = unreadable.len().saturating_sub(room);
    log.unreadable.extend(unreadable.into_iter().take(room));
    let more = u32::try_from(more).unwrap_or(u32::MAX);
    log.more_unreadable = log.more_unreadable.saturating_add(more);
}

fn endless(organization: &Organization, pages: usize) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!("The audit log of {organization} does not end: after {pages} pages the service still names a next one."),
    )
    .with_code("endlessList")
    .with_why("it names a page that was read before, or more of them than 90 days can fill")
    .with_way_out("ask for fewer days, or split the span with startTime and endTime")
    .with_way_out("run it again later")
}

fn slow(organization: &Organization, pages: usize) -> Failure {
    let seconds = LONGEST.as_secs();
    Failure::new(
        FailureKind::Service,
        format!(
            "The audit log of {organization} could not be read to its end in {seconds} s: {pages} pages came."
        ),
    )
    .with_code("slowList")
    .with_why("the service is slow, or makes whoever asks much of it wait")
    .with_way_out("ask for fewer days, or split the span with startTime and endTime")
    .with_way_out("run it again later")
}
