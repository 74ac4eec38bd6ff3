//! PatAudit over a port that the test owns.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use patkeeper_core::audit::{AuditReport, Event, FailOn, Settings, Span};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::glob::Glob;
use patkeeper_core::organization::Organization;
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_core::report::Run;
use patkeeper_lifecycle::audit::{Target, none_read, read_all};
use patkeeper_lifecycle::ports::{AuditLog, AuditPage};

type Answer = Result<AuditPage, Failure>;
type Asked = (DateTime<Utc>, DateTime<Utc>, Option<String>);

/// A log that answers by the number of the page, and remembers what it was asked.
struct Log<F> {
    answer: F,
    wait: Duration,
    asked: RefCell<Vec<Asked>>,
}

impl<F: Fn(usize) -> Answer> AuditLog for Log<F> {
    fn signed_in(&self) -> SignedIn {
        SignedIn {
            name: Some("auditor@acme.example".into()),
            kind: None,
            how: "access token".into(),
        }
    }

    async fn page(&self, from: DateTime<Utc>, to: DateTime<Utc>, next: Option<&str>) -> Answer {
        if !self.wait.is_zero() {
            tokio::time::sleep(self.wait).await;
        }
        self.asked.borrow_mut().push((from, to, next.map(str::to_owned)));
        let number = self.asked.borrow().len();
        (self.answer)(number)
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-21T08:00:00.25Z".parse().unwrap()
}

fn settings() -> Settings {
    Settings {
        span: Span::Days(30),
        actions: vec![Glob::new("Token.*")],
        actors: vec![],
        fail_on: FailOn::Leaked,
    }
}

fn run() -> Run {
    Run {
        task: "PatAudit".into(),
        at: now(),
        requests: 1,
        link: None,
        pipeline: None,
    }
}

fn page(number: usize, next: Option<String>) -> Answer {
    let event = Event {
        action: "Token.PatCreateEvent".into(),
        at: "2026-11-20T08:00:00Z".parse().unwrap(),
        id: Some(number.to_string()),
        actor_upn: Some("ann@acme.example".into()),
        actor_name: None,
        actor_id: None,
        ip_address: None,
        user_agent: None,
        mechanism: None,
        details: None,
        category: None,
        data: BTreeMap::new(),
    };
    Ok(AuditPage {
        events: vec![event],
        unreadable: vec![],
        next,
    })
}

fn acme() -> Organization {
    Organization::parse("acme").unwrap()
}

async fn read_slowly(wait: Duration, answer: impl Fn(usize) -> Answer) -> (AuditReport, Vec<Asked>) {
    let log = Log {
        answer,
        wait,
        asked: RefCell::default(),
    };
    let targets = [Target {
        organization: acme(),
        log,
    }];
    let report = read_all(&targets, &settings(), now()).await.report(run());
    let [target] = targets;
    (report, target.log.asked.into_inner())
}

async fn read(answer: impl Fn(usize) -> Answer) -> (AuditReport, Vec<Asked>) {
    read_slowly(Duration::ZERO, answer).await
}

fn continued(asked: &[Asked]) -> Vec<Option<&str>> {
    asked.iter().map(|(_, _, next)| next.as_deref()).collect()
}

#[tokio::test]
async fn each_page_is_asked_for_with_the_continuation_of_the_one_before_and_the_same_span() {
    let (report, asked) = read(|number| page(number, (number < 3).then(|| format!("after {number}")))).await;
    assert_eq!(report.totals.created, 3);
    assert_eq!(report.organizations[0].read, 3);
    assert_eq!(
        report.organizations[0].signed_in_as.as_deref(),
        Some("auditor@acme.example")
    );
    assert_eq!(continued(&asked), [None, Some("after 1"), Some("after 2")]);
    for (from, to, _) in asked {
        assert_eq!(from.to_rfc3339(), "2026-10-22T08:00:00+00:00");
        assert_eq!(to.to_rfc3339(), "2026-11-21T08:00:00+00:00");
    }
}

#[tokio::test]
async fn a_page_without_entries_is_not_the_end_where_the_service_names_a_next_one() {
    let (report, _) = read(|number| match number {
        1 => Ok(AuditPage {
            next: Some("more".into()),
            ..AuditPage::default()
        }),
        number => page(number, None),
    })
    .await;
    assert_eq!((report.totals.created, report.unreadable.len()), (1, 0));
}

#[tokio::test]
async fn what_came_before_a_failure_is_kept_and_the_failure_is_told_once() {
    let (report, asked) = read(|number| {
        if number < 3 {
            page(number, Some(number.to_string()))
        } else {
            Err(Failure::new(FailureKind::Refused, "no"))
        }
    })
    .await;
    assert_eq!((report.totals.created, asked.len()), (2, 3));
    assert_eq!(report.unreadable.len(), 1);
    assert_eq!(report.unreadable[0].what, "the audit log of acme, from page 3 on");
    assert_eq!(report.end().exit_code, 3);
}

#[tokio::test]
async fn a_continuation_that_comes_again_does_not_loop() {
    let (report, asked) = read(|number| page(number, Some("same".into()))).await;
    assert_eq!(asked.len(), 2);
    assert_eq!(report.totals.created, 2);
    assert_eq!(report.unreadable[0].failure.code.as_deref(), Some("endlessList"));
    assert_eq!(report.unreadable[0].what, "the audit log of acme, from page 3 on");
}

#[tokio::test]
async fn pages_without_end_do_not_loop() {
    let (report, asked) = read(|number| page(number, Some(number.to_string()))).await;
    assert_eq!(asked.len(), 20_000);
    assert_eq!(report.totals.created, 20_000);
    assert_eq!(report.unreadable.len(), 1);
}

#[tokio::test]
async fn empty_pages_without_end_are_given_up_sooner_and_are_no_empty_log() {
    let (report, asked) = read(|number| {
        Ok(AuditPage {
            next: Some(number.to_string()),
            ..AuditPage::default()
        })
    })
    .await;
    assert_eq!(asked.len(), 1_000);
    assert_eq!(report.unreadable.len(), 1);
    assert!(report.notes.is_empty(), "{:?}", report.notes);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_makes_everybody_wait_is_given_up_in_time_and_what_came_counts() {
    let minute = Duration::from_secs(60) + Duration::from_millis(1);
    let (report, asked) = read_slowly(minute, |number| page(number, Some(number.to_string()))).await;
    assert_eq!(asked.len(), 39);
    assert_eq!(report.totals.created, 39);
    assert_eq!(
        report.unreadable[0].what,
        "the audit log of acme, from page 40 on"
    );
    assert_eq!(report.unreadable[0].failure.code.as_deref(), Some("slowList"));
    assert_eq!(report.end().exit_code, 4);
}

#[tokio::test]
async fn entries_that_are_not_understood_fail_the_step_named_up_to_a_bound() {
    let (report, _) = read(|number| {
        let entry = |entry| Unreadable {
            what: format!("entry {entry} of page {number}"),
            failure: Failure::new(FailureKind::Service, "It has no time."),
        };
        let mut page = page(number, (number < 3).then(|| number.to_string()))?;
        page.unreadable = (0..600).map(entry).collect();
        Ok(page)
    })
    .await;
    assert_eq!(report.totals.created, 3);
    assert_eq!(
        (report.unreadable.len(), report.totals.unreadable),
        (1_000, 1_800)
    );
    assert_eq!(report.end().exit_code, 4);
    assert_eq!(
        report.notes,
        ["acme: 800 more things could not be read than are named."]
    );
}

#[tokio::test]
async fn one_organization_that_cannot_be_read_keeps_no_other_from_it() {
    let target = |name: &str, works: bool| Target {
        organization: Organization::parse(name).unwrap(),
        log: Log {
            answer: move |number| {
                if works {
                    page(number, None)
                } else {
                    Err(Failure::new(FailureKind::Service, "no"))
                }
            },
            wait: Duration::ZERO,
            asked: RefCell::default(),
        },
    };
    let targets = [target("acme", false), target("acme-labs", true)];
    let report = read_all(&targets, &settings(), now()).await.report(run());
    assert_eq!(report.totals.created, 1);
    assert_eq!(report.unreadable[0].what, "the audit log of acme");
    let names: Vec<_> = report.organizations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["acme", "acme-labs"]);
}

#[test]
fn where_nobody_could_sign_in_no_log_is_read_for_that_one_reason() {
    let labs = Organization::parse("acme-labs").unwrap();
    let failure = Failure::new(FailureKind::Refused, "no token");
    let report = none_read(&[acme(), labs], &failure, &settings(), now()).report(run());
    assert_eq!((report.totals.unreadable, report.end().exit_code), (2, 3));
    assert!(report.unreadable.iter().all(|entry| entry.failure == failure));
    assert_eq!(report.organizations[0].sign_in, "");
    assert!(report.notes.is_empty(), "nothing is said of what nobody has seen");
}
