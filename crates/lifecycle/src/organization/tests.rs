use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use patkeeper_core::owner::SubjectDescriptor;

use super::*;
use crate::ports::Listing;

/// What an organization answers.
struct Cloud {
    pages: Vec<Vec<&'static str>>,
    /// The page that fails, from 0.
    broken_page: Option<usize>,
    /// What a page names as the next one, where it is not the one after it.
    circle: bool,
    connection: Result<Connection, Failure>,
    users: BTreeMap<String, FailureKind>,
    gone: Vec<String>,
    asked: RefCell<Vec<String>>,
    in_flight: Cell<usize>,
    most_in_flight: Cell<usize>,
}

impl Cloud {
    fn of(pages: Vec<Vec<&'static str>>) -> Self {
        Self {
            pages,
            broken_page: None,
            circle: false,
            connection: Ok(Connection {
                account_id: Some("a1".to_owned()),
                identity: None,
            }),
            users: BTreeMap::new(),
            gone: Vec::new(),
            asked: RefCell::default(),
            in_flight: Cell::default(),
            most_in_flight: Cell::default(),
        }
    }

    /// `count` users on pages of ten.
    fn sized(count: usize) -> Self {
        let names: Vec<&'static str> = (0..count)
            .map(|number| &*format!("aad.u{number:04}").leak())
            .collect();
        Self::of(names.chunks(10).map(<[_]>::to_vec).collect())
    }

    fn failing(mut self, kind: FailureKind, users: impl IntoIterator<Item = usize>) -> Self {
        self.users.extend(
            users
                .into_iter()
                .map(|number| (format!("aad.u{number:04}"), kind)),
        );
        self
    }
}

fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, "It was not so.")
}

impl EveryonesPats for Cloud {
    fn signed_in(&self) -> SignedIn {
        SignedIn::default()
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        self.connection.clone()
    }

    async fn users(&self, next: Option<&str>) -> Result<UserPage, Failure> {
        let number = next.map_or(0, |next| next.parse::<usize>().unwrap());
        if self.broken_page == Some(number) {
            return Err(failure(FailureKind::Service));
        }
        let owner = |name: &&str| Owner {
            descriptor: SubjectDescriptor::parse(name).unwrap(),
            principal_name: None,
            display_name: None,
            deleted_in_origin: false,
        };
        let following = if self.circle { 1 } else { number + 1 };
        Ok(UserPage {
            users: self.pages[number].iter().map(owner).collect(),
            skipped: 1,
            unreadable: Vec::new(),
            next: (number + 1 < self.pages.len() || self.circle).then(|| following.to_string()),
        })
    }

    async fn pats_of(&self, user: &Owner) -> UsersPats {
        let user = &user.descriptor;
        self.asked.borrow_mut().push(user.to_string());
        self.in_flight.set(self.in_flight.get() + 1);
        self.most_in_flight
            .set(self.most_in_flight.get().max(self.in_flight.get()));
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.in_flight.set(self.in_flight.get() - 1);
        let unreadable = self.users.get(user.as_str()).map(|kind| Unreadable {
            what: format!("the PATs of {user}"),
            failure: failure(*kind),
        });
        UsersPats {
            listing: Listing {
                pats: Vec::new(),
                unreadable: unreadable.into_iter().collect(),
            },
            revoked: Vec::new(),
            no_such_user: self
                .gone
                .contains(&user.to_string())
                .then(|| failure(FailureKind::Service)),
        }
    }
}

#[derive(Default)]
struct Seen {
    users: Vec<String>,
    progress: Vec<Progress>,
    account: Option<String>,
}

impl Watch for Seen {
    type Error = Infallible;

    fn opened(&mut self, opening: &Opening) -> Result<(), Infallible> {
        assert!(self.users.is_empty(), "who is judged is known first");
        self.account.clone_from(&opening.account_id);
        Ok(())
    }

    fn user(&mut self, owner: &Owner, _: UsersPats) -> Result<(), Infallible> {
        self.users.push(owner.descriptor.to_string());
        Ok(())
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }
}

async fn scan(cloud: &Cloud, parallelism: usize, slice: Option<Slice>) -> (Scanned, Seen) {
    let organization = Organization::parse("acme").unwrap();
    let asked = Asked {
        organization: &organization,
        parallelism,
        slice,
    };
    let mut seen = Seen::default();
    let scanned = read(cloud, asked, &mut seen).await.unwrap();
    (scanned, seen)
}

