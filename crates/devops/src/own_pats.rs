//! All pages of a list, and the use cases' port.

use std::collections::HashSet;
use std::time::Duration;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::pat::{AuthorizationId, Listed, Pat};
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_lifecycle::ports::{Connection, Listing, OwnPats};
use tokio::time::{Instant, timeout_at};

use crate::client::AzureDevOps;
use crate::error::{DevOpsError, Doing, Reason, Words};
use crate::wire::{OddEntry, Page};

/// More pages than this are no list of one user's PATs.
const MOST_PAGES: usize = 1_000;
/// A list takes no longer than this over all its pages but the first, which may have to wait for its turn behind other
/// lists. A service may ask for a wait of a minute before each, and nobody's job lasts for hours.
const LONGEST: Duration = Duration::from_secs(10 * 60);

impl OwnPats for AzureDevOps {
    fn signed_in(&self) -> SignedIn {
        let facts = self.facts();
        SignedIn {
            name: facts.and_then(|facts| facts.name.clone().or_else(|| facts.app_name.clone())),
            kind: facts.and_then(|facts| facts.kind),
            how: self.how().to_owned(),
        }
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        let account = self.account().await?;
        Ok(Connection {
            account_id: Some(account.id),
            identity: account.user_name,
        })
    }

    async fn list(&self, which: Listed) -> Listing {
        let organization = self.organization().name();
        let error = |reason| self.error(reason, Doing::List, Words::default());
        all_pages(organization, which, error, async |next| {
            self.page(which, next.as_deref()).await
        })
        .await
    }
}

/// What the pages of a list held.
#[derive(Default)]
pub(crate) struct Walked {
    pub(crate) pats: Vec<Pat>,
    pub(crate) odd: Vec<OddEntry>,
    pub(crate) revoked: Vec<AuthorizationId>,
    /// The page from which on nothing could be read, and why.
    pub(crate) broken: Option<(usize, DevOpsError)>,
}

/// Reads pages until the list ends. What came before a failure is kept.
pub(crate) async fn walk(
    error: impl Fn(Reason) -> DevOpsError,
    page: impl AsyncFn(Option<String>) -> Result<Page, DevOpsError>,
) -> Walked {
    let mut walked = Walked::default();
    let mut seen = HashSet::new();
    let mut next = None;
    let mut deadline = None;
    for number in 1.. {
        let read = match deadline {
            None => Ok(page(next).await),
            Some(deadline) => timeout_at(deadline, page(next)).await,
        };
        let read = match read {
            Err(_) => Err(error(Reason::SlowList(LONGEST))),
            Ok(Ok(_)) if number > MOST_PAGES => Err(error(Reason::EndlessList)),
            Ok(other) => other,
        };
        deadline.get_or_insert_with(|| Instant::now() + LONGEST);
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                walked.broken = Some((number, error));
                return walked;
            }
        };
        walked.pats.extend(read.pats);
        walked.odd.extend(read.odd);
        walked.revoked.extend(read.revoked);
        match read.next {
            None => return walked,
            Some(token) if !seen.insert(token.clone()) => {
                walked.broken = Some((number + 1, error(Reason::EndlessList)));
                return walked;
            }
            Some(token) => next = Some(token),
        }
    }
    walked
}

/// A list for the report. A failure is told once.
async fn all_pages(
    organization: &str,
    which: Listed,
    error: impl Fn(Reason) -> DevOpsError,
    page: impl AsyncFn(Option<String>) -> Result<Page, DevOpsError>,
) -> Listing {
    let list = match which {
        Listed::Active => "active",
        Listed::Expired => "expired",
    };
    let walked = walk(error, page).await;
    let among = format!("the {list} PATs of {organization}");
    let odd = walked.odd.iter().map(|odd| odd_entry(organization, &among, odd));
    let broken = walked.broken.iter();
    let unreadable = odd.chain(broken.map(|(number, error)| rest(organization, list, *number, error)));
    Listing {
        unreadable: unreadable.collect(),
        pats: walked.pats,
    }
}

fn rest(organization: &str, list: &str, page: usize, error: &DevOpsError) -> Unreadable {
    let what = match page {
        1 => format!("the {list} PATs of {organization}"),
        page => format!("the {list} PATs of {organization}, from page {page} on"),
    };
    Unreadable {
        what,
        failure: error.failure(),
    }
}

/// A stranger's text within bounds.
pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(120).collect()
}

