//! Everybody's PATs: judged as they come, user by user, and laid on the shelf.

use std::io;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use patkeeper_agent::console::Console;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::{Judged, Judging};
use patkeeper_core::organization::Organization;
use patkeeper_core::owner::Owner;
use patkeeper_core::reading::{OrganizationReading, SignedIn};
use patkeeper_core::report::{Row, Run};
use patkeeper_core::slice::Slice;
use patkeeper_devops::AzureDevOps;
use patkeeper_http::{Client, TokenSource};
use patkeeper_lifecycle::organization::{Asked, Opening, Progress, Scanned, Watch, read};
use patkeeper_lifecycle::ports::UsersPats;

use super::Found;
use super::shelf::Shelf;
use crate::job::Around;
use crate::report::scrubbed;
use crate::say;

/// Whose PATs are judged, and the way to them.
pub(super) struct Everybody<'a> {
    pub(super) organizations: &'a [Organization],
    /// Requests in flight at once.
    pub(super) parallelism: u32,
    /// This job's share of the users.
    pub(super) slice: Option<Slice>,
    pub(super) client: &'a Client,
    pub(super) token: Arc<dyn TokenSource>,
    pub(super) around: &'a Around<'a>,
}

impl Everybody<'_> {
    /// Reads and judges one organization after the other: the limit on what is in flight is the service's patience,
    /// which they share.
    pub(super) async fn judge(
        &self,
        mut judging: Judging<'_>,
        run: impl Fn(DateTime<Utc>) -> Run,
    ) -> Result<Found, Failure> {
        let console = self.around.console;
        let mut shelf = shelf(self.around)?;
        for (done, organization) in self.organizations.iter().enumerate() {
            let mut reader = Reader {
                console,
                done,
                of: self.organizations.len(),
                judging: &mut judging,
                shelf: &mut shelf,
                reading: OrganizationReading {
                    organization: organization.clone(),
                    account_id: None,
                    signed_in: SignedIn::default(),
                    pats: Vec::new(),
                    unreadable: Vec::new(),
                    notes: Vec::new(),
                },
            };
            let asked = Asked {
                organization,
                parallelism: usize::try_from(self.parallelism).unwrap_or(1),
                slice: self.slice,
            };
            let pats = AzureDevOps::new(self.client.clone(), organization.clone(), Arc::clone(&self.token));
            let scanned = read(&pats, asked, &mut reader).await?;
            reader.end(scanned)?;
        }
        let (report, last) = judging.finish(run(Utc::now()));
        put(console, &mut shelf, last.into_rows())?;
        shelf.close().map_err(full)?;
        Ok(Found {
            report,
            rows: Some(shelf),
        })
    }
}

/// A shelf in the job's folder for what need not stay.
pub(super) fn shelf(around: &Around<'_>) -> Result<Shelf, Failure> {
    Shelf::new(around.context.temp_directory.as_deref()).map_err(full)
}

/// Puts rows on the shelf, without any secret of this run.
pub(super) fn put(
    console: &Console,
    shelf: &mut Shelf,
    rows: impl IntoIterator<Item = Row>,
) -> Result<(), Failure> {
    for row in rows {
        let row = match row {
            Row::Pat(pat) => Row::Pat(scrubbed(console, pat)?),
            Row::Finding(finding) => Row::Finding(scrubbed(console, finding)?),
            Row::Unreadable(entry) => Row::Unreadable(scrubbed(console, entry)?),
        };
        shelf.put(&row).map_err(full)?;
    }
    Ok(())
}

pub(super) fn full(error: io::Error) -> Failure {
    let what = format!("What was read could not be kept: {error}.");
    Failure::new(FailureKind::Input, what)
        .with_why("an organization's report is too large for memory, so it is gathered in a file")
        .with_way_out("give the agent's temp folder more room: about 1 kB for each PAT")
}

/// Judges each user as they come.
struct Reader<'a, 'settings> {
    console: &'a Console,
    /// Organizations read before this one.
    done: usize,
    /// Organizations in all.
    of: usize,
    judging: &'a mut Judging<'settings>,
    shelf: &'a mut Shelf,
    reading: OrganizationReading,
}

impl Reader<'_, '_> {
    fn keep(&mut self, judged: Judged) -> Result<(), Failure> {
        put(self.console, self.shelf, judged.into_rows())
    }

    /// What the organization itself has to tell.
    fn end(mut self, scanned: Scanned) -> Result<(), Failure> {
        let users = scanned.users();
        self.reading.pats = Vec::new();
        self.reading.unreadable = scanned.unreadable;
        self.reading.notes = scanned.notes;
        let judged = self.judging.take(std::slice::from_ref(&self.reading), None);
        self.keep(judged)?;
        self.judging.users(&self.reading.organization, users);
        Ok(())
    }
}

impl Watch for Reader<'_, '_> {
    type Error = Failure;

    fn opened(&mut self, opening: &Opening) -> Result<(), Failure> {
        self.reading.account_id.clone_from(&opening.account_id);
        self.reading.signed_in = opening.signed_in.clone();
        Ok(())
    }

    fn user(&mut self, owner: &Owner, pats: UsersPats) -> Result<(), Failure> {
        let judged = match &pats.no_such_user {
            Some(failure) => self.judging.gone(&self.reading.organization, owner, failure),
            None => {
                self.reading.pats = pats.listing.pats;
                self.reading.unreadable = pats.listing.unreadable;
                self.judging
                    .take(std::slice::from_ref(&self.reading), Some(owner))
            }
        };
        self.keep(judged)
    }

    fn progress(&mut self, progress: Progress) {
        let organization = &self.reading.organization;
        let now = format!("{organization}: {}", say::users_read(progress));
        let percent = (self.done * 100 + usize::from(progress.percent())) / self.of.max(1);
        self.console.progress(u8::try_from(percent).unwrap_or(100), &now);
    }
}
