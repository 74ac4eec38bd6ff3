//! News for tests.

pub(crate) mod audited;
pub(crate) mod revoked;

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::news::News;
use patkeeper_core::organization::Organization;
use patkeeper_core::owner::SubjectDescriptor;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::report::{
    Finding, Missing, OrganizationEntry, OwnerEntry, PatEntry, PatStatus, Report, Run, SCHEMA, Settings,
    Severity, Soonest, Tool, Totals, UnreadableEntry, Verdict, Waived,
};
use patkeeper_core::rotation::{self, Asked, Fate, Mode, Other, Owner, Previous, Record, RotationReport};
use patkeeper_core::scope::ScopeSet;

/// The link that [`report`] leads to, as Slack writes it.
pub(crate) const SLACK_LINK: &str =
    "<https://dev.azure.com/acme/ops/_build/results?buildId=42|Open the build>";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_248_000, 0).unwrap()
}

pub(crate) fn organization(name: &str) -> OrganizationEntry {
    OrganizationEntry {
        name: name.to_owned(),
        account_id: None,
        signed_in_as: Some("svc-build@acme.example".to_owned()),
        identity_kind: Some("user".to_owned()),
        sign_in: "access token".to_owned(),
        read: 5,
        users: None,
    }
}

fn pat(name: &str, status: PatStatus, days_left: i64) -> PatEntry {
    let end = now() + TimeDelta::days(days_left);
    PatEntry {
        organization: "acme".to_owned(),
        owner: None,
        authorization_id: AuthorizationId::new(format!(
            "id-of-{}",
            name.chars().take(20).collect::<String>()
        )),
        display_name: name.to_owned(),
        family: name.to_owned(),
        scopes: vec!["vso.code".to_owned()],
        valid_from: end - TimeDelta::days(90),
        valid_to: end,
        effective_expiry: end,
        days_left,
        global: false,
        status,
        replaced_by: None,
    }
}

fn finding(rule: &str, severity: Severity, subject: &str, waived: bool) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        organization: Some("acme".to_owned()),
        owner: None,
        authorization_id: None,
        subject: subject.to_owned(),
        message: "180 days, allowed 90".to_owned(),
        remedy: "Make the next one shorter.".to_owned(),
        waived: waived.then(|| Waived {
            reason: "vendor tool".to_owned(),
            until: "2027-01-31".to_owned(),
        }),
    }
}

/// The report as news.
pub(crate) fn judged<'a>(report: &'a Report, verdict: &'a str) -> News<'a> {
    News::Monitor { report, verdict }
}

/// One PAT, healthy, from a terminal.
pub(crate) fn healthy() -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "patkeeper".to_owned(),
            version: "1.0.0".to_owned(),
        },
        run: Run {
            task: "PatMonitor".to_owned(),
            at: now(),
            requests: 3,
            link: None,
            pipeline: None,
        },
        status: Verdict::Ok,
        totals: Totals {
            total: 1,
            healthy: 1,
            ..Totals::default()
        },
        soonest: Some(Soonest {
            display_name: "healthy-one".to_owned(),
            days_left: 60,
        }),
        organizations: vec![organization("acme")],
        settings: Settings {
            scope: "mine".to_owned(),
            names: Vec::new(),
            require_names: Vec::new(),
            warning_days: 30,
            critical_days: 7,
            expired_within_days: 30,
            fail_on: "expired".to_owned(),
            fail_on_policy: "never".to_owned(),
            rules: Vec::new(),
            waivers: Vec::new(),
        },
        slice: None,
        merged: Vec::new(),
        pats: vec![pat("healthy-one", PatStatus::Healthy, 60)],
        findings: Vec::new(),
        missing: Vec::new(),
        unreadable: Vec::new(),
        notes: Vec::new(),
    }
}

/// One of everything, from a pipeline.
pub(crate) fn report() -> Report {
    let mut global = pat("legacy-all-orgs", PatStatus::Warning, 9);
    global.valid_to += TimeDelta::days(90);
    global.global = true;
    Report {
        status: Verdict::Unknown,
        totals: Totals {
            total: 5,
            healthy: 1,
            warning: 1,
            critical: 1,
            expired: 1,
            replaced: 1,
            missing: 1,
            unreadable: 1,
            policy_findings: 2,
            waived: 1,
            ..Totals::default()
        },
        run: Run {
            link: Some("https://dev.azure.com/acme/ops/_build/results?buildId=42".to_owned()),
            pipeline: Some("nightly & <audit>".to_owned()),
            ..healthy().run
        },
        soonest: Some(Soonest {
            display_name: "nuget <feed>".to_owned(),
            days_left: 5,
        }),
        pats: vec![
            pat("ci-deploy", PatStatus::Expired, -3),
            pat("nuget <feed>", PatStatus::Critical, 5),
            global,
            pat("healthy-one", PatStatus::Healthy, 60),
            pat("old-generation", PatStatus::Replaced, 2),
        ],
        findings: vec![
            finding("lifetime", Severity::Error, "board-bot", false),
            finding("unknown-scope", Severity::Notice, "odd-one", false),
            finding("full-access", Severity::Error, "vendor-bridge", true),
        ],
        missing: vec![Missing {
            input: "requireNames".to_owned(),
            pattern: "deploy-*".to_owned(),
        }],
        unreadable: vec![UnreadableEntry {
            organization: "acme".to_owned(),
            what: "the expired PATs of acme, from page 2 on".to_owned(),
            failure: Failure::new(FailureKind::Service, "Azure DevOps answered 503."),
        }],
        ..healthy()
    }
}

