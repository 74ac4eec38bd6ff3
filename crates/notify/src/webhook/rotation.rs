//! The document of a rotation.

use patkeeper_core::report::{Run, Tool};
use patkeeper_core::rotation::{Fate, Other, RotationReport};
use serde_json::{Value, json};

use super::{LONGEST, failure, fill, frame, id, most, sentences};
use crate::digest::{cut, name};

pub(super) fn document(report: &RotationReport, run: &Run, sentence: &str) -> Value {
    let (others, others_left_out) = most(report.others.iter().map(other));
    let unrecorded = report
        .unrecorded
        .iter()
        .map(|(unrecorded, called)| json!({"authorizationId": id(unrecorded), "displayName": name(called)}));
    let (unrecorded, unrecorded_left_out) = most(unrecorded);
    let (warnings, warnings_left_out) = sentences(&report.warnings);
    let record = report.record.as_ref();
    let previous = report.previous.as_ref();
    let mut document = frame(run, &Tool::this(), sentence);
    fill(
        &mut document,
        json!({
            "status": status(report),
            "organizations": [name(report.organization.name())],
            "rotation": {
                "name": name(&report.name),
                "store": name(&report.store),
                "secret": name(&report.secret),
                "dryRun": report.dry_run,
                "rotated": report.rotated,
                "extended": report.extended,
                "reason": cut(&report.reason, LONGEST),
                "authorizationId": record.map(|record| id(&record.id)),
                "displayName": record.map(|record| name(&record.display_name)),
                "scopes": record.map(|record| cut(&record.scopes.to_string(), LONGEST)),
                "validTo": record.map(|record| record.valid_to),
                "version": report.version.as_deref().map(|version| cut(version, 100)),
                "nextRotationDue": report.next_due,
                "previousAuthorizationId": previous.map(|previous| id(&previous.id)),
                "previousRevoked": previous.map(|previous| previous.revoked),
                "others": others,
                "unrecorded": unrecorded,
                "warnings": warnings,
                "failure": report.failure.as_ref().map(failure),
            },
            "leftOut": {
                "others": others_left_out,
                "unrecorded": unrecorded_left_out,
                "warnings": warnings_left_out,
            },
        }),
    );
    document
}

/// The mildest first: `notDue`, `revoked` (nothing but an old PAT), `extended`, `rotated`, `failed`.
fn status(report: &RotationReport) -> &'static str {
    match report {
        _ if report.failure.is_some() => "failed",
        _ if report.rotated => "rotated",
        _ if report.extended => "extended",
        _ if report.revoked().next().is_some() => "revoked",
        _ => "notDue",
    }
}

fn other(other: &Other) -> Value {
    let (fate, until) = match &other.fate {
        Fate::Revoked => ("revoked", None),
        Fate::Ended => ("ended", None),
        Fate::Unseen => ("unseen", None),
        Fate::Waits { until } => ("waits", Some(until)),
        Fate::Overdue => ("overdue", None),
        Fate::OthersOwn { .. } => ("othersOwn", None),
    };
    json!({
        "authorizationId": id(&other.id),
        "displayName": other.name.as_deref().map(name),
        "fate": fate,
        "validUntil": until,
    })
}
