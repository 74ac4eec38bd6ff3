//! Revoking one's own PATs: a request for each, some at once.

use std::collections::BTreeSet;
use std::future::Future;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::revocation::{RevocationReport, Tried};

use super::stop::{Stop, left_under_way, not_tried};
use super::{Luck, Progress, Revocation};
use crate::ports::{OwnPats, RevokeOwn, Revoked};

pub(super) async fn revoke<P: OwnPats + RevokeOwn>(
    revocation: &Revocation<'_, P>,
    report: &mut RevocationReport,
    tell: &dyn Fn(Progress),
    stop: &mut Stop<'_, impl Future<Output = ()>>,
) {
    let wanted = report.to_revoke();
    let of = wanted.len();
    let mut waiting = wanted.iter();
    let mut under_way = FuturesUnordered::new();
    let mut open: BTreeSet<usize> = BTreeSet::new();
    let mut luck = Luck::default();
    let mut gone: Vec<(usize, AuthorizationId, Tried)> = Vec::new();
    let mut done = 0;
    tell(Progress::Revoking { done, of });
    loop {
        while under_way.len() < revocation.parallelism.max(1) && !stop.is_asked() && !luck.is_out() {
            let Some((place, id)) = waiting.next() else {
                break;
            };
            open.insert(*place);
            under_way.push(async move { (*place, id, revocation.pats.revoke(id).await) });
        }
        let Some(Some((place, id, came))) = stop.or_late(under_way.next()).await else {
            break;
        };
        open.remove(&place);
        match came {
            Ok(Revoked::Now) => {
                luck.succeeded = true;
                report.tried(place, Tried::Revoked);
            }
            Ok(Revoked::Gone) => gone.push((place, id.clone(), Tried::Gone)),
            Ok(Revoked::GoneOnceMore) => gone.push((place, id.clone(), Tried::Revoked)),
            Err(not_done) => report.tried(place, luck.failed(not_done)),
        }
        done += 1;
        tell(Progress::Revoking { done, of });
    }
    for place in open {
        report.tried(place, left_under_way());
    }
    let left: Vec<usize> = waiting.map(|(place, _)| *place).collect();
    vanished(revocation, report, gone, stop).await;
    not_tried(report, &left, luck.refusal, stop.is_asked());
}

/// The list had them, and now the service says that there are no such PATs. Only its own list proves that they are
/// gone; `tried` is what each has come to then.
async fn vanished<P: OwnPats + RevokeOwn>(
    revocation: &Revocation<'_, P>,
    report: &mut RevocationReport,
    gone: Vec<(usize, AuthorizationId, Tried)>,
    stop: &mut Stop<'_, impl Future<Output = ()>>,
) {
    if gone.is_empty() {
        return;
    }
    let ended = match stop.or(revocation.pats.ended()).await {
        Some(ended) => ended.map(BTreeSet::from_iter),
        None => Ok(BTreeSet::new()),
    };
    for (place, id, tried) in gone {
        let tried = match &ended {
            Ok(ended) if ended.contains(&id) => tried,
            Ok(_) => Tried::Failed(Box::new(contradiction(&id))),
            Err(failure) => Tried::Failed(Box::new(failure.clone())),
        };
        report.tried(place, tried);
    }
}

fn contradiction(id: &AuthorizationId) -> Failure {
    let what = format!("Azure DevOps lists the PAT {id} as live, and says that there is none to revoke.");
    Failure::new(FailureKind::Service, what)
        .with_code("SessionTokenNotFoundException")
        .with_way_out("run it again, and see whether it is still listed")
}
