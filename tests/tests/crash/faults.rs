//! One thing goes wrong, once, at one request.

use std::sync::Arc;

use patkeeper_sim::{Action, Fault, Passage};

use patkeeper_tests::world::at_once;

use crate::chain::{Link, chain};
use crate::company::{Again, Company, Stage};
use crate::table;

/// What goes wrong, by column.
fn faults() -> Vec<(&'static str, Action)> {
    let gateway = |status, processed, retry_after| Action::Status {
        status,
        processed,
        retry_after,
    };
    vec![
        ("reset", Action::ResetBefore),
        ("reset after", Action::ResetAfter),
        ("429", gateway(429, false, Some(1))),
        ("500", gateway(500, false, None)),
        ("500 after", gateway(500, true, None)),
        ("503", gateway(503, false, None)),
        ("sign-in page", gateway(203, false, None)),
        ("cut short", Action::Truncate(20)),
        ("no JSON", Action::GarbageJson),
        ("wrong type", Action::ContentType("text/html".to_owned())),
        ("401", gateway(401, false, None)),
        ("403", gateway(403, false, None)),
    ]
}

fn struck(stage: Stage, link: &Link, action: &Action) -> String {
    let company = Arc::new(Company::new(stage));
    company.sim().fault(Fault::once(link.matching(), action.clone()));
    let violations = company.watch(|_| Passage::Go);
    let ended = company.spawn(&company.environment).wait();
    violations.assert_none();
    let met = company.sim().log().iter().any(|request| request.fault.is_some());
    assert!(met, "the fault was never met:\n{}", ended.log);
    company.assert_safe();
    company.assert_kept(&ended.log);
    let code = ended.code.unwrap_or(-1);
    assert!(
        [0, 2, 3, 4, 5].contains(&code),
        "exit code {code}:\n{}",
        ended.log
    );
    let result = if code == 0 { "Succeeded" } else { "Failed" };
    assert!(
        ended
            .log
            .contains(&format!("##vso[task.complete result={result}")),
        "exit code {code}:\n{}",
        ended.log
    );
    if code == 0 {
        company.assert_settled();
    }
    company.settle(Again::NextAttempt);
    code.to_string()
}

#[test]
fn whatever_goes_wrong_once_the_step_fails_or_succeeds_and_the_next_run_settles_it() {
    let faults = faults();
    let mut cases = Vec::new();
    for stage in Stage::ROTATIONS {
        for link in chain(stage)
            .iter()
            .filter(|link| stage == Stage::Due || link.changes())
        {
            cases.extend(
                faults
                    .iter()
                    .map(|(column, action)| (stage, link, *column, action)),
            );
        }
    }
    at_once(&cases, 12, |(stage, link, column, action)| {
        table::case(*stage, link, (column, 0), || struck(*stage, link, action));
    });
    for (column, _) in &faults {
        table::assert_no_failure(&format!(", {column}: "));
    }
}
