//! The process is killed before or after a request, or while what it has asked for is still on its way.

use std::sync::Arc;

use patkeeper_sim::{Action, Fault, Passage, Side};

use patkeeper_tests::world::at_once;

use crate::chain::{Finder, Link, chain};
use crate::company::{Again, Company, Killer, Stage};
use crate::table;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// What it asked for is never done.
    Before,
    /// It is done, and the process does not learn so.
    After,
    /// It is done only once the job has been run again.
    Late,
}

impl When {
    fn column(self) -> &'static str {
        match self {
            Self::Before => "killed before",
            Self::After => "killed after",
            Self::Late => "lands late",
        }
    }
}

fn killed(stage: Stage, link: &Link, when: When, again: Again) -> String {
    let company = Arc::new(Company::new(stage));
    if when == When::Late {
        company
            .sim()
            .fault(Fault::once(link.matching(), Action::HoldBack));
    }
    let (killer, mut finder) = (Killer::default(), Finder::new(link));
    let side = if when == When::After {
        Side::After
    } else {
        Side::Before
    };
    let aimed = killer.clone();
    let violations = company.watch(move |at| {
        if !finder.is_at(at) || at.side != side {
            return Passage::Go;
        }
        aimed.kill();
        if when == When::Late {
            Passage::Go
        } else {
            Passage::Cut
        }
    });
    let process = company.spawn(&company.environment);
    killer.aim(&process);
    let ended = process.wait();
    violations.assert_none();
    assert_eq!(ended.code, None, "it was not killed:\n{}", ended.log);
    company.assert_safe();
    company.assert_kept(&ended.log);
    if when == When::Late {
        return lands_late(&company);
    }
    company.settle(again).to_string()
}

/// What was on its way lands after the next run, in the time that the dead run's lock gives it.
fn lands_late(company: &Arc<Company>) -> String {
    company.run_again(Again::NextAttempt);
    company.sim().let_land();
    company.assert_safe();
    (1 + company.settle(Again::AnotherBuild)).to_string()
}

fn everywhere(stage: Stage) {
    let mut cases = Vec::new();
    for link in chain(stage) {
        for again in [Again::NextAttempt, Again::AnotherBuild] {
            cases.extend([When::Before, When::After].map(|when| (link, when, again)));
        }
        if link.changes() {
            cases.push((link, When::Late, Again::NextAttempt));
        }
    }
    at_once(&cases, 6, |(link, when, again)| {
        let place = usize::from(*again == Again::AnotherBuild);
        table::case(stage, link, (when.column(), place), || {
            killed(stage, link, *when, *again)
        });
    });
    table::assert_no_failure(&format!("{}, ", stage.words()));
}

#[test]
fn a_due_rotation_killed_at_any_request_is_finished_by_the_next_runs() {
    everywhere(Stage::Due);
}

#[test]
fn a_run_that_revokes_what_was_replaced_killed_at_any_request_is_finished_by_the_next_runs() {
    everywhere(Stage::Overlap);
}

#[test]
fn a_first_rotation_killed_at_any_request_is_finished_by_the_next_runs() {
    everywhere(Stage::First);
}
