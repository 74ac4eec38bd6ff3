use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use patkeeper_core::glob::Glob;
use patkeeper_core::judge::StepResult;
use tokio::time::{Instant, sleep};

use super::*;
use crate::ports::{OwnPats, RevokeOwn, Revoked};

/// Somebody's PATs, and what was asked of them.
struct Mine {
    connection: Result<Connection, Failure>,
    active: Listing,
    /// What the revoked and expired lists hold; those revoked meanwhile are added.
    ended: Result<Vec<AuthorizationId>, Failure>,
    /// What becomes of a revocation, where it is not that it is done.
    answers: BTreeMap<AuthorizationId, Answer>,
    /// All lists are alike.
    ignores_filters: bool,
    asked: RefCell<Vec<String>>,
    in_flight: Cell<usize>,
    most_in_flight: Cell<usize>,
}

enum Answer {
    Gone,
    GoneOnceMore,
    /// Waits for its turn until the run is cancelled.
    Waits,
    Fails(NotDone),
    Hangs,
}

impl Mine {
    fn with(pats: Vec<Pat>) -> Self {
        Self {
            connection: connected(),
            active: Listing {
                pats,
                unreadable: vec![],
            },
            ended: Ok(vec![]),
            answers: BTreeMap::new(),
            ignores_filters: false,
            asked: RefCell::default(),
            in_flight: Cell::default(),
            most_in_flight: Cell::default(),
        }
    }

    fn of(count: u32) -> Self {
        Self::with((1..=count).map(pat).collect())
    }

    fn answering(mut self, number: u32, answer: Answer) -> Self {
        self.answers.insert(id(number), answer);
        self
    }

    async fn ask(&self, what: impl Into<String>) {
        self.asked.borrow_mut().push(what.into());
        sleep(TAKES).await;
    }

    /// How often this was asked.
    fn asked(&self, what: &str) -> usize {
        self.asked
            .borrow()
            .iter()
            .filter(|asked| asked.starts_with(what))
            .count()
    }

    async fn revoked(&self, settings: &Settings) -> RevocationReport {
        revocation(settings, self).of_mine(run(), &silent, never()).await
    }
}

impl OwnPats for Mine {
    fn signed_in(&self) -> SignedIn {
        signed_in()
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        self.ask("connection").await;
        self.connection.clone()
    }

    async fn list(&self, which: Listed) -> Listing {
        assert_eq!(which, Listed::Active, "nobody needs the others");
        self.ask("list").await;
        let mut active = self.active.clone();
        if let (Ok(ended), false) = (&self.ended, self.ignores_filters) {
            active
                .pats
                .retain(|pat| self.asked("revoke") == 0 || !ended.contains(&pat.authorization_id));
        }
        active
    }
}

impl RevokeOwn for Mine {
    async fn revoke(&self, id: &AuthorizationId) -> Result<Revoked, NotDone> {
        self.in_flight.set(self.in_flight.get() + 1);
        self.most_in_flight
            .set(self.most_in_flight.get().max(self.in_flight.get()));
        self.ask(format!("revoke {id}")).await;
        if matches!(self.answers.get(id), Some(Answer::Hangs)) {
            never().await;
        }
        self.in_flight.set(self.in_flight.get() - 1);
        match self.answers.get(id) {
            None | Some(Answer::Hangs) => Ok(Revoked::Now),
            Some(Answer::Gone) => Ok(Revoked::Gone),
            Some(Answer::GoneOnceMore) => Ok(Revoked::GoneOnceMore),
            Some(Answer::Waits) => {
                sleep(TAKES * 2).await;
                Err(surely(FailureKind::Cancelled))
            }
            Some(Answer::Fails(not_done)) => Err(not_done.clone()),
        }
    }