/// So many expired PATs of this name, and nothing else.
pub(crate) fn crowd(how_many: usize, name: &str) -> Report {
    Report {
        totals: Totals {
            total: u32::try_from(how_many).unwrap(),
            expired: u32::try_from(how_many).unwrap(),
            ..Totals::default()
        },
        pats: vec![pat(name, PatStatus::Expired, -1); how_many],
        findings: Vec::new(),
        missing: Vec::new(),
        unreadable: Vec::new(),
        ..report()
    }
}

/// So many findings of these words, and nothing else.
pub(crate) fn preached(how_many: usize, words: &str) -> Report {
    let mut finding = finding("lifetime", Severity::Error, words, false);
    finding.message = words.to_owned();
    Report {
        findings: vec![finding; how_many],
        ..crowd(0, "")
    }
}

/// An organization's: so many PATs of this name and owner that have expired, of which the report lists two, with a
/// finding each, of which it lists one.
pub(crate) fn organization_of(how_many: u32, name: &str) -> Report {
    let owner = OwnerEntry {
        name: name.to_owned(),
        descriptor: SubjectDescriptor::parse("aad.QW5u").unwrap(),
    };
    let mut report = crowd(2, name);
    for pat in &mut report.pats {
        pat.owner = Some(owner.clone());
    }
    let mut finding = finding("orphaned-owner", Severity::Error, "ci", false);
    finding.owner = Some(owner);
    report.findings = vec![finding];
    report.settings.scope = "organization".to_owned();
    report.totals = Totals {
        total: how_many,
        expired: how_many,
        policy_findings: how_many,
        ..Totals::default()
    };
    report
}

fn id(number: u32) -> AuthorizationId {
    AuthorizationId::new(format!("{number:08x}-0000-4000-8000-000000000000"))
}

fn record(name: &str, days: i64) -> Record {
    Record {
        id: id(7),
        display_name: name.to_owned(),
        organization: Organization::parse("acme").unwrap(),
        owner: Owner::new("0d1e", Some("svc-build@acme.example")),
        scopes: ScopeSet::parse("vso.code"),
        valid_to: now() + TimeDelta::days(days),
        rotation: None,
    }
}

fn settings() -> rotation::Settings {
    let asked = Asked {
        organization: Organization::parse("acme").unwrap(),
        store: "Key Vault kv-devops",
        secret: "build-pipeline-pat",
        name: "ci",
        scopes: "vso.code",
        mode: Mode::Replace,
        valid_days: 90,
        renew_before_days: None,
        overlap_hours: 24,
        force: false,
        allow_full_access: false,
        adopt: None,
        dry_run: false,
    };
    rotation::Settings::check(&asked).unwrap().0
}

/// A rotation with something to say of everything.
pub(crate) fn rotated() -> RotationReport {
    let other = |number, name: Option<&str>, fate| Other {
        id: id(number),
        name: name.map(str::to_owned),
        fate,
    };
    let until = now() + TimeDelta::days(1);
    let owner = "ann@acme.example".to_owned();
    RotationReport {
        rotated: true,
        reason: "under a third of 90 d is left (9 d)".to_owned(),
        before: Some(record("ci-2026-08-20-77ab01cd", 9)),
        record: Some(record("ci-2026-11-21-3f9c01ab", 30)),
        version: Some("4f1d".to_owned()),
        next_due: Some(now() + TimeDelta::days(20)),
        previous: Some(Previous {
            id: id(5),
            revoked: false,
        }),
        others: vec![
            other(5, Some("ci-2026-08-20-77ab01cd"), Fate::Waits { until }),
            other(3, Some("ci-2026-05-20-0badc0de"), Fate::Revoked),
            other(2, None, Fate::OthersOwn { owner }),
        ],
        unrecorded: vec![(id(9), "ci-2026-01-01-0000000a".to_owned())],
        warnings: vec![
            "Asked for 90 days, issued 30 d: your tenant's policy. Planning with 30 d.".to_owned(),
        ],
        failure: None,
        ..failed()
    }
}

/// A rotation that needs a person.
pub(crate) fn failed() -> RotationReport {
    let failure = Failure::new(
        FailureKind::NeedsPerson,
        "The new PAT ci-2026-11-21-3f9c01ab could be neither stored nor revoked.",
    )
    .with_code("neitherStoredNorRevoked")
    .with_why("Key Vault kv-devops refused to store it. And then: Azure DevOps answered 503")
    .with_way_out("revoke it by hand")
    .with_way_out("or run the step again")
    .with_service_words("\"Not today.\" (HTTP 403)");
    RotationReport {
        record: Some(record("ci-2026-08-20-77ab01cd", 9)),
        ..RotationReport::failed(&settings(), failure)
    }
}

/// [`rotated`], failed besides, with this text wherever it can hold one, and so many of each thing.
pub(crate) fn poisoned(how_many: usize, text: &str) -> RotationReport {
    let mut report = RotationReport {
        failure: failed().failure,
        ..rotated()
    };
    for other in &mut report.others {
        other.name = Some(text.to_owned());
    }
    report.others = vec![report.others.clone(); how_many].concat();
    report.unrecorded = vec![report.unrecorded.clone(); how_many].concat();
    report.warnings = vec![report.warnings.clone(); how_many].concat();
    report.map_text(|_| text.to_owned());
    report
}

/// The report as news of this run, with its own sentence.
pub(crate) fn tell<T>(report: &RotationReport, run: &Run, tell: impl Fn(&News<'_>) -> T) -> T {
    let sentence = report.sentence();
    tell(&News::Rotation {
        report,
        run,
        sentence: &sentence,
    })
}

/// A run of PatRotate in a pipeline of this name.
pub(crate) fn run(pipeline: &str) -> Run {
    Run {
        task: "PatRotate".to_owned(),
        pipeline: Some(pipeline.to_owned()),
        ..report().run
    }
}