/// An entry that is not understood, `among` which ones.
pub(crate) fn odd_entry(organization: &str, among: &str, odd: &OddEntry) -> Unreadable {
    let named = match (&odd.name, &odd.id) {
        (Some(name), Some(id)) => format!("the PAT '{}' ({})", shorten(name), shorten(id)),
        (Some(name), None) => format!("the PAT '{}'", shorten(name)),
        (None, Some(id)) => format!("the PAT {}", shorten(id)),
        (None, None) => "a PAT without name and id".to_owned(),
    };
    let failure = Failure::new(
        FailureKind::Service,
        format!("Azure DevOps lists {named} in {organization}, and {}", odd.why),
    )
    .with_code("notUnderstood")
    .with_why("what cannot be read cannot be called healthy")
    .with_way_out("look at it in the list of its owner's PATs, and revoke it if it is not needed")
    .with_way_out("report it if it looks as it should there");
    Unreadable {
        what: format!("{named}, among {among}"),
        failure,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::wire;
    use patkeeper_core::failure::FailureKind;

    fn failure(reason: Reason) -> DevOpsError {
        DevOpsError {
            reason,
            doing: Doing::List,
            organization: "acme".into(),
            who: "svc".into(),
            words: Words::default(),
        }
    }

    fn pat(id: usize) -> Pat {
        let body = serde_json::json!({ "patTokens": [{
            "authorizationId": id.to_string(), "validFrom": "2026-01-01T00:00:00Z", "validTo": "2026-02-01T00:00:00Z"
        }] });
        wire::decode_list(&body, Listed::Active).unwrap().pats.remove(0)
    }

    /// Reads pages from a script, and tells which continuations were asked for.
    async fn read(pages: impl Fn(usize) -> Result<Option<String>, Reason>) -> (Listing, Vec<Option<String>>) {
        read_slowly(Duration::ZERO, pages).await
    }

    /// The same, each page after a wait.
    async fn read_slowly(
        wait: Duration,
        pages: impl Fn(usize) -> Result<Option<String>, Reason>,
    ) -> (Listing, Vec<Option<String>>) {
        let asked = RefCell::new(Vec::new());
        let listing = all_pages("acme", Listed::Active, failure, async |next| {
            tokio::time::sleep(wait).await;
            asked.borrow_mut().push(next);
            let number = asked.borrow().len();
            let next = pages(number).map_err(failure)?;
            Ok(Page {
                pats: vec![pat(number)],
                next,
                ..Page::default()
            })
        })
        .await;
        (listing, asked.into_inner())
    }

    #[tokio::test]
    async fn each_page_is_asked_for_with_the_continuation_of_the_one_before() {
        let (listing, asked) = read(|page| Ok((page < 3).then(|| format!("after {page}")))).await;
        assert_eq!(listing.pats.len(), 3);
        assert!(listing.unreadable.is_empty());
        assert_eq!(
            asked,
            [None, Some("after 1".to_owned()), Some("after 2".to_owned())]
        );
    }

    #[tokio::test]
    async fn a_failing_second_page_keeps_the_first_and_is_told_once() {
        let (listing, _) = read(|page| {
            if page == 1 {
                Ok(Some("x".into()))
            } else {
                Err(Reason::ServiceError)
            }
        })
        .await;
        assert_eq!(listing.pats.len(), 1);
        assert_eq!(listing.unreadable.len(), 1);
        assert_eq!(
            listing.unreadable[0].what,
            "the active PATs of acme, from page 2 on"
        );
        assert_eq!(listing.unreadable[0].failure.kind, FailureKind::Service);
    }

    #[tokio::test]
    async fn a_continuation_that_comes_again_does_not_loop() {
        let (listing, asked) = read(|_| Ok(Some("same".into()))).await;
        assert_eq!(asked.len(), 2);
        assert_eq!(listing.unreadable[0].failure.code.as_deref(), Some("endlessList"));
    }

    #[tokio::test]
    async fn pages_without_end_do_not_loop() {
        let (listing, asked) = read(|page| Ok(Some(page.to_string()))).await;
        assert_eq!(asked.len(), MOST_PAGES + 1);
        assert_eq!(listing.pats.len(), MOST_PAGES);
        assert_eq!(listing.unreadable.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn pages_that_are_made_to_wait_for_end_after_ten_minutes() {
        let began = Instant::now();
        let wait = Duration::from_secs(59);
        let (listing, asked) = read_slowly(wait, |page| Ok(Some(page.to_string()))).await;
        assert_eq!(began.elapsed(), wait + LONGEST);
        assert_eq!(
            (listing.pats.len(), asked.len()),
            (11, 11),
            "what came in time counts"
        );
        assert_eq!(listing.unreadable.len(), 1);
        let Unreadable { what, failure } = &listing.unreadable[0];
        assert_eq!(what, "the active PATs of acme, from page 12 on");
        assert_eq!(failure.kind, FailureKind::Service);
        assert_eq!(failure.code.as_deref(), Some("slowList"));
        assert!(failure.what.contains("600 s"), "{}", failure.what);
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_is_slow_and_ends_in_time_is_read_whole() {
        let wait = Duration::from_secs(59);
        let (listing, _) = read_slowly(wait, |page| Ok((page < 11).then(|| page.to_string()))).await;
        assert_eq!((listing.pats.len(), listing.unreadable.len()), (11, 0));
    }

    #[test]
    fn an_odd_entry_is_named_within_bounds() {
        let odd = OddEntry {
            name: Some("x".repeat(5_000)),
            id: Some("1a".into()),
            why: "it has no validTo",
        };
        let unreadable = odd_entry("acme", "the active PATs of acme", &odd);
        assert!(unreadable.what.len() < 300);
        assert!(unreadable.failure.what.ends_with("it has no validTo"));
    }
}