#[tokio::test(start_paused = true)]
async fn every_user_is_read_once_over_empty_pages_and_pages_that_slide() {
    let cloud = Cloud::of(vec![
        vec!["aad.a", "aad.b"],
        vec![],
        vec![],
        vec!["aad.b", "aad.c"],
    ]);
    let (scanned, seen) = scan(&cloud, 4, None).await;
    let mut asked = cloud.asked.take();
    asked.sort();
    assert_eq!(asked, ["aad.a", "aad.b", "aad.c"]);
    assert_eq!(seen.users.len(), 3);
    assert_eq!((scanned.read, scanned.skipped), (3, 4));
    assert_eq!(seen.account.as_deref(), Some("a1"));
    assert_eq!(scanned.unreadable, []);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_in_flight_than_asked_for_and_no_turn_is_lost() {
    let began = tokio::time::Instant::now();
    let cloud = Cloud::sized(200);
    scan(&cloud, 8, None).await;
    assert_eq!(cloud.most_in_flight.get(), 8);
    assert_eq!(began.elapsed(), Duration::from_millis(20 * 200 / 8));
}

#[tokio::test(start_paused = true)]
async fn shares_together_read_each_user_once() {
    let cloud = Cloud::sized(120);
    for position in 1..=8 {
        scan(&cloud, 4, Slice::new(position, 8)).await;
    }
    let mut asked = cloud.asked.take();
    asked.sort();
    let everybody: Vec<String> = (0..120).map(|number| format!("aad.u{number:04}")).collect();
    assert_eq!(asked, everybody);
}

#[tokio::test(start_paused = true)]
async fn three_users_that_cannot_be_read_are_handed_on_among_the_others_even_if_they_come_first() {
    let cloud = Cloud::sized(60).failing(FailureKind::Refused, [0, 1, 2]);
    let (scanned, seen) = scan(&cloud, 4, None).await;
    assert_eq!((scanned.read, scanned.unreadable_users), (57, 3));
    assert_eq!(seen.users.len(), 60);
    assert_eq!(scanned.unreadable, [], "their entries were handed on");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_may_read_nobody_is_not_tried_on_everybody() {
    let cloud = Cloud::sized(500).failing(FailureKind::Refused, 0..500);
    let (scanned, seen) = scan(&cloud, 4, None).await;
    assert!(
        cloud.asked.borrow().len() < 2 * REFUSED,
        "{}",
        cloud.asked.borrow().len()
    );
    assert_eq!(seen.users, Vec::<String>::new());
    assert_eq!(scanned.unreadable_users, 16);
    assert_eq!(scanned.unreadable.len(), 1);
    assert_eq!(scanned.unreadable[0].failure.kind, FailureKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn fewer_users_than_that_are_each_named() {
    let cloud = Cloud::sized(5).failing(FailureKind::Refused, 0..5);
    let (scanned, seen) = scan(&cloud, 4, None).await;
    assert_eq!((seen.users.len(), scanned.unreadable_users), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_given_up() {
    let cloud = Cloud::sized(1_000).failing(FailureKind::Service, 10..1_000);
    let (scanned, _) = scan(&cloud, 4, None).await;
    assert_eq!((scanned.read, scanned.unreadable_users), (10, FAILED));
    assert_eq!(scanned.unreadable.len(), 1);
    assert_eq!(scanned.unreadable[0].what, "the PATs of the other users of acme");
}

#[tokio::test(start_paused = true)]
async fn one_user_who_is_gone_is_a_finding_and_all_of_them_are_not() {
    let mut cloud = Cloud::sized(10);
    cloud.gone = vec!["aad.u0003".to_owned()];
    let (scanned, _) = scan(&cloud, 4, None).await;
    assert_eq!((scanned.read, scanned.gone), (9, 1));
    assert_eq!(scanned.unreadable, []);

    let mut cloud = Cloud::sized(10);
    cloud.gone = (0..10).map(|number| format!("aad.u{number:04}")).collect();
    let (scanned, _) = scan(&cloud, 4, None).await;
    assert_eq!(scanned.unreadable[0].failure.code.as_deref(), Some("nobodyKnown"));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_is_told_and_the_users_before_it_are_read() {
    let mut cloud = Cloud::sized(40);
    cloud.broken_page = Some(2);
    let (scanned, seen) = scan(&cloud, 4, None).await;
    assert_eq!(seen.users.len(), 20);
    assert_eq!(scanned.unreadable[0].what, "the users of acme, from page 3 on");
    assert!(seen.progress.iter().all(|progress| !progress.all_known));
}

#[tokio::test(start_paused = true)]
async fn pages_that_name_one_another_in_a_circle_end() {
    let mut cloud = Cloud::sized(20);
    cloud.circle = true;
    let (scanned, seen) = scan(&cloud, 4, None).await;
    assert_eq!(seen.users.len(), 20);
    assert_eq!(scanned.unreadable[0].failure.code.as_deref(), Some("endlessList"));
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_refused_is_a_note_and_one_that_fails_is_not_known() {
    let mut cloud = Cloud::sized(2);
    cloud.connection = Err(failure(FailureKind::Refused));
    let (scanned, _) = scan(&cloud, 4, None).await;
    assert_eq!((scanned.notes.len(), scanned.unreadable.len()), (1, 0));

    cloud.connection = Err(failure(FailureKind::Service));
    let (scanned, _) = scan(&cloud, 4, None).await;
    assert_eq!((scanned.notes.len(), scanned.unreadable.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn progress_comes_to_a_hundred_when_everybody_is_read() {
    let (_, seen) = scan(&Cloud::sized(95), 4, None).await;
    let percents: Vec<u8> = seen.progress.iter().map(|progress| progress.percent()).collect();
    assert_eq!(percents.last(), Some(&100));
    let last = seen.progress.last().unwrap();
    assert_eq!((last.done, last.known), (95, 95));
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_shows_nobody_is_not_one_without_users() {
    let (scanned, _) = scan(&Cloud::of(vec![vec![], vec![]]), 4, None).await;
    assert_eq!(
        scanned.unreadable[0].failure.code.as_deref(),
        Some("nobodyListed")
    );
    let nobody_here =
        Slice::new(1, 8).filter(|slice| !slice.holds(&SubjectDescriptor::parse("aad.a").unwrap()));
    let (scanned, _) = scan(
        &Cloud::of(vec![vec!["aad.a"]]),
        4,
        nobody_here.or(Slice::new(2, 8)),
    )
    .await;
    assert_eq!(
        (scanned.read, scanned.unreadable),
        (0, Vec::new()),
        "a share may be empty"
    );
}
