//! Revocations over ports that the tests own.

mod everyone;
mod mine;

use std::future::pending;
use std::time::Duration;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::reading::{SignedIn, Unreadable};
use patkeeper_core::report::Run;
use patkeeper_core::revocation::{RevocationReport, Selection, Settings, Whose};
use patkeeper_core::scope::ScopeSet;

use super::{Progress, Revocation};
use crate::ports::{Connection, Listing, NotDone};

const OURS: &str = "0a0a0a0a-0000-4000-8000-000000000000";
const OTHERS: &str = "0b0b0b0b-0000-4000-8000-000000000000";

/// How long each request takes, in the clock of the tests.
const TAKES: Duration = Duration::from_millis(20);

fn id(number: u32) -> AuthorizationId {
    AuthorizationId::new(format!("{number:08x}-0000-4000-8000-000000000000"))
}

fn ids(numbers: impl IntoIterator<Item = u32>) -> Selection {
    Selection::Ids(numbers.into_iter().map(id).collect())
}

fn pat(number: u32) -> Pat {
    Pat {
        authorization_id: id(number),
        display_name: format!("ci-{number}"),
        scopes: ScopeSet::parse("vso.code"),
        valid_from: "2026-09-01T08:00:00Z".parse().unwrap(),
        valid_to: "2026-12-20T08:00:00Z".parse().unwrap(),
        reach: Reach::Organizations(vec![OURS.to_owned()]),
        listed: Listed::Active,
    }
}

fn foreign(number: u32) -> Pat {
    Pat {
        reach: Reach::Organizations(vec![OTHERS.to_owned()]),
        ..pat(number)
    }
}

fn settings(selection: Selection) -> Settings {
    Settings {
        organization: Organization::parse("acme").unwrap(),
        whose: Whose::Mine,
        selection,
        dry_run: false,
        expect_count: None,
        reason: None,
    }
}

fn connected() -> Result<Connection, Failure> {
    Ok(Connection {
        account_id: Some(OURS.to_owned()),
        identity: Some("ann@acme.example".to_owned()),
    })
}

fn signed_in() -> SignedIn {
    SignedIn {
        name: None,
        kind: None,
        how: "access token".to_owned(),
    }
}

fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, "It did not work.").with_code("badRequest")
}

/// A list of which nothing, or the rest, could not be read.
fn broken(pats: Vec<Pat>, kind: FailureKind) -> Listing {
    Listing {
        pats,
        unreadable: vec![Unreadable {
            what: "the PATs, from some page on".to_owned(),
            failure: failure(kind),
        }],
    }
}

fn run() -> Run {
    Run {
        task: "PatRevoke".to_owned(),
        at: "2026-11-21T08:00:00Z".parse().unwrap(),
        requests: 0,
        link: None,
        pipeline: None,
    }
}

fn revocation<'a, P>(settings: &'a Settings, pats: &'a P) -> Revocation<'a, P> {
    Revocation {
        settings,
        pats,
        known_account_id: None,
        parallelism: 8,
    }
}

/// The outcome of each, in the report's order: `1 revoked`.
fn outcomes(report: &RevocationReport) -> Vec<String> {
    let number = |id: &AuthorizationId| u32::from_str_radix(&id.as_str()[..8], 16).unwrap();
    let outcome = |pat: &patkeeper_core::revocation::RevokedPat| {
        format!("{} {}", number(&pat.authorization_id), pat.outcome.as_str())
    };
    report.pats.iter().map(outcome).collect()
}

/// Why this one failed.
fn why(report: &RevocationReport, number: u32) -> &Failure {
    let pat = report
        .pats
        .iter()
        .find(|pat| pat.authorization_id == id(number))
        .unwrap();
    pat.failure.as_ref().unwrap()
}

fn silent(_: Progress) {}

/// Nobody stops the run.
async fn never() {
    pending().await
}

fn surely(kind: FailureKind) -> NotDone {
    NotDone::surely(failure(kind))
}

fn unclear() -> NotDone {
    NotDone {
        failure: failure(FailureKind::Service),
        unclear: true,
    }
}
