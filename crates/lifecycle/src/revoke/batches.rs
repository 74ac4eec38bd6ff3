//! Revoking anybody's PATs: many in one request, which the service takes or refuses as a whole.

use std::future::Future;
use std::ops::Range;

use patkeeper_core::failure::FailureKind;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::revocation::{RevocationReport, Tried};

use super::stop::{Stop, left_under_way, not_tried};
use super::{Luck, Progress, Revocation};
use crate::ports::{NotDone, RevokeAnyones};

/// The most ids in one request. What the service takes is not documented.
const MOST: usize = 500;

/// So many requests refused in a row are not the fault of single PATs.
const FRUITLESS: u32 = 64;

/// Failures that no single PAT is to blame for: rate limits, and no connection.
const NO_CULPRIT: [&str; 5] = ["TF400733", "noConnection", "proxy", "proxySignIn", "certificate"];

pub(super) async fn revoke<P: RevokeAnyones>(
    revocation: &Revocation<'_, P>,
    report: &mut RevocationReport,
    tell: &dyn Fn(Progress),
    stop: &mut Stop<'_, impl Future<Output = ()>>,
) {
    let (places, ids): (Vec<usize>, Vec<AuthorizationId>) = report.to_revoke().into_iter().unzip();
    let of = ids.len();
    let mut waiting: Vec<Range<usize>> = (0..of)
        .step_by(MOST)
        .map(|from| from..of.min(from + MOST))
        .rev()
        .collect();
    let mut luck = Luck::default();
    let mut fruitless = 0;
    let mut done = 0;
    tell(Progress::Revoking { done, of });
    while !stop.is_asked() && !luck.is_out() {
        let Some(range) = waiting.pop() else {
            break;
        };
        let batch = ids.get(range.clone()).unwrap_or_default();
        let tried = match stop.or_late(revocation.pats.revoke_all(batch)).await {
            Some(Ok(())) => {
                luck.succeeded = true;
                fruitless = 0;
                Tried::Revoked
            }
            Some(Err(not_done)) if is_of_one(&not_done) && batch.len() > 1 && fruitless < FRUITLESS => {
                fruitless += 1;
                let middle = range.start + batch.len() / 2;
                waiting.extend([middle..range.end, range.start..middle]);
                continue;
            }
            Some(Err(not_done)) => {
                fruitless += 1;
                luck.failed(not_done)
            }
            None => left_under_way(),
        };
        done += batch.len();
        for place in places.get(range).unwrap_or_default() {
            report.tried(*place, tried.clone());
        }
        tell(Progress::Revoking { done, of });
    }
    let left: Vec<usize> = waiting
        .into_iter()
        .rev()
        .flat_map(|range| places.get(range).unwrap_or_default().iter().copied())
        .collect();
    if luck.succeeded {
        report.notes.push(
            "The service has taken the ids. It may take up to an hour until every part of it refuses these PATs."
                .to_owned(),
        );
    }
    not_tried(report, &left, luck.refusal, stop.is_asked());
}

/// Whether one PAT may be the reason for the refusal of all.
fn is_of_one(not_done: &NotDone) -> bool {
    let code = not_done.failure.code.as_deref();
    !not_done.unclear
        && not_done.failure.kind == FailureKind::Service
        && !code.is_some_and(|code| NO_CULPRIT.contains(&code))
}
