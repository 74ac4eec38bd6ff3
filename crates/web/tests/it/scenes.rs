//! Builds to look at: what their steps left, and what their pages are asked.

use chrono::{DateTime, TimeDelta, Utc};
use patkeeper_core::judge::MonitorSettings;
use patkeeper_core::pat::Reach;
use patkeeper_core::slice::Slice;
use patkeeper_core::text::visible;
use serde::Serialize;
use serde_json::json;

use crate::documents::*;

/// One build.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) now: DateTime<Utc>,
    /// Names and texts.
    pub(crate) documents: Vec<(&'static str, String)>,
    pub(crate) calls: Vec<Call>,
}

/// What a page asks.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "call", content = "arguments", rename_all = "camelCase")]
pub(crate) enum Call {
    Overview,
    Timeline,
    Facets,
    Pats([Query; 1]),
    Findings([u32; 1]),
    Judge([u32; 2]),
    JudgeAsReported,
    TrendPoint,
}

/// `PatQuery` as JavaScript gives it: what is absent is absent.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Query {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) search: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) statuses: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sort: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) descending: bool,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) offset: u32,
    pub(crate) limit: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

pub(crate) fn all() -> Query {
    Query {
        limit: 100,
        ..Query::default()
    }
}

fn look() -> Vec<Call> {
    vec![
        Call::Overview,
        Call::Timeline,
        Call::Facets,
        Call::Pats([all()]),
        Call::Findings([2]),
        Call::TrendPoint,
    ]
}

fn glance() -> Vec<Call> {
    vec![Call::Overview, Call::TrendPoint]
}

fn scene(name: &'static str, documents: Vec<(&'static str, String)>, calls: Vec<Call>) -> Scene {
    Scene {
        name,
        now: now(),
        documents,
        calls,
    }
}

/// Every scene.
pub(crate) fn scenes() -> Vec<Scene> {
    vec![
        monday(),
        calm(),
        due(),
        slices_and_what_they_were_merged_into(),
        slices_alone(),
        head(),
        hostile(),
        everything(),
        only_a_rotation(),
        a_person_is_needed(),
        unread_documents(),
        nothing_could_be_read(),
        several_reports(),
        a_look_before_and_one_after(),
        long_ago(),
        nothing(),
    ]
}

fn monday() -> Scene {
    let mut global = pat(3, "legacy-all-orgs", "vso.code", 120);
    global.reach = Reach::AllOrganizations;
    let mut newer = pat(7, "ci-build-2026-11-20", "vso.build_execute", 50);
    newer.valid_from = judged_at() - TimeDelta::days(2);
    let pats = vec![
        pat(1, "ci-deploy-2026-08-20-77ab01cd", "vso.build_execute", -4),
        pat(2, "nuget-feed-sync", "vso.packaging_write", 5),
        global,
        pat(4, "board-bot", "vso.work_write", 21),
        pat(5, "legacy-sync", "app_token", 80),
        pat(6, "ci-build-2026-08-20", "vso.build_execute", 28),
        newer,
        pat(8, "vendor-bridge", "app_token vso.code", 70),
    ];
    let settings = MonitorSettings {
        require_names: globs(&["release-*"]),
        ..with_policy(
            "version: 1\nwaivers:\n  - {rule: full-access, pat: vendor-bridge, reason: vendor tool, until: 2027-01-31}\n",
        )
    };
    let report = monitor(&[reading("acme", pats)], &settings);
    let query = |query: Query| Call::Pats([query]);
    let mut calls = look();
    calls.extend([
        query(Query {
            search: Some("CI build"),
            ..all()
        }),
        query(Query {
            search: Some("nothing has this"),
            ..all()
        }),
        query(Query {
            statuses: vec!["warning", "critical"],
            sort: Some("name"),
            ..all()
        }),
        query(Query {
            scope: Some("app_token"),
            sort: Some("ends"),
            descending: true,
            ..all()
        }),
        query(Query {
            rule: Some("full-access"),
            sort: Some("findings"),
            ..all()
        }),
        query(Query {
            day: Some("2026-12-01"),
            ..all()
        }),
        query(Query {
            sort: Some("lifetime"),
            offset: 6,
            limit: 1,
            ..all()
        }),
        query(Query::default()),
        Call::Judge([60, 21]),
        Call::Overview,
        Call::Timeline,
        query(all()),
        Call::Judge([5, 9]),
        Call::Judge([0, 0]),
        Call::Overview,
        Call::JudgeAsReported,
        Call::Overview,
    ]);
    scene("monday", vec![("PatMonitor.json", text(&report))], calls)
}

