//! Documents as steps leave them.

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::glob::Glob;
use patkeeper_core::judge::{FailOn, FailOnPolicy, Judging, MonitorSettings, Scope, judge};
use patkeeper_core::organization::Organization;
use patkeeper_core::owner::{Owner, SubjectDescriptor};
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::policy::{Policy, PolicyInputs};
use patkeeper_core::reading::{OrganizationReading, SignedIn, Unreadable};
use patkeeper_core::render::json;
use patkeeper_core::report::{MergedEntry, Report, Run};
use patkeeper_core::scope::ScopeSet;
use patkeeper_core::slice::Slice;
use patkeeper_core::time;
use serde_json::{Value, json};

/// When steps judge.
pub(crate) fn judged_at() -> DateTime<Utc> {
    at("2026-11-22T08:00:00Z")
}

/// When pages are looked at.
pub(crate) fn now() -> DateTime<Utc> {
    at("2026-11-22T10:30:00Z")
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    time::parse(text).unwrap()
}

/// A PAT of 60 days that ends so many days from now.
pub(crate) fn pat(number: u32, name: &str, scopes: &str, left: i64) -> Pat {
    let valid_to = judged_at() + TimeDelta::days(left) + TimeDelta::hours(1);
    Pat {
        authorization_id: AuthorizationId::new(id(number)),
        display_name: name.to_owned(),
        scopes: ScopeSet::parse(scopes),
        valid_from: (judged_at() - TimeDelta::hours(1)).min(valid_to - TimeDelta::days(60)),
        valid_to,
        reach: Reach::Organizations(vec!["acme-id".to_owned()]),
        listed: if left < 0 { Listed::Expired } else { Listed::Active },
    }
}

