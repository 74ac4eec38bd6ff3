use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use patkeeper_core::glob::Glob;
use patkeeper_core::owner::{Owner, OwnerName, SubjectDescriptor};
use tokio::time::{Instant, sleep};

use super::*;
use crate::ports::{EveryonesPats, RevokeAnyones, UserPage, UsersPats};

/// An organization whose users `u0`, `u1`, … have PATs: `u3` those with the numbers 30 to 39, if any.
struct Cloud {
    connection: Result<Connection, Failure>,
    users: Vec<Owner>,
    broken_page: Option<usize>,
    /// Whether that page is refused.
    refuses: bool,
    /// Ids that a user's PATs show as revoked once a revocation was asked for, whatever it was answered.
    late: Vec<AuthorizationId>,
    pats: BTreeMap<String, UsersPats>,
    /// Ids that the service takes no request with.
    culprits: BTreeSet<AuthorizationId>,
    /// What becomes of every request.
    down: Option<NotDone>,
    hangs: bool,
    asked: RefCell<Vec<String>>,
    revoked: RefCell<Vec<AuthorizationId>>,
}

fn user(number: u32) -> Owner {
    Owner {
        descriptor: SubjectDescriptor::parse(&format!("aad.u{number}")).unwrap(),
        principal_name: Some(format!("u{number}@acme.example")),
        display_name: None,
        deleted_in_origin: false,
    }
}

fn owners(names: &[&str]) -> Whose {
    Whose::Organization(names.iter().map(|name| OwnerName::parse(name).unwrap()).collect())
}

fn asking(whose: Whose, selection: Selection) -> Settings {
    Settings {
        whose,
        ..settings(selection)
    }
}

impl Cloud {
    /// So many users, each of whom has two PATs.
    fn of(users: u32) -> Self {
        let pats = |number: u32| UsersPats {
            listing: Listing {
                pats: vec![pat(number * 10), pat(number * 10 + 1)],
                unreadable: vec![],
            },
            ..UsersPats::default()
        };
        Self {
            connection: connected(),
            users: (0..users).map(user).collect(),
            broken_page: None,
            refuses: false,
            late: Vec::new(),
            pats: (0..users)
                .map(|number| (format!("aad.u{number}"), pats(number)))
                .collect(),
            culprits: BTreeSet::new(),
            down: None,
            hangs: false,
            asked: RefCell::default(),
            revoked: RefCell::default(),
        }
    }

    /// One user with so many PATs.
    fn alone(count: u32) -> Self {
        let mut cloud = Self::of(1);
        cloud.pats_of_user(0).listing.pats = (0..count).map(pat).collect();
        cloud
    }

    fn pats_of_user(&mut self, number: u32) -> &mut UsersPats {
        self.pats.get_mut(&format!("aad.u{number}")).unwrap()
    }

    fn asked(&self, what: &str) -> Vec<String> {
        let asked = self.asked.borrow();
        asked
            .iter()
            .filter(|asked| asked.starts_with(what))
            .cloned()
            .collect()
    }

    async fn run(&self, settings: &Settings) -> RevocationReport {
        revocation(settings, self)
            .of_everyone(run(), &silent, never())
            .await
    }
}

impl EveryonesPats for Cloud {
    fn signed_in(&self) -> SignedIn {
        signed_in()
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        self.connection.clone()
    }

    async fn users(&self, next: Option<&str>) -> Result<UserPage, Failure> {
        let page: usize = next.map_or(0, |next| next.parse().unwrap());
        self.asked.borrow_mut().push(format!("users {page}"));
        sleep(TAKES).await;
        if self.broken_page == Some(page) {
            let kind = if self.refuses {
                FailureKind::Refused
            } else {
                FailureKind::Service
            };
            return Err(failure(kind));
        }
        let users: Vec<Owner> = self.users.iter().skip(page * 10).take(10).cloned().collect();
        Ok(UserPage {
            users,
            next: (self.users.len() > (page + 1) * 10).then(|| (page + 1).to_string()),
            ..UserPage::default()
        })
    }