fn calm() -> Scene {
    let pats = vec![pat(1, "ci", "vso.build", 42), pat(2, "feed", "vso.packaging", 50)];
    let report = monitor(&[reading("acme", pats)], &quiet());
    scene("calm", vec![("PatMonitor.json", text(&report))], look())
}

fn due() -> Scene {
    let pats = vec![
        pat(1, "ci", "vso.build", 3),
        pat(2, "feed", "vso.packaging", 12),
        pat(3, "bot", "vso.work", 13),
    ];
    let report = monitor(&[reading("acme", pats)], &quiet());
    scene("due", vec![("PatMonitor.json", text(&report))], glance())
}

/// Each in the slice of two that holds its name.
fn users() -> Vec<(&'static str, Vec<patkeeper_core::pat::Pat>)> {
    vec![
        (
            "ann",
            vec![pat(1, "ci", "vso.build", 3), pat(2, "feed", "vso.code", 40)],
        ),
        ("bob", vec![pat(3, "CI", "vso.build", -2)]),
        ("gone-carl", vec![pat(4, "old", "app_token", 25)]),
    ]
}

fn slice(position: u32) -> patkeeper_core::report::Report {
    let slice = Slice::new(position, 2).unwrap();
    let holds = |name: &str| {
        let descriptor = patkeeper_core::owner::SubjectDescriptor::parse(&format!("aad.{name}"));
        slice.holds(&descriptor.unwrap())
    };
    let own: Vec<_> = users().into_iter().filter(|(name, _)| holds(name)).collect();
    later(organization(&own, Some(slice), &settings()), i64::from(position))
}

fn slices_and_what_they_were_merged_into() -> Scene {
    let (one, two) = (slice(1), slice(2));
    let whole = later(organization(&users(), None, &settings()), 9);
    let whole = merged_from(whole, &[&one, &two]);
    let documents = vec![
        ("PatMonitor.json", text(&one)),
        ("PatMonitor.json", text(&two)),
        ("PatMonitor.json", text(&whole)),
    ];
    let mut calls = look();
    calls.push(Call::Pats([Query {
        owner: Some("aad.ann"),
        sort: Some("owner"),
        ..all()
    }]));
    calls.push(Call::Pats([Query {
        search: Some("bob@"),
        sort: Some("owner"),
        descending: true,
        ..all()
    }]));
    scene("slices and what they were merged into", documents, calls)
}

fn slices_alone() -> Scene {
    let documents = vec![("PatMonitor.json", text(&slice(2)))];
    scene("a slice alone", documents, glance())
}

fn head() -> Scene {
    let pats = (0..20).map(|number| {
        let left = i64::from(number) * 5 - 3;
        pat(number, &format!("pat-{number:02}"), "vso.build", left)
    });
    let mut report = monitor(&[reading("acme", pats.collect())], &quiet());
    report.pats.truncate(9);
    let documents = vec![("PatMonitor.json", text(&report))];
    let mut calls = glance();
    for days in [36, 37, 40, 7, 3] {
        calls.extend([Call::Judge([days, 3]), Call::Overview]);
    }
    scene("a head", documents, calls)
}

/// Names that would break a page which took them for more than text.
pub(crate) const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "##vso[task.complete result=Succeeded]",
    "\u{202e}dlrow\u{2066} olleh\u{200b}",
    "a\nb\r\nc\u{1b}[31m\u{0}",
    "  ",
    "z\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}algo",
    "İSTANBUL ẞ 漢字 \u{1f469}\u{200d}\u{1f4bb} \u{e0041}",
    "\"quoted\\ __proto__ \u{2028}line",
];

fn hostile() -> Scene {
    let pats = HOSTILE.into_iter().zip(1..).map(|(name, number)| {
        pat(
            number,
            name,
            &visible(name).replace(' ', "_"),
            i64::from(number) * 4,
        )
    });
    let mut bad = reading("acme", pats.collect());
    bad.unreadable.push(unread(HOSTILE[0]));
    bad.notes.push(HOSTILE[3].to_owned());
    let report = monitor(&[bad], &settings());
    let documents = vec![(HOSTILE[1], text(&report)), (HOSTILE[4], HOSTILE[0].to_owned())];
    let mut calls = look();
    for search in ["<SCRIPT>", "i\u{307}stanbul", "\u{fffd}", "(no name)"] {
        calls.push(Call::Pats([Query {
            search: Some(search),
            ..all()
        }]));
    }
    scene("hostile names", documents, calls)
}

