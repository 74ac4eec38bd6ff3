//! PatMonitor over ports that the test owns.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::cell::RefCell;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::reading::{OrganizationReading, SignedIn, Unreadable};
use patkeeper_core::scope::ScopeSet;
use patkeeper_lifecycle::monitor::{Target, read_all};
use patkeeper_lifecycle::ports::{Connection, Listing, OwnPats};

/// An organization that answers what it was told to, and remembers what it was asked.
struct Organized {
    connection: Result<Connection, Failure>,
    active: Listing,
    expired: Listing,
    asked: RefCell<Vec<&'static str>>,
}

impl Organized {
    fn healthy() -> Self {
        Self {
            connection: Ok(Connection {
                account_id: Some("a1".into()),
                identity: Some("svc@acme.example".into()),
            }),
            active: Listing {
                pats: vec![pat("active", Listed::Active)],
                unreadable: vec![],
            },
            expired: Listing {
                pats: vec![pat("expired", Listed::Expired)],
                unreadable: vec![],
            },
            asked: RefCell::default(),
        }
    }
}

impl OwnPats for Organized {
    fn signed_in(&self) -> SignedIn {
        SignedIn {
            name: Some("from the token".into()),
            kind: None,
            how: "access token".into(),
        }
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        self.asked.borrow_mut().push("connection");
        self.connection.clone()
    }

    async fn list(&self, which: Listed) -> Listing {
        let (name, listing) = match which {
            Listed::Active => ("active", &self.active),
            Listed::Expired => ("expired", &self.expired),
        };
        self.asked.borrow_mut().push(name);
        listing.clone()
    }
}

fn pat(name: &str, listed: Listed) -> Pat {
    Pat {
        authorization_id: AuthorizationId::new(name),
        display_name: name.into(),
        scopes: ScopeSet::parse("vso.code"),
        valid_from: "2026-08-01T00:00:00Z".parse().unwrap(),
        valid_to: "2026-12-01T00:00:00Z".parse().unwrap(),
        reach: Reach::Organizations(vec!["a1".into()]),
        listed,
    }
}

fn failing(kind: FailureKind) -> Listing {
    let failure = Failure::new(kind, "it did not work");
    Listing {
        pats: vec![],
        unreadable: vec![Unreadable {
            what: "the active PATs".into(),
            failure,
        }],
    }
}

async fn read(pats: Organized, known: Option<&str>) -> (OrganizationReading, Vec<&'static str>) {
    let organization = Organization::parse("acme").unwrap();
    let targets = [Target {
        organization,
        known_account_id: known.map(Into::into),
        pats,
    }];
    let reading = read_all(&targets).await.remove(0);
    let [target] = targets;
    (reading, target.pats.asked.into_inner())
}

#[tokio::test]
async fn expired_pats_are_asked_for_after_the_active_ones() {
    let (reading, asked) = read(Organized::healthy(), None).await;
    let active = asked.iter().position(|name| *name == "active").unwrap();
    let expired = asked.iter().position(|name| *name == "expired").unwrap();
    assert!(
        active < expired,
        "a PAT that ends in between would be in neither list: {asked:?}"
    );
    assert_eq!(reading.pats.len(), 2);
    assert_eq!(reading.account_id.as_deref(), Some("a1"));
    assert_eq!(reading.signed_in.name.as_deref(), Some("svc@acme.example"));
}

#[tokio::test]
async fn a_refused_list_is_said_once_and_nothing_more_is_asked_of_it() {
    let mut pats = Organized::healthy();
    pats.active = failing(FailureKind::Refused);
    pats.connection = Err(Failure::new(FailureKind::Refused, "no"));
    let (reading, asked) = read(pats, None).await;
    assert_eq!(reading.unreadable.len(), 1);
    assert!(reading.notes.is_empty());
    assert!(!asked.contains(&"expired"));
}

#[tokio::test]
async fn a_failing_active_list_does_not_hide_the_expired_one() {
    let mut pats = Organized::healthy();
    pats.active = failing(FailureKind::Service);
    let (reading, _) = read(pats, None).await;
    assert_eq!(reading.unreadable.len(), 1);
    assert_eq!(reading.pats.len(), 1);
}

#[tokio::test]
async fn refused_connection_data_falls_back_to_what_the_agent_knows() {
    let mut pats = Organized::healthy();
    pats.connection = Err(Failure::new(FailureKind::Refused, "no"));
    let (reading, _) = read(pats, Some("A1")).await;
    assert_eq!(reading.account_id.as_deref(), Some("A1"));
    assert!(reading.unreadable.is_empty() && reading.notes.is_empty());
    assert_eq!(reading.signed_in.name.as_deref(), Some("from the token"));
}

#[tokio::test]
async fn an_account_of_the_agent_that_no_pat_names_hides_none() {
    let mut pats = Organized::healthy();
    pats.connection = Err(Failure::new(FailureKind::Refused, "no"));
    let (reading, _) = read(pats, Some("a7")).await;
    assert_eq!(
        reading.account_id, None,
        "else every PAT would be dropped as another organization's"
    );
    assert_eq!(reading.pats.len(), 2);
    assert_eq!(
        reading.unreadable.len(),
        1,
        "whose they are is not known, and never assumed"
    );
}

#[tokio::test]
async fn refused_connection_data_without_a_known_account_is_said() {
    let mut pats = Organized::healthy();
    pats.connection = Err(Failure::new(FailureKind::Refused, "no"));
    let (reading, _) = read(pats, None).await;
    assert_eq!(reading.account_id, None);
    assert_eq!(reading.notes.len(), 1);
    assert!(reading.unreadable.is_empty());
}

#[tokio::test]
async fn failing_connection_data_is_unreadable_even_when_the_account_is_known() {
    let mut pats = Organized::healthy();
    pats.connection = Err(Failure::new(FailureKind::Service, "500"));
    let (reading, _) = read(pats, Some("a7")).await;
    assert_eq!(
        reading.unreadable.len(),
        1,
        "what it would have said is never assumed"
    );
    assert_eq!(reading.account_id, None);
    assert_eq!(reading.pats.len(), 2, "what was read is still judged");
}
