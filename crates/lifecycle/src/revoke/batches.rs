//! Revoking anybody's PATs: many in one request, which the service takes or refuses as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::ops::Range;

use patkeeper_core::failure::FailureKind;
use patkeeper_core::owner::Owner;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::revocation::{RevocationReport, Tried};

use super::stop::{Stop, left_under_way, not_tried};
use super::{Luck, Progress, Revocation, is_not_begun};
use crate::ports::{EveryonesPats, NotDone, RevokeAnyones};

/// The most ids in one request. What the service takes is not documented.
const MOST: usize = 500;

/// So many requests refused in a row are not the fault of single PATs.
const FRUITLESS: u32 = 64;

/// Failures that no single PAT is to blame for: rate limits, and no connection.
const NO_CULPRIT: [&str; 5] = ["TF400733", "noConnection", "proxy", "proxySignIn", "certificate"];

/// So many owners are asked again whether their PATs are revoked, where the answers do not tell.
const REREAD: usize = 16;

pub(super) async fn revoke<P: EveryonesPats + RevokeAnyones>(
    revocation: &Revocation<'_, P>,
    whose: &BTreeMap<AuthorizationId, Owner>,
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
    let mut unclear: Vec<usize> = Vec::new();
    let mut cancelled = false;
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
            Some(Err(not_done)) if is_not_begun(&not_done) => {
                waiting.push(range);
                cancelled = true;
                break;
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
        if matches!(tried, Tried::Unclear(_)) {
            unclear.extend(range.clone());
        }
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
    let unclear = unclear
        .into_iter()
        .filter_map(|at| Some((*places.get(at)?, ids.get(at)?)));
    luck.succeeded |= settle(revocation, whose, report, unclear.collect(), stop).await;
    if luck.succeeded {
        report.notes.push(
            "The service has taken the ids. It may take up to an hour until every part of it refuses these PATs."
                .to_owned(),
        );
    }
    not_tried(report, &left, luck.refusal, cancelled || stop.is_asked());
}

/// Looks whether PATs are revoked of which no answer has told; whether any is. They were listed as live, so it was this
/// run.
async fn settle<P: EveryonesPats>(
    revocation: &Revocation<'_, P>,
    whose: &BTreeMap<AuthorizationId, Owner>,
    report: &mut RevocationReport,
    unclear: BTreeMap<usize, &AuthorizationId>,
    stop: &mut Stop<'_, impl Future<Output = ()>>,
) -> bool {
    let owners = unclear.values().filter_map(|id| whose.get(*id));
    let owners: BTreeMap<&str, &Owner> = owners.map(|owner| (owner.descriptor.as_str(), owner)).collect();
    let mut revoked = BTreeSet::new();
    for owner in owners.into_values().take(REREAD) {
        match stop.or(revocation.pats.pats_of(owner)).await {
            Some(pats) if pats.listing.unreadable.is_empty() => revoked.extend(pats.revoked),
            // Where one does not answer, others will not.
            _ => break,
        }
    }
    let mut any = false;
    for (place, _) in unclear.into_iter().filter(|(_, id)| revoked.contains(*id)) {
        report.tried(place, Tried::Revoked);
        any = true;
    }
    any
}

/// Whether one PAT may be the reason for the refusal of all.
fn is_of_one(not_done: &NotDone) -> bool {
    let code = not_done.failure.code.as_deref();
    !not_done.unclear
        && not_done.failure.kind == FailureKind::Service
        && !code.is_some_and(|code| NO_CULPRIT.contains(&code))
}