fn everything() -> Scene {
    let report = monitor(
        &[reading("acme", vec![pat(1, "ci-one", "vso.build", 40)])],
        &quiet(),
    );
    let documents = vec![
        ("PatMonitor.json", text(&report)),
        ("PatRotate.json", rotation(json!({})).to_string()),
        ("PatRevoke.json", revocation(false).to_string()),
        ("PatRevoke.json", revocation(true).to_string()),
        ("PatAudit.json", audit(true).to_string()),
    ];
    scene("every task", documents, look())
}

fn only_a_rotation() -> Scene {
    let documents = vec![("PatRotate.json", rotation(json!({})).to_string())];
    scene("only a rotation", documents, look())
}

fn a_person_is_needed() -> Scene {
    let what = "The new PAT ci-deploy could be neither stored nor revoked.";
    let failed = json!({"rotated": false, "sentence": what, "failure": failure("needsPerson", what)});
    let report = monitor(
        &[reading("acme", vec![pat(1, "ci-one", "vso.build", 40)])],
        &quiet(),
    );
    let documents = vec![
        ("PatRotate.json", rotation(failed).to_string()),
        ("PatMonitor.json", text(&report)),
        ("PatAudit.json", audit(false).to_string()),
    ];
    scene("a person is needed", documents, glance())
}

fn unread_documents() -> Scene {
    let report = monitor(
        &[reading("acme", vec![pat(1, "ci-one", "vso.build", 40)])],
        &quiet(),
    );
    let good = text(&report);
    let documents = vec![
        ("a newer one", json!({"schema": "patkeeper.report/2"}).to_string()),
        (
            "of another kind",
            json!({"schema": "patkeeper.weather/1"}).to_string(),
        ),
        (
            "an older one",
            json!({"schema": "patkeeper.report/0"}).to_string(),
        ),
        (
            "another program's",
            json!({"schema": "sarif", "runs": []}).to_string(),
        ),
        ("cut off", good[..good.len() / 2].to_owned()),
        ("empty", String::new()),
        ("a page", "<html>sign in</html>".to_owned()),
        (
            "changed",
            good.replace("\"status\": \"ok\"", "\"status\": \"fine\""),
        ),
        ("rotation", rotation(json!({"rotated": "yes"})).to_string()),
        ("good", good),
    ];
    scene("unread documents", documents, look())
}

fn nothing_could_be_read() -> Scene {
    let mut blind = reading("acme", Vec::new());
    blind.unreadable.push(unread("the active PATs of acme"));
    let settings = MonitorSettings {
        require_names: globs(&["ci-*"]),
        ..quiet()
    };
    let report = monitor(&[blind], &settings);
    let documents = vec![("PatMonitor.json", text(&report))];
    scene("nothing could be read", documents, look())
}

fn several_reports() -> Scene {
    let before = monitor(
        &[reading(
            "acme",
            vec![pat(1, "ci", "vso.build", 3), pat(2, "feed", "vso.code", 40)],
        )],
        &quiet(),
    );
    let wide = MonitorSettings {
        warning_days: 60,
        critical_days: 10,
        ..quiet()
    };
    let after = [
        reading(
            "acme",
            vec![pat(1, "ci", "vso.build", 58), pat(2, "feed", "vso.code", 40)],
        ),
        reading("beta", vec![pat(3, "beta-bot", "vso.work", 100)]),
    ];
    let after = later(monitor(&after, &wide), 60);
    let documents = vec![("a.json", text(&after)), ("b.json", text(&before))];
    let mut calls = look();
    calls.extend([Call::Judge([30, 7]), Call::Overview]);
    scene("several reports", documents, calls)
}

fn a_look_before_and_one_after() -> Scene {
    let before = vec![pat(1, "ci-one", "vso.build", 3), pat(2, "ci-two", "vso.code", 12)];
    let before = monitor(&[reading("acme", before)], &quiet());
    let after = vec![
        pat(2, "ci-two", "vso.code", 12),
        pat(4, "ci-four", "vso.build", 90),
    ];
    let after = later(monitor(&[reading("acme", after)], &quiet()), 60);
    let documents = vec![
        ("a.json", text(&before)),
        ("b.json", text(&after)),
        ("PatRevoke.json", revocation(false).to_string()),
    ];
    scene("a look before and one after", documents, look())
}

fn long_ago() -> Scene {
    let pats = vec![pat(1, "ci", "vso.build", 3), pat(2, "feed", "vso.code", 140)];
    let report = monitor(&[reading("acme", pats)], &quiet());
    Scene {
        now: at("2027-01-05T00:00:00Z"),
        ..scene("long ago", vec![("PatMonitor.json", text(&report))], look())
    }
}

fn nothing() -> Scene {
    scene("nothing", Vec::new(), look())
}
