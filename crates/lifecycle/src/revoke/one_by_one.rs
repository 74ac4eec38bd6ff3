//! Revoking one's own PATs: a request for each, some at once.

use std::collections::BTreeSet;
use std::future::Future;

use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream::FuturesUnordered;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::pat::{AuthorizationId, Listed};
use patkeeper_core::revocation::{RevocationReport, Tried};

use super::stop::{Stop, left_under_way, not_tried};
use super::{Luck, Progress, Revocation, is_not_begun};
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
    let mut gone: Vec<Vanished<'_>> = Vec::new();
    let mut left: Vec<usize> = Vec::new();
    let mut cancelled = false;
    let mut done = 0;
    tell(Progress::Revoking { done, of });
    loop {
        while under_way.len() < revocation.parallelism.max(1)
            && !cancelled
            && !stop.is_asked()
            && !luck.is_out()
        {
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
            Ok(Revoked::Gone) => gone.push((place, id, Tried::Gone, None)),
            Ok(Revoked::GoneOnceMore) => gone.push((place, id, Tried::Revoked, None)),
            Err(not_done) if is_not_begun(&not_done) => {
                left.push(place);
                cancelled = true;
                continue;
            }
            Err(not_done) if not_done.unclear => {
                gone.push((place, id, Tried::Revoked, Some(luck.failed(not_done))));
            }
            Err(not_done) => report.tried(place, luck.failed(not_done)),
        }
        done += 1;
        tell(Progress::Revoking { done, of });
    }
    for place in open {
        report.tried(place, left_under_way());
    }
    left.extend(waiting.map(|(place, _)| *place));
    vanished(revocation, report, gone, stop).await;
    not_tried(report, &left, luck.refusal, cancelled || stop.is_asked());
}

/// A PAT that may be revoked: its place, what it has come to where that is proven, and what is said where it is not.
/// Nothing is said of one that the service has just listed, and now does not know.
type Vanished<'a> = (usize, &'a AuthorizationId, Tried, Option<Tried>);

/// Only the service's own lists prove that PATs are gone: those of the ended ones that show them, and that of the live
/// ones that does not, lest a filter be ignored.
async fn vanished<P: OwnPats + RevokeOwn>(
    revocation: &Revocation<'_, P>,
    report: &mut RevocationReport,
    gone: Vec<Vanished<'_>>,
    stop: &mut Stop<'_, impl Future<Output = ()>>,
) {
    if gone.is_empty() {
        return;
    }
    let lists = join(revocation.pats.ended(), revocation.pats.list(Listed::Active));
    let ended = match stop.or(lists).await {
        Some((ended, active)) => ended.map(|ended| {
            let mut ended = BTreeSet::from_iter(ended);
            for pat in active.pats {
                ended.remove(&pat.authorization_id);
            }
            ended
        }),
        None => Ok(BTreeSet::new()),
    };
    for (place, id, proven, unproven) in gone {
        let tried = match (&ended, unproven) {
            (Ok(ended), _) if ended.contains(id) => proven,
            (_, Some(unproven)) => unproven,
            (Ok(_), None) => Tried::Failed(Box::new(contradiction(id))),
            (Err(failure), None) => Tried::Failed(Box::new(failure.clone())),
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