    async fn ended(&self) -> Result<Vec<AuthorizationId>, Failure> {
        self.ask("ended").await;
        self.ended.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_take_one_request_each_some_at_once_and_are_told_in_the_lists_order() {
    let mine = Mine::of(500);
    let told = RefCell::new(Vec::new());
    let tell = |progress| told.borrow_mut().push(progress);
    let begun = Instant::now();
    let settings = settings(Selection::All);
    let report = revocation(&settings, &mine).of_mine(run(), &tell, never()).await;
    assert_eq!(report.counts.revoked, 500);
    assert_eq!(
        mine.asked.borrow().len(),
        502,
        "connection, list, and one for each"
    );
    assert_eq!(mine.most_in_flight.get(), 8);
    assert_eq!(begun.elapsed(), TAKES * (1 + 500_u32.div_ceil(8)));
    let order: Vec<_> = report
        .pats
        .iter()
        .map(|pat| pat.authorization_id.clone())
        .collect();
    assert_eq!(order, (1..=500).map(id).collect::<Vec<_>>());
    let told = told.into_inner();
    assert_eq!(told.first(), Some(&Progress::Revoking { done: 0, of: 500 }));
    assert_eq!(told.last(), Some(&Progress::Revoking { done: 500, of: 500 }));
    assert_eq!(
        report.organization.signed_in_as.as_deref(),
        Some("ann@acme.example")
    );
    assert_eq!(report.end().exit_code, 0);
}

#[tokio::test(start_paused = true)]
async fn every_one_is_tried_though_some_fail() {
    let mine = Mine::of(4)
        .answering(1, Answer::Fails(surely(FailureKind::Service)))
        .answering(3, Answer::Fails(unclear()));
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(
        outcomes(&report),
        ["1 failed", "2 revoked", "3 failed", "4 revoked"]
    );
    assert_eq!(report.end().exit_code, 4);
    assert!(why(&report, 1).ways_out.is_empty());
    let may_be = &why(&report, 3).ways_out[0];
    assert!(may_be.contains("may have been revoked all the same"), "{may_be}");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_may_not_revoke_is_not_tried_with_every_pat() {
    let mut mine = Mine::of(100);
    for number in 1..=100 {
        mine = mine.answering(number, Answer::Fails(surely(FailureKind::Refused)));
    }
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(mine.asked("revoke"), 8, "those on their way, and none after");
    assert_eq!(report.counts.failed, 100);
    assert_eq!(report.end().exit_code, 3);
    let not_tried = why(&report, 100);
    assert!(not_tried.what.starts_with("Not tried"), "{}", not_tried.what);
    assert!(not_tried.why.as_ref().unwrap().ends_with("It did not work."));
    assert_eq!(not_tried.kind, FailureKind::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_one_pat_keeps_the_others_from_nothing_once_one_was_revoked() {
    let mine = Mine::of(30).answering(2, Answer::Fails(surely(FailureKind::Refused)));
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!((report.counts.revoked, report.counts.failed), (29, 1));
    assert_eq!(report.end().exit_code, 3);
    let first = Mine::of(30).answering(1, Answer::Fails(surely(FailureKind::Refused)));
    let report = first.revoked(&settings(Selection::All)).await;
    assert_eq!(report.counts.revoked, 29, "the others on their way were revoked");
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_not_live_is_gone_only_where_a_list_shows_it() {
    let mut mine = Mine::of(1);
    mine.ended = Ok(vec![id(2)]);
    let report = mine.revoked(&settings(ids([3, 2, 1]))).await;
    assert_eq!(outcomes(&report), ["3 failed", "2 alreadyGone", "1 revoked"]);
    assert_eq!(why(&report, 3).code.as_deref(), Some("unknownId"));
    assert_eq!((report.counts.matched, report.end().exit_code), (2, 4));
    assert_eq!(mine.asked("ended"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_ended_lists_are_not_read_where_every_id_is_live() {
    let mine = Mine::of(3);
    let upper = AuthorizationId::new(id(2).as_str().to_ascii_uppercase());
    let report = mine.revoked(&settings(Selection::Ids(vec![upper]))).await;
    assert_eq!(outcomes(&report), ["2 revoked"]);
    assert_eq!(mine.asked("ended"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_id_is_not_called_unknown_while_the_ended_lists_cannot_be_read() {
    let mut mine = Mine::of(1);
    mine.ended = Err(failure(FailureKind::Service));
    let report = mine.revoked(&settings(ids([1, 2]))).await;
    assert_eq!(outcomes(&report), ["1 revoked", "2 failed"]);
    let why = why(&report, 2).why.as_deref();
    assert_eq!(why, Some("it may be in the part that could not be read"));
    assert_eq!(report.counts.unreadable, 1);
}

#[tokio::test(start_paused = true)]
async fn a_live_pat_that_the_service_does_not_know_is_gone_only_if_its_list_says_so_now() {
    let mut mine = Mine::of(3).answering(1, Answer::Gone).answering(2, Answer::Gone);
    mine.ended = Ok(vec![id(1)]);
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(outcomes(&report), ["1 alreadyGone", "2 failed", "3 revoked"]);
    assert_eq!(report.end().exit_code, 4);
}

#[tokio::test(start_paused = true)]
async fn a_pat_that_is_listed_as_live_is_not_gone_whatever_other_lists_hold() {
    let mut mine = Mine::of(2)
        .answering(1, Answer::Gone)
        .answering(2, Answer::Fails(unclear()));
    mine.ended = Ok(vec![id(1), id(2)]);
    mine.ignores_filters = true;
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(outcomes(&report), ["1 failed", "2 failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_pat_of_which_no_answer_tells_is_revoked_where_its_list_says_so() {
    let mut mine = Mine::of(4)
        .answering(1, Answer::GoneOnceMore)
        .answering(2, Answer::Fails(unclear()))
        .answering(3, Answer::Fails(unclear()))
        .answering(4, Answer::GoneOnceMore);
    mine.ended = Ok(vec![id(1), id(2)]);
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(
        outcomes(&report),
        ["1 revoked", "2 revoked", "3 failed", "4 failed"]
    );
    assert!(report.needs_attention(), "PATs have died");
    assert!(why(&report, 3).ways_out[0].contains("may have been revoked all the same"));
    mine.ended = Err(failure(FailureKind::Service));
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(report.counts.failed, 4);
    assert!(why(&report, 2).ways_out[0].contains("may have been revoked all the same"));
}

#[tokio::test(start_paused = true)]
async fn another_organizations_pat_is_never_asked_to_be_revoked() {
    let mine = Mine::with(vec![pat(1), foreign(2)]);
    let all = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(
        (outcomes(&all), all.counts.elsewhere),
        (vec!["1 revoked".to_owned()], 1)
    );
    let by_id = mine.revoked(&settings(ids([2]))).await;
    assert_eq!(outcomes(&by_id), ["2 failed"]);
    assert_eq!(why(&by_id, 2).code.as_deref(), Some("otherOrganization"));
    assert_eq!(mine.asked("revoke"), 1);
}

#[tokio::test(start_paused = true)]
async fn without_the_account_names_do_not_start_and_ids_do_where_it_was_refused() {
    for kind in [FailureKind::Refused, FailureKind::Service] {
        let mut mine = Mine::of(2);
        mine.connection = Err(failure(kind));
        let named = settings(Selection::Names(vec![Glob::new("ci-*")]));
        let report = mine.revoked(&named).await;
        assert_eq!(
            (report.end().exit_code, mine.asked("revoke")),
            (kind.exit_code(), 0)
        );
        assert!(
            report.sentence().contains("nothing was changed"),
            "{}",
            report.sentence()
        );
        let report = mine.revoked(&settings(ids([2]))).await;
        let (outcome, code, revoked) = match kind {
            FailureKind::Refused => ("2 revoked", 0, 1),
            _ => ("2 failed", 4, 0),
        };
        assert_eq!(
            (outcomes(&report), report.end().exit_code),
            (vec![outcome.to_owned()], code)
        );
        assert_eq!(mine.asked("revoke"), revoked);
        let noted = report.notes.iter().any(|note| note.contains("which account"));
        assert_eq!(noted, code == 0, "{:?}", report.notes);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_agent_knows_of_the_account_stands_in_where_a_pat_names_it() {
    let mut mine = Mine::with(vec![pat(1), foreign(2)]);
    mine.connection = Err(failure(FailureKind::Refused));
    let settings = settings(Selection::All);
    let revocation = Revocation {
        known_account_id: Some(OURS.to_ascii_uppercase()),
        ..revocation(&settings, &mine)
    };
    let report = revocation.of_mine(run(), &silent, never()).await;
    assert_eq!(outcomes(&report), ["1 revoked"]);
}

#[tokio::test(start_paused = true)]
async fn another_number_than_expected_changes_nothing_dry_or_not() {
    for dry_run in [true, false] {
        for (expected, code) in [(1, 2), (3, 2), (2, 0)] {
            let mine = Mine::of(2);
            let mut settings = settings(Selection::All);
            (settings.expect_count, settings.dry_run) = (Some(expected), dry_run);
            let report = mine.revoked(&settings).await;
            assert_eq!(report.end().exit_code, code, "{expected} {dry_run}");
            let done = if code == 0 && !dry_run { 2 } else { 0 };
            assert_eq!(mine.asked("revoke"), done);
            assert_eq!(
                (report.counts.matched, report.pats.len()),
                (2, 2),
                "the list is told"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_expected_number_is_not_believed_where_the_list_could_not_be_read_to_its_end() {
    let mut mine = Mine::of(0);
    mine.active = broken(vec![pat(1)], FailureKind::Service);
    let mut settings = settings(Selection::All);
    settings.expect_count = Some(1);
    let report = mine.revoked(&settings).await;
    assert_eq!((report.end().exit_code, mine.asked("revoke")), (4, 0));
    settings.expect_count = None;
    let report = mine.revoked(&settings).await;
    assert_eq!(
        (report.end().exit_code, report.counts.revoked),
        (4, 1),
        "what was found is revoked"
    );
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_makes_no_difference_once_every_id_is_found() {
    let mut mine = Mine::of(0);
    mine.active = broken(vec![pat(1)], FailureKind::Service);
    let report = mine.revoked(&settings(ids([1]))).await;
    assert_eq!(
        (outcomes(&report), report.end().exit_code),
        (vec!["1 revoked".to_owned()], 0)
    );
    assert_eq!(report.notes.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_list_is_said_once_and_nothing_more_is_asked_for() {
    for selection in [
        ids([1, 2]),
        Selection::Names(vec![Glob::new("*")]),
        Selection::All,
    ] {
        let mut mine = Mine::of(0);
        mine.active = broken(vec![], FailureKind::Refused);
        mine.connection = Err(failure(FailureKind::Refused));
        let report = mine.revoked(&settings(selection)).await;
        assert_eq!(report.end().exit_code, 3);
        assert_eq!(report.unreadable.len(), 1);
        assert_eq!(report.failure, None);
        assert_eq!(mine.asked.borrow().len(), 2, "connection and list");
    }
}

#[tokio::test(start_paused = true)]
async fn patterns_without_a_match_fail_and_say_so_but_for_a_dry_run() {
    let mut settings = settings(Selection::Names(vec![Glob::new("nightly-*")]));
    let mine = Mine::of(2);
    let report = mine.revoked(&settings).await;
    assert_eq!(report.end().exit_code, 2);
    assert!(report.sentence().contains("nightly-*"), "{}", report.sentence());
    settings.dry_run = true;
    let report = mine.revoked(&settings).await;
    assert_eq!(report.end().result, StepResult::Succeeded);
    assert_eq!(report.notes.len(), 1);
    assert_eq!(mine.asked("revoke"), 0);
}

#[tokio::test(start_paused = true)]
async fn all_of_nothing_succeeds() {
    let mine = Mine::of(0);
    let report = mine.revoked(&settings(Selection::All)).await;
    assert_eq!(
        (report.end().result, report.counts.matched),
        (StepResult::Succeeded, 0)
    );
    assert_eq!(report.sentence(), "Revoked no PAT of ann@acme.example.");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_changes_nothing_and_tells_the_list() {
    let mine = Mine::of(3);
    let mut settings = settings(ids([3, 1]));
    settings.dry_run = true;
    let report = mine.revoked(&settings).await;
    assert_eq!(outcomes(&report), ["3 wouldRevoke", "1 wouldRevoke"]);
    assert_eq!(report.end().result, StepResult::SucceededWithIssues);
    assert_eq!(mine.asked("revoke"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_while_it_reads_changes_nothing() {
    let mine = Mine::of(3);
    let settings = settings(Selection::All);
    let begun = Instant::now();
    let report = revocation(&settings, &mine)
        .of_mine(run(), &silent, sleep(TAKES / 2))
        .await;
    assert_eq!(begun.elapsed(), TAKES / 2);
    assert_eq!((report.end().exit_code, mine.asked("revoke")), (130, 0));
    assert!(report.sentence().contains("nothing was changed"));
    assert!(!report.needs_attention(), "who cancels knows it");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_begins_nothing_more_and_says_what_stands() {
    let mine = Mine::of(40).answering(12, Answer::Hangs);
    let settings = settings(Selection::All);
    // The list takes one round. The second eight are on their way then.
    let stop = sleep(TAKES * 2 + TAKES / 2);
    let begun = Instant::now();
    let report = revocation(&settings, &mine).of_mine(run(), &silent, stop).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(mine.asked("revoke"), 16);
    assert_eq!((report.counts.revoked, report.counts.failed), (15, 25));
    assert!(why(&report, 12).what.contains("may have been revoked"));
    assert!(why(&report, 40).what.contains("still live"));
    assert_eq!(report.end().exit_code, 130);
    assert_eq!(
        report.sentence(),
        "The run was cancelled: 24 PATs were not tried. Revoked 15 PATs of ann@acme.example; 25 failed. Of 1 it is \
         not known whether it is revoked: run it again."
    );
    assert!(report.needs_attention(), "some are revoked");
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_its_turn_when_the_run_was_cancelled_is_still_live() {
    let mine = (2..=40).fold(Mine::of(40), |mine, number| mine.answering(number, Answer::Waits));
    let settings = settings(Selection::All);
    let report = revocation(&settings, &mine)
        .of_mine(run(), &silent, sleep(TAKES * 2))
        .await;
    assert!(mine.asked("revoke") < 16, "{}", mine.asked("revoke"));
    assert_eq!((report.counts.revoked, report.end().exit_code), (1, 130));
    for number in 2..=40 {
        assert!(why(&report, number).what.contains("still live"));
    }
    assert_eq!(
        report.sentence(),
        "The run was cancelled: 39 PATs were not tried. Revoked 1 PAT of ann@acme.example; 39 failed."
    );
}