pub(crate) fn id(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

pub(crate) fn reading(organization: &str, pats: Vec<Pat>) -> OrganizationReading {
    OrganizationReading {
        organization: Organization::parse(organization).unwrap(),
        account_id: None,
        signed_in: SignedIn {
            name: Some("svc-build@acme.example".to_owned()),
            kind: None,
            how: "refresh token".to_owned(),
        },
        pats,
        unreadable: Vec::new(),
        notes: Vec::new(),
    }
}

pub(crate) fn unread(what: &str) -> Unreadable {
    let failure = Failure::new(FailureKind::Refused, "Azure DevOps refused to list PATs.")
        .with_code("TF400813")
        .with_why("the token may not list them")
        .with_way_out("sign in as a user who may (docs/sign-in.md)")
        .with_service_words("\"Not today.\" (HTTP 403)");
    Unreadable {
        what: what.to_owned(),
        failure,
    }
}

pub(crate) fn settings() -> MonitorSettings {
    MonitorSettings {
        names: Vec::new(),
        require_names: Vec::new(),
        warning_days: 30,
        critical_days: 7,
        expired_within_days: 30,
        fail_on: FailOn::Expired,
        fail_on_policy: FailOnPolicy::Never,
        policy: Policy::default(),
    }
}

/// Without the notices that many PATs have.
pub(crate) fn quiet() -> MonitorSettings {
    with_policy("version: 1\nrules:\n  high-risk-scope: { severity: off }\n")
}

pub(crate) fn with_policy(file: &str) -> MonitorSettings {
    MonitorSettings {
        policy: Policy::load(Some(file), &PolicyInputs::default()).unwrap(),
        ..settings()
    }
}

pub(crate) fn globs(patterns: &[&str]) -> Vec<Glob> {
    patterns.iter().map(|&pattern| Glob::new(pattern)).collect()
}

fn run(at: DateTime<Utc>) -> Run {
    Run {
        task: "PatMonitor".to_owned(),
        at,
        requests: 3,
        link: None,
        pipeline: Some("nightly".to_owned()),
    }
}

pub(crate) fn monitor(readings: &[OrganizationReading], settings: &MonitorSettings) -> Report {
    judge(readings, settings, run(judged_at()), judged_at())
}

pub(crate) fn later(mut report: Report, minutes: i64) -> Report {
    report.run.at += TimeDelta::minutes(minutes);
    report
}

/// Users, each with PATs.
pub(crate) fn organization(
    users: &[(&str, Vec<Pat>)],
    slice: Option<Slice>,
    settings: &MonitorSettings,
) -> Report {
    let scope = Scope::Organization {
        slice,
        several: false,
    };
    let mut judging = Judging::new(settings, scope, judged_at());
    judging.take(&[reading("acme", Vec::new())], None);
    for (name, pats) in users {
        let owner = Owner {
            descriptor: SubjectDescriptor::parse(&format!("aad.{name}")).unwrap(),
            principal_name: Some(format!("{name}@acme.example")),
            display_name: None,
            deleted_in_origin: name.starts_with("gone"),
        };
        judging.take(&[reading("acme", pats.clone())], Some(&owner));
    }
    judging.finish(run(judged_at())).0
}

pub(crate) fn merged_from(mut report: Report, sources: &[&Report]) -> Report {
    report.merged = sources
        .iter()
        .zip(1..)
        .map(|(source, number)| MergedEntry {
            source: format!("slice-{number}.json"),
            slice: source
                .slice
                .as_ref()
                .and_then(|slice| Slice::new(slice.position, slice.of)),
            at: source.run.at,
        })
        .collect();
    report
}

pub(crate) fn text(report: &Report) -> String {
    json(report)
}

fn run_of(task: &str, at: &str) -> Value {
    json!({"task": task, "at": at, "requests": 7, "link": null, "pipeline": "nightly"})
}

pub(crate) fn tool() -> Value {
    json!({"name": "patkeeper", "version": "1.0.0"})
}

pub(crate) fn failure(kind: &str, what: &str) -> Value {
    json!({
        "kind": kind, "code": null, "what": what, "why": "the vault was locked",
        "waysOut": ["revoke it by hand"], "serviceWords": null,
    })
}

/// A rotation that went well; members that differ are put in its place.
pub(crate) fn rotation(others: Value) -> Value {
    let mut document = json!({
        "schema": "patkeeper.rotation/1",
        "tool": tool(),
        "run": run_of("PatRotate", "2026-11-22T09:00:00Z"),
        "sentence": "Rotated. Next due 2027-01-21.",
        "name": "ci-deploy",
        "organization": "acme",
        "store": "kv-devops",
        "secret": "ci-deploy-pat",
        "dryRun": false,
        "rotated": true,
        "extended": false,
        "reason": "under a third of 90 days is left",
        "before": null,
        "after": {
            "authorizationId": id(900), "displayName": "ci-deploy-2026-11-22-3f9c01ab",
            "scopes": ["vso.build_execute"], "validTo": "2027-02-20T09:00:00Z",
        },
        "version": "4f1d",
        "nextDue": "2027-01-21T09:00:00Z",
        "previous": {"authorizationId": id(1), "revoked": false},
        "waiting": [{"authorizationId": id(1), "notBefore": "2026-11-23T09:00:00Z"}],
        "others": [{
            "authorizationId": id(1), "displayName": "ci-deploy-2026-08-20-77ab01cd", "fate": "waits",
            "words": "works until 2026-11-23 09:00 UTC, when the next run revokes it",
            "validUntil": "2026-11-23T09:00:00Z",
        }],
        "unrecorded": [],
        "steps": [{"step": "mint", "words": "ci-deploy-2026-11-22-3f9c01ab", "outcome": "", "more": ""}],
        "warnings": [],
        "failure": null,
    });
    put(&mut document, others);
    document
}

fn put(document: &mut Value, others: Value) {
    if let (Value::Object(document), Value::Object(others)) = (document, others) {
        document.extend(others);
    }
}

/// A revocation of two PATs, of which one failed.
pub(crate) fn revocation(dry_run: bool) -> Value {
    let row = |number: u32, name: &str, outcome: &str, failure: Value| {
        json!({
            "authorizationId": id(number), "displayName": name, "owner": "ann@acme.example", "scopes": ["vso.code"],
            "validTo": null, "global": false, "outcome": outcome, "failure": failure,
        })
    };
    let (first, second, counts) = if dry_run {
        (
            row(1, "ci-one", "wouldRevoke", Value::Null),
            row(2, "ci-two", "wouldRevoke", Value::Null),
            json!({"matched": 2, "revoked": 0, "alreadyGone": 0, "failed": 0, "wouldRevoke": 2, "unreadable": 0, "elsewhere": 0}),
        )
    } else {
        (
            row(1, "ci-one", "revoked", Value::Null),
            row(2, "ci-two", "failed", failure("service", "It broke.")),
            json!({"matched": 2, "revoked": 1, "alreadyGone": 0, "failed": 1, "wouldRevoke": 0, "unreadable": 0, "elsewhere": 0}),
        )
    };
    json!({
        "schema": "patkeeper.revocation/1",
        "tool": tool(),
        "run": run_of("PatRevoke", "2026-11-22T09:30:00Z"),
        "organization": {
            "name": "acme", "accountId": null, "signedInAs": "adm@acme.example", "identityKind": "user",
            "signIn": "access token", "read": 2, "users": null,
        },
        "settings": {
            "scope": "organization", "owners": [], "selector": "names", "authorizationIds": [], "names": ["ci-*"],
            "dryRun": dry_run, "expectCount": null, "reason": null,
        },
        "counts": counts,
        "pats": [first, second],
        "unreadable": [],
        "failure": null,
        "notes": ["1 PAT is global: revoking it ends it in all organizations of its owner."],
    })
}

/// An audit; `leaked` or only one that was made.
pub(crate) fn audit(leaked: bool) -> Value {
    let kind = if leaked { "leaked" } else { "created" };
    let (action, what) = if leaked {
        (
            "Token.PatPublicDiscoveryEvent",
            "PAT found in a public repository",
        )
    } else {
        ("Token.PatCreateEvent", "PAT created")
    };
    json!({
        "schema": "patkeeper.audit/1",
        "tool": tool(),
        "run": run_of("PatAudit", "2026-11-22T09:45:00Z"),
        "totals": {
            "events": 1, "created": u32::from(!leaked), "updated": 0, "revoked": 0, "expired": 0,
            "leaked": u32::from(leaked), "other": 0, "actors": 1, "fullScope": 0, "systemRevoked": 0, "unreadable": 0,
            "notListed": 0,
        },
        "organizations": [{
            "name": "acme", "signedInAs": null, "identityKind": null, "signIn": "access token", "read": 1,
        }],
        "settings": {
            "from": "2026-10-23T09:45:00Z", "to": "2026-11-22T09:45:00Z", "days": 30, "actions": ["Token.*"],
            "actors": [], "failOn": "leaked",
        },
        "events": [{
            "organization": "acme", "at": "2026-11-20T07:00:00Z", "action": action, "kind": kind, "what": what,
            "actor": {"name": "Ann", "upn": "ann@acme.example", "id": null},
            "pat": {
                "displayName": "ci-one", "authorizationId": id(1), "owner": "ann@acme.example", "scopes": [],
                "global": null, "validTo": null,
            },
            "ipAddress": null, "userAgent": null, "mechanism": null, "details": null, "id": "e1", "leaked": leaked,
            "fullScope": false,
        }],
        "actors": [],
        "unreadable": [],
        "notes": [],
    })
}