    async fn pats_of(&self, user: &Owner) -> UsersPats {
        let user = &user.descriptor;
        self.asked.borrow_mut().push(format!("pats {user}"));
        sleep(TAKES).await;
        let mut pats = self
            .pats
            .get(user.as_str())
            .cloned()
            .unwrap_or_else(|| UsersPats {
                no_such_user: Some(failure(FailureKind::Service)),
                ..UsersPats::default()
            });
        if self
            .asked
            .borrow()
            .iter()
            .any(|asked| asked.starts_with("revoke"))
        {
            let late = |pat: &Pat| self.late.contains(&pat.authorization_id);
            let of_user = pats.listing.pats.extract_if(.., |pat| late(pat));
            pats.revoked.extend(of_user.map(|pat| pat.authorization_id));
        }
        pats
    }
}

impl RevokeAnyones for Cloud {
    async fn revoke_all(&self, ids: &[AuthorizationId]) -> Result<(), NotDone> {
        self.asked.borrow_mut().push(format!("revoke {}", ids.len()));
        sleep(TAKES).await;
        if self.hangs {
            never().await;
        }
        if let Some(not_done) = &self.down {
            return Err(not_done.clone());
        }
        if ids.iter().any(|id| self.culprits.contains(id)) {
            return Err(surely(FailureKind::Service));
        }
        self.revoked.borrow_mut().extend_from_slice(ids);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_go_in_one_request_and_more_in_as_few_as_hold_them() {
    let whose = || owners(&["aad.u0"]);
    let cloud = Cloud::alone(500);
    let report = cloud.run(&asking(whose(), Selection::All)).await;
    assert_eq!(report.counts.revoked, 500);
    assert_eq!(
        *cloud.asked.borrow(),
        ["pats aad.u0", "revoke 500"],
        "a descriptor is looked up nowhere"
    );
    assert!(report.notes.iter().any(|note| note.contains("up to an hour")));
    let cloud = Cloud::alone(1_001);
    let report = cloud.run(&asking(whose(), Selection::All)).await;
    assert_eq!(report.counts.revoked, 1_001);
    assert_eq!(cloud.asked("revoke"), ["revoke 500", "revoke 500", "revoke 1"]);
}

#[tokio::test(start_paused = true)]
async fn the_search_for_ids_ends_where_all_are_found() {
    let cloud = Cloud::of(500);
    let report = cloud.run(&asking(owners(&[]), ids([31, 50]))).await;
    assert_eq!(outcomes(&report), ["31 revoked", "50 revoked"]);
    assert_eq!(report.pats[0].owner.as_deref(), Some("u3@acme.example"));
    assert!(cloud.asked("users").len() <= 3, "{:?}", cloud.asked("users"));
    assert!(cloud.asked("pats").len() < 40, "{}", cloud.asked("pats").len());
    assert_eq!(report.end().exit_code, 0);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_no_user_has_fails_and_the_others_are_revoked() {
    let mut cloud = Cloud::of(30);
    cloud.pats_of_user(2).revoked = vec![id(25)];
    let report = cloud.run(&asking(owners(&[]), ids([7, 25, 10]))).await;
    assert_eq!(outcomes(&report), ["7 failed", "25 alreadyGone", "10 revoked"]);
    assert_eq!(why(&report, 7).code.as_deref(), Some("unknownId"));
    assert_eq!(report.end().exit_code, 4);
    assert_eq!(cloud.asked("pats").len(), 30);
}

#[tokio::test(start_paused = true)]
async fn only_the_owners_that_were_named_are_read_whatever_their_letter_case() {
    let cloud = Cloud::of(25);
    let whose = owners(&["U24@ACME.example", "aad.u3", "aad.u24"]);
    let report = cloud.run(&asking(whose, Selection::All)).await;
    assert_eq!(
        cloud.asked("pats").len(),
        2,
        "each once: {:?}",
        cloud.asked("pats")
    );
    let mut revoked = cloud.revoked.borrow().clone();
    revoked.sort_unstable();
    assert_eq!(revoked, [30, 31, 240, 241].map(id));
    assert_eq!(report.end().exit_code, 0);
    assert_eq!(report.organization.users.map(|users| users.read), Some(2));
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_nobody_is_fails_the_step_and_is_named() {
    for (name, expected) in [
        ("nobody@acme.example", "noSuchOwner"),
        ("aad.nobody", "badRequest"),
    ] {
        let cloud = Cloud::of(15);
        let report = cloud.run(&asking(owners(&[name]), Selection::All)).await;
        assert_eq!((report.end().exit_code, report.counts.matched), (4, 0));
        assert_eq!(report.unreadable.len(), 1, "{:?}", report.unreadable);
        assert!(report.unreadable[0].what.contains(name));
        assert_eq!(report.unreadable[0].failure.code.as_deref(), Some(expected));
        assert_eq!(cloud.asked("revoke"), [""; 0]);
        assert_eq!(report.failure, None, "it is not said that patterns match nothing");
        let report = cloud
            .run(&asking(owners(&[name, "u1@acme.example"]), Selection::All))
            .await;
        assert_eq!((report.end().exit_code, report.counts.revoked), (4, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_user_fails_the_step_and_keeps_an_expected_number_from_being_believed() {
    let mut cloud = Cloud::of(5);
    cloud.pats_of_user(4).listing = broken(vec![], FailureKind::Service);
    let mut settings = asking(owners(&[]), Selection::Names(vec![Glob::new("ci-*")]));
    let report = cloud.run(&settings).await;
    assert_eq!((report.end().exit_code, report.counts.revoked), (4, 8));
    assert_eq!(report.organization.users.map(|users| users.unreadable), Some(1));
    settings.expect_count = Some(8);
    let report = cloud.run(&settings).await;
    assert_eq!((report.end().exit_code, report.counts.revoked), (4, 0));
    assert_eq!(cloud.asked("revoke").len(), 1, "of the first run");
}

#[tokio::test(start_paused = true)]
async fn users_that_cannot_be_listed_fail_the_step_and_no_owner_is_called_unknown() {
    let mut cloud = Cloud::of(25);
    cloud.broken_page = Some(1);
    let report = cloud
        .run(&asking(
            owners(&["u1@acme.example", "u24@acme.example"]),
            Selection::All,
        ))
        .await;
    assert_eq!((report.end().exit_code, report.counts.revoked), (4, 2));
    assert_eq!(report.unreadable.len(), 1, "{:?}", report.unreadable);
}

#[tokio::test(start_paused = true)]
async fn halving_finds_the_culprits_and_revokes_all_others() {
    let mut cloud = Cloud::alone(400);
    cloud.culprits = BTreeSet::from([id(7), id(299), id(300)]);
    let report = cloud.run(&asking(owners(&["aad.u0"]), Selection::All)).await;
    assert_eq!((report.counts.revoked, report.counts.failed), (397, 3));
    for number in [7, 299, 300] {
        assert_eq!(why(&report, number).code.as_deref(), Some("badRequest"));
    }
    assert_eq!(cloud.revoked.borrow().len(), 397, "none is asked for twice");
    let requests = cloud.asked("revoke").len();
    assert!(requests <= 1 + 3 * 2 * 9, "{requests}");
    assert_eq!(report.end().exit_code, 4);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_nothing_is_not_asked_for_each_pat() {
    let mut cloud = Cloud::alone(500);
    let settings = asking(owners(&["aad.u0"]), Selection::All);
    let no_connection = NotDone::surely(failure(FailureKind::Service).with_code("noConnection"));
    for (down, most, code) in [
        (surely(FailureKind::Refused), 1, 3),
        (unclear(), 1, 4),
        (no_connection, 1, 4),
        (surely(FailureKind::Service), 100, 4),
    ] {
        cloud.down = Some(down);
        cloud.asked.borrow_mut().clear();
        let report = cloud.run(&settings).await;
        let requests = cloud.asked("revoke").len();
        assert!(requests <= most, "{requests} of {most}");
        assert_eq!((report.counts.failed, report.end().exit_code), (500, code));
    }
}

#[tokio::test(start_paused = true)]
async fn another_organizations_pat_is_never_sent() {
    let mut cloud = Cloud::of(2);
    cloud.pats_of_user(1).listing.pats.push(foreign(19));
    let report = cloud
        .run(&asking(owners(&["u1@acme.example"]), Selection::All))
        .await;
    assert_eq!(
        (outcomes(&report), report.counts.elsewhere),
        (vec!["10 revoked".to_owned(), "11 revoked".to_owned()], 1)
    );
    let report = cloud.run(&asking(owners(&[]), ids([19]))).await;
    assert_eq!(outcomes(&report), ["19 failed"]);
    assert!(!cloud.revoked.borrow().contains(&id(19)));
}

#[tokio::test(start_paused = true)]
async fn without_the_account_names_do_not_start_and_ids_do_where_it_was_refused() {
    let mut cloud = Cloud::of(2);
    cloud.connection = Err(failure(FailureKind::Service));
    let report = cloud.run(&asking(owners(&["aad.u1"]), Selection::All)).await;
    assert_eq!((report.end().exit_code, cloud.asked("revoke").len()), (4, 0));
    let report = cloud.run(&asking(owners(&[]), ids([10]))).await;
    assert_eq!(
        (outcomes(&report), report.end().exit_code),
        (vec!["10 failed".to_owned()], 4)
    );
    assert_eq!(cloud.asked("revoke").len(), 0, "it may be another organization's");
    cloud.connection = Err(failure(FailureKind::Refused));
    let report = cloud.run(&asking(owners(&[]), ids([10]))).await;
    assert_eq!(
        (outcomes(&report), report.end().exit_code),
        (vec!["10 revoked".to_owned()], 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_sends_no_revocation() {
    let cloud = Cloud::of(3);
    let mut settings = asking(owners(&["u1@acme.example"]), Selection::All);
    settings.dry_run = true;
    let report = cloud.run(&settings).await;
    assert_eq!(outcomes(&report), ["10 wouldRevoke", "11 wouldRevoke"]);
    assert_eq!(cloud.asked("revoke"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_sends_no_further_batch_and_says_what_stands() {
    let mut cloud = Cloud::alone(1_200);
    cloud.hangs = true;
    let settings = asking(owners(&["aad.u0"]), Selection::All);
    let begun = Instant::now();
    let report = revocation(&settings, &cloud)
        .of_everyone(run(), &silent, sleep(TAKES * 2))
        .await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(cloud.asked("revoke").len(), 1);
    assert_eq!((report.counts.failed, report.end().exit_code), (1_200, 130));
    let why = |place: usize| report.pats[place].failure.as_ref().unwrap().what.as_str();
    assert!(why(499).contains("may have been revoked"), "{}", why(499));
    assert!(why(500).contains("still live"), "{}", why(500));
    assert_eq!(
        report.sentence(),
        "The run was cancelled: 700 PATs were not tried. Of 500 it is not known whether they are revoked: run it again."
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_waited_for_its_turn_when_the_run_was_cancelled_is_still_live() {
    let mut cloud = Cloud::alone(1_200);
    cloud.down = Some(surely(FailureKind::Cancelled));
    let settings = asking(owners(&["aad.u0"]), Selection::All);
    let report = revocation(&settings, &cloud)
        .of_everyone(run(), &silent, sleep(TAKES * 2))
        .await;
    assert_eq!((cloud.asked("revoke").len(), report.end().exit_code), (1, 130));
    assert_eq!(
        report.sentence(),
        "The run was cancelled: 1200 PATs were not tried."
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_which_no_answer_tells_is_not_halved_and_its_owners_lists_settle_it() {
    let mut cloud = Cloud::of(3);
    cloud.down = Some(unclear());
    let settings = asking(owners(&["aad.u0", "aad.u1", "aad.u2"]), Selection::All);
    let report = cloud.run(&settings).await;
    assert_eq!((cloud.asked("revoke").len(), report.counts.failed), (1, 6));
    assert_eq!(cloud.asked("pats").len(), 6, "each owner is looked at again");
    assert_eq!(
        report.sentence(),
        "Revoked no PAT of 3 users; 6 failed. Of 6 it is not known whether they are revoked: run it again."
    );
    cloud.asked.borrow_mut().clear();
    cloud.late = vec![id(10), id(21)];
    let report = cloud.run(&settings).await;
    let revoked: Vec<_> = outcomes(&report)
        .into_iter()
        .filter(|pat| pat.ends_with("revoked"))
        .collect();
    assert_eq!(revoked, ["10 revoked", "21 revoked"]);
    assert!(report.notes.iter().any(|note| note.contains("up to an hour")));
    assert_eq!((report.counts.failed, report.end().exit_code), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn owners_named_by_descriptor_are_read_though_nobody_can_be_looked_up() {
    let mut cloud = Cloud::of(15);
    (cloud.broken_page, cloud.refuses) = (Some(0), true);
    let report = cloud
        .run(&asking(owners(&["u2@acme.example", "aad.u1"]), Selection::All))
        .await;
    assert_eq!(outcomes(&report), ["10 revoked", "11 revoked"]);
    assert_eq!(report.end().exit_code, 3);
    assert_eq!(report.unreadable.len(), 1, "{:?}", report.unreadable);
    let entry = &report.unreadable[0];
    assert!(
        entry.what.contains("u2@acme.example") && !entry.what.contains("aad.u1"),
        "{}",
        entry.what
    );
}
