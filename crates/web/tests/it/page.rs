//! What people read, and what they can ask for.

use chrono::TimeDelta;
use patkeeper_core::judge::{FailOnPolicy, MonitorSettings};
use patkeeper_core::pat::Pat;
use patkeeper_core::report::{Report, Verdict};
use patkeeper_web::model::{DocumentState, Overview, PatQuery, PatSort, Tone};
use patkeeper_web::{Health, trend_point};
use serde_json::json;

use crate::documents::*;

fn page(texts: &[String]) -> Health {
    let mut health = Health::new(now());
    for text in texts {
        health.add("a.json", text);
    }
    health
}

fn overview(texts: &[String]) -> Overview {
    page(texts).overview()
}

fn acme(pats: Vec<Pat>) -> Report {
    monitor(&[reading("acme", pats)], &quiet())
}

fn said(report: &Report) -> (Tone, String) {
    let overview = overview(&[text(report)]);
    (overview.tone, overview.headline)
}

#[test]
fn ten_seconds_tell_how_all_pats_stand() {
    for (lefts, tone, headline) in [
        (vec![], Tone::Good, "There is no PAT to judge."),
        (
            vec![40],
            Tone::Good,
            "The only PAT is healthy: it has 40 days left.",
        ),
        (
            vec![40, 50],
            Tone::Good,
            "Both PATs are healthy: the first one to end has 40 days left.",
        ),
        (vec![9, 20, 50], Tone::Warning, "2 PATs end within 30 days."),
        (
            vec![5, 20, 50],
            Tone::Critical,
            "1 PAT ends within 7 days, 1 more ends within 30 days.",
        ),
        (
            vec![-3, -2, 4],
            Tone::Bad,
            "2 PATs have ended, 1 ends within 7 days.",
        ),
    ] {
        let pats = lefts
            .iter()
            .zip(1..)
            .map(|(left, number)| pat(number, &format!("pat {number}"), "vso.build", *left));
        assert_eq!(said(&acme(pats.collect())), (tone, headline.to_owned()));
    }
}

/// Whatever else is well.
#[test]
fn a_page_that_has_not_seen_everything_never_sounds_fine() {
    let healthy = || vec![pat(1, "ci", "vso.build", 40)];
    let mut blind = reading("acme", healthy());
    blind.unreadable.push(unread("the expired PATs of acme"));
    let required = MonitorSettings {
        require_names: globs(&["gone-*"]),
        ..quiet()
    };
    let mut unknown = acme(healthy());
    unknown.status = Verdict::Unknown;
    let slice = patkeeper_core::slice::Slice::new(1, 2);
    let mut head = acme(vec![pat(1, "ci", "vso.build", 40), pat(2, "b", "vso.build", 50)]);
    head.pats.clear();
    let good = text(&acme(healthy()));
    let mut tried = page(&[text(&head)]);
    tried.judge(60, 3).unwrap();
    let pages = [
        overview(&[text(&monitor(&[blind], &quiet()))]),
        overview(&[text(&monitor(&[reading("acme", healthy())], &required))]),
        overview(&[text(&unknown)]),
        overview(&[text(&organization(&[], slice, &quiet()))]),
        overview(&[good.clone(), "{".to_owned()]),
        overview(&[good.clone(), audit(true).to_string()]),
        overview(&[
            good,
            rotation(json!({"failure": failure("service", "It broke.")})).to_string(),
        ]),
        tried.overview(),
        overview(&[]),
    ];
    for overview in pages {
        assert!(overview.tone > Tone::Notice, "{overview:?}");
        assert!(!overview.headline.contains("healthy"), "{}", overview.headline);
        assert!(!overview.headline.is_empty());
    }
}

#[test]
fn a_leak_comes_before_everything_else() {
    let ended = text(&acme(vec![pat(1, "ci", "vso.build", -3)]));
    let headline = overview(&[ended, "{".to_owned(), audit(true).to_string()]).headline;
    assert!(
        headline.starts_with("A PAT was found in a public repository: see below what to do."),
        "{headline}"
    );
    assert!(headline.contains("1 PAT has ended"), "{headline}");
}

#[test]
fn a_document_that_is_not_read_says_what_to_do() {
    let mut health = Health::new(now());
    for (text, state, next) in [
        (
            "{\"schema\": \"patkeeper.report/2\"}",
            DocumentState::TooNew,
            "Update the Patkeeper extension",
        ),
        (
            "{\"schema\": \"patkeeper.audit/0\"}",
            DocumentState::TooOld,
            "Run the step again",
        ),
        (
            "{\"schema\": \"patkeeper.report/1\"}",
            DocumentState::Broken,
            "read the step's log",
        ),
        ("<html>", DocumentState::Broken, "read the step's log"),
    ] {
        let entry = health.add("x", text);
        assert_eq!(entry.state, state, "{text}");
        assert!(
            entry.words.starts_with("Not read: ") && entry.words.contains(next),
            "{}",
            entry.words
        );
    }
    assert!(health.overview().counts.is_empty());
}

#[test]
fn a_slice_becomes_folded_once_the_merged_report_is_there() {
    let slice = patkeeper_core::slice::Slice::new(1, 1);
    let one = organization(&[("ann", vec![pat(1, "ci", "vso.build", 3)])], slice, &quiet());
    let whole = merged_from(later(one.clone(), 5), &[&one]);
    let whole = Report { slice: None, ..whole };
    let mut health = Health::new(now());
    assert_eq!(health.add("a", &text(&one)).state, DocumentState::Read);
    assert_eq!(health.overview().counts[0].count, 1);
    health.add("b", &text(&whole));
    let overview = health.overview();
    assert_eq!(overview.documents[0].state, DocumentState::Folded);
    assert_eq!(overview.documents[1].state, DocumentState::Read);
    assert_eq!(overview.counts[0].count, 1);
    assert_eq!(overview.partial, None);
    assert!(
        !overview.headline.contains("could not be read"),
        "{}",
        overview.headline
    );
}

#[test]
fn thresholds_that_are_tried_change_statuses_and_nothing_that_was_judged() {
    let pats = vec![pat(1, "ci", "vso.build", 20), pat(2, "old", "vso.build", -2)];
    let mut health = page(&[text(&acme(pats))]);
    let reported = health.overview();
    let rows = |health: &Health| {
        let query = PatQuery {
            limit: 9,
            ..PatQuery::default()
        };
        let rows = health.pats(&query).rows;
        rows.into_iter()
            .map(|row| (row.status, row.judged))
            .collect::<Vec<_>>()
    };
    health.judge(30, 20).unwrap();
    let expired = ("expired".to_owned(), None);
    assert_eq!(
        rows(&health),
        [
            expired.clone(),
            ("critical".to_owned(), Some("warning".to_owned()))
        ]
    );
    let error = health.judge(19, 20).unwrap_err().to_string();
    assert!(error.contains("criticalDays (20)"), "{error}");
    assert_eq!(rows(&health).len(), 2);
    health.judge(19, 3).unwrap();
    assert_eq!(
        rows(&health)[1],
        ("healthy".to_owned(), Some("warning".to_owned()))
    );
    let thresholds = health.overview().thresholds;
    assert_eq!(
        (thresholds.warning_days, thresholds.judged_warning_days),
        (19, 30)
    );
    health.judge_as_reported();
    assert_eq!(rows(&health), [expired, ("warning".to_owned(), None)]);
    assert_eq!(health.overview(), reported);
    // A document that comes later is judged alike.
    health.judge(19, 3).unwrap();
    health.add(
        "b",
        &text(&monitor(
            &[reading("beta", vec![pat(3, "b", "vso.build", 25)])],
            &quiet(),
        )),
    );
    assert_eq!(rows(&health)[2].0, "healthy");
}

#[test]
fn days_of_the_timeline_are_those_of_utc_from_today_on() {
    let mut pats: Vec<Pat> = [-1, 0, 1, 89, 90]
        .iter()
        .zip(1..)
        .map(|(left, number)| pat(number, &format!("pat {number}"), "vso.build", *left))
        .collect();
    pats[1].valid_to = at("2026-11-22T23:59:59Z");
    pats[2].valid_to = at("2026-11-23T00:00:00Z");
    pats[3].valid_to = at("2027-02-19T23:59:59Z");
    pats[4].valid_to = at("2027-02-20T00:00:00Z");
    let timeline = page(&[text(&acme(pats))]).timeline();
    let days: Vec<_> = timeline
        .ends
        .iter()
        .map(|day| (day.offset, day.date.as_str()))
        .collect();
    assert_eq!(days, [(0, "2026-11-22"), (1, "2026-11-23"), (89, "2027-02-19")]);
    assert_eq!((timeline.earlier, timeline.later, timeline.days), (1, 1, 90));
    assert_eq!(timeline.marks[0].offset, 9, "2026-12-01");
}

#[test]
fn a_part_is_never_drawn_or_counted_as_the_whole() {
    let pats = (1..=4).map(|number| pat(number, "ci", "app_token", 10 * i64::from(number)));
    let whole = monitor(&[reading("acme", pats.collect())], &settings());
    let mut head = whole.clone();
    head.pats.truncate(2);
    head.findings.truncate(2);
    let (whole, head) = (page(&[text(&whole)]), page(&[text(&head)]));
    let of_whole = (whole.overview().findings_partial, whole.timeline().partial);
    assert_eq!(of_whole, (None, None));
    let overview = head.overview();
    let findings = overview.findings_partial.unwrap();
    assert!(findings.starts_with("Here are the 2 heaviest of "), "{findings}");
    let said = overview.headline;
    assert!(
        said.contains("violations among 4 PATs") && !said.contains("2 errors"),
        "{said}"
    );
    let timeline = head.timeline().partial.unwrap();
    assert!(
        timeline.starts_with("Drawn are the 2 most urgent of 4 PATs"),
        "{timeline}"
    );
}

#[test]
fn the_end_of_global_pats_is_marked_while_it_is_ahead() {
    for (today, offset) in [
        ("2026-09-02T23:00:00Z", None),
        ("2026-09-03T00:00:00Z", Some(89)),
        ("2026-12-01T12:00:00Z", Some(0)),
        ("2026-12-02T00:00:00Z", None),
    ] {
        let timeline = Health::new(at(today)).timeline();
        let marked = timeline.marks.first().map(|mark| mark.offset);
        assert_eq!(marked, offset, "{today}");
    }
}

#[test]
fn a_day_with_many_pats_counts_all_and_shows_the_most_urgent() {
    let pats = (1..=40).map(|number| pat(number, &format!("pat {number:02}"), "vso.build", 12));
    let timeline = page(&[text(&acme(pats.collect()))]).timeline();
    let day = &timeline.ends[0];
    assert_eq!((day.count, day.dots.len()), (40, 12));
    assert_eq!(day.dots[0].name, "pat 01");
}

#[test]
fn a_search_finds_by_all_that_a_row_shows_and_needs_every_word() {
    let users = [
        ("ann", vec![pat(1, "CI Deploy", "vso.build_execute", 40)]),
        ("bob", vec![pat(2, "feed", "app_token", 50)]),
    ];
    let health = page(&[text(&organization(&users, None, &settings()))]);
    let found = |search: &str| {
        let query = PatQuery {
            search: search.to_owned(),
            limit: 500,
            ..PatQuery::default()
        };
        let page = health.pats(&query);
        assert_eq!((page.matching as usize, page.of), (page.rows.len(), 2));
        page.rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    for (search, names) in [
        ("", vec!["CI Deploy", "feed"]),
        ("  ", vec!["CI Deploy", "feed"]),
        ("DEPLOY ci", vec!["CI Deploy"]),
        ("ann@ACME", vec!["CI Deploy"]),
        ("build_exec", vec!["CI Deploy"]),
        ("full-access", vec!["feed"]),
        ("00000002-0000", vec!["feed"]),
        ("acme", vec!["CI Deploy", "feed"]),
        ("ci feed", vec![]),
    ] {
        assert_eq!(found(search), names, "{search:?}");
    }
}

#[test]
fn every_filter_offered_finds_as_many_as_it_says() {
    let users = [
        (
            "ann",
            vec![pat(1, "a", "vso.build vso.code", 3), pat(2, "b", "app_token", 20)],
        ),
        (
            "bob",
            vec![
                pat(3, "c", "vso.code vso.code_write", -2),
                pat(4, "d", "vso.code", 60),
            ],
        ),
    ];
    let health = page(&[text(&organization(&users, None, &settings()))]);
    let facets = health.facets();
    let matching = |query: PatQuery| health.pats(&query).matching;
    for status in &facets.statuses {
        let statuses = vec![status.id.clone()];
        assert_eq!(
            matching(PatQuery {
                statuses,
                ..PatQuery::default()
            }),
            status.count,
            "{status:?}"
        );
    }
    type Put = fn(&mut PatQuery, String);
    let kinds: [(&Vec<_>, Put); 4] = [
        (&facets.owners, |query, id| query.owner = Some(id)),
        (&facets.scopes, |query, id| query.scope = Some(id)),
        (&facets.rules, |query, id| query.rule = Some(id)),
        (&facets.organizations, |query, id| query.organization = Some(id)),
    ];
    for (counts, put) in kinds {
        assert!(!counts.is_empty());
        for count in counts {
            let mut query = PatQuery::default();
            put(&mut query, count.id.clone());
            assert_eq!(matching(query), count.count, "{count:?}");
        }
    }
    assert_eq!(facets.owners[0].label, "ann@acme.example");
    assert_eq!(facets.rules[0].id, "full-access");
}

#[test]
fn equal_rows_stay_in_the_order_of_urgency_whichever_way_round() {
    let pats = vec![
        pat(1, "same", "vso.build", 50),
        pat(2, "Same", "vso.build", 40),
        pat(3, "other", "vso.build", 45),
    ];
    let health = page(&[text(&acme(pats))]);
    let order = |sort, descending| {
        let query = PatQuery {
            sort,
            descending,
            limit: 9,
            ..PatQuery::default()
        };
        health
            .pats(&query)
            .rows
            .iter()
            .map(|row| row.row)
            .collect::<Vec<_>>()
    };
    assert_eq!(order(PatSort::Urgency, false), [0, 1, 2]);
    assert_eq!(order(PatSort::Urgency, true), [2, 1, 0]);
    assert_eq!(order(PatSort::Name, false), [1, 0, 2]);
    assert_eq!(order(PatSort::Name, true), [0, 2, 1]);
    assert_eq!(order(PatSort::Owner, true), [0, 1, 2]);
}

#[test]
fn a_page_of_rows_has_bounds() {
    let pats = (1..=600).map(|number| pat(number, &format!("pat {number}"), "vso.build", 40));
    let health = page(&[text(&acme(pats.collect()))]);
    let rows = |offset, limit| {
        let query = PatQuery {
            offset,
            limit,
            ..PatQuery::default()
        };
        let page = health.pats(&query);
        assert_eq!((page.matching, page.of), (600, 600));
        page.rows.len()
    };
    assert_eq!(rows(0, u32::MAX), 500);
    assert_eq!(rows(590, 500), 10);
    assert_eq!(rows(u32::MAX, u32::MAX), 0);
}

#[test]
fn a_trend_counts_what_the_page_of_that_build_shows() {
    let report = acme(vec![
        pat(1, "a", "vso.build", 3),
        pat(2, "b", "vso.build", 20),
        pat(3, "c", "vso.build", -2),
        pat(4, "d", "vso.build", 60),
    ]);
    let texts = [text(&report), rotation(json!({})).to_string()];
    let point = trend_point(texts.iter().map(String::as_str)).point.unwrap();
    assert_eq!(
        (point.healthy, point.due, point.dead, point.unreadable),
        (1, 2, 1, 0)
    );
    assert_eq!((point.tone, point.verdict.as_str()), (Tone::Bad, "expired"));
}

/// Drawn beside whole builds, a part would be a rise or a dip that never was.
#[test]
fn a_trend_has_no_point_where_not_all_of_a_build_could_be_read() {
    let good = text(&acme(vec![pat(1, "a", "vso.build", 60)]));
    let slice = |number| {
        let slice = patkeeper_core::slice::Slice::new(number, 2);
        text(&organization(&[], slice, &quiet()))
    };
    let newer = |kind: &str| json!({"schema": format!("patkeeper.{kind}/2")}).to_string();
    for (texts, gap) in [
        (vec![], "no PatMonitor report"),
        (vec![audit(true).to_string()], "no PatMonitor report"),
        (vec!["{".to_owned()], "its report could not be read"),
        (
            vec![good.clone(), "{".to_owned()],
            "1 of 2 reports could not be read",
        ),
        (
            vec![good.clone(), newer("report"), good[..99].to_owned()],
            "2 of 3 reports could not be read",
        ),
        (vec![slice(1)], "only slices that no report merges"),
        (vec![slice(1), slice(2)], "only slices that no report merges"),
        (vec![good, newer("audit")], ""),
    ] {
        let trend = trend_point(texts.iter().map(String::as_str));
        assert_eq!((trend.gap.as_str(), trend.point.is_some()), (gap, gap.is_empty()));
    }
}

fn looked_at(texts: &[String], days: i64) -> Health {
    let mut health = Health::new(judged_at() + TimeDelta::days(days) + TimeDelta::hours(2));
    for text in texts {
        health.add("a.json", text);
    }
    health
}

#[test]
fn an_old_look_does_not_call_pats_healthy_that_have_ended_since() {
    let healthy = [text(&acme(vec![
        pat(1, "ci", "vso.build", 40),
        pat(2, "feed", "vso.code", 45),
        pat(3, "bot", "vso.work", 90),
    ]))];
    for (days, tone, headline, since) in [
        (
            0,
            Tone::Good,
            "All 3 PATs are healthy: the first one to end has 40 days left.",
            false,
        ),
        (
            2,
            Tone::Notice,
            "All 3 PATs were healthy on 2026-11-22: the first one to end had 40 days left.",
            false,
        ),
        (
            12,
            Tone::Warning,
            "Since this was judged 12 days ago, 1 PAT has come within 30 days of its end.",
            true,
        ),
        (
            39,
            Tone::Critical,
            "Since this was judged 39 days ago, 2 PATs have come within 7 days of their end.",
            true,
        ),
        (
            44,
            Tone::Bad,
            "Since this was judged 44 days ago, 1 PAT has ended, 1 has come within 7 days of its end.",
            true,
        ),
        (
            60,
            Tone::Bad,
            "Since this was judged 60 days ago, 2 PATs have ended, 1 has come within 30 days of its end.",
            true,
        ),
    ] {
        let overview = looked_at(&healthy, days).overview();
        assert_eq!(
            (overview.tone, overview.headline.as_str()),
            (tone, headline),
            "{days}"
        );
        assert_eq!(overview.since.is_some(), since, "{days}");
    }
    let since = looked_at(&healthy, 60).overview().since.unwrap();
    assert!(
        since.starts_with("Ended since: ci on 2027-01-01, feed on 2027-01-06. "),
        "{since}"
    );
}

#[test]
fn what_an_old_look_said_is_said_of_its_day() {
    let report = [text(&acme(vec![
        pat(1, "gone", "vso.build", -3),
        pat(2, "ci", "vso.build", 3),
    ]))];
    let overview = looked_at(&report, 9).overview();
    assert_eq!(
        overview.headline,
        "Since this was judged 9 days ago, 1 PAT has ended. On 2026-11-22: 1 PAT has ended, 1 ends within 7 days."
    );
    // A PAT that ends within hours of the look is no day old.
    let soon = acme(vec![pat(1, "ci", "vso.build", 0)]);
    let headline = looked_at(&[text(&soon)], 0).overview().headline;
    assert_eq!(
        headline,
        "Since this was judged, 1 PAT has ended. 1 PAT ends within 7 days."
    );
}

#[test]
fn the_timeline_of_an_old_look_tells_days_and_tones_of_today() {
    let report = [text(&acme(vec![pat(1, "ci", "vso.build", 40)]))];
    let today = looked_at(&report, 0).timeline();
    assert_eq!(today.ends[0].dots[0].lines[1], "40 d left, healthy");
    let timeline = looked_at(&report, 38).timeline();
    let day = &timeline.ends[0];
    assert_eq!((day.offset, day.tone), (2, Tone::Critical));
    assert_eq!(day.dots[0].tone, Tone::Critical);
    assert_eq!(
        day.dots[0].lines[1],
        "1 d left, critical; when it was judged 40 d left, healthy"
    );
}

#[test]
fn the_second_look_of_a_build_is_what_its_page_says() {
    let mut blind = reading(
        "acme",
        vec![
            pat(1, "ci-2026-08-20-77ab01cd", "vso.build", 3),
            pat(2, "feed", "vso.code", 40),
        ],
    );
    blind.unreadable.push(unread("the PATs of ann"));
    let before = monitor(&[blind], &quiet());
    let after = acme(vec![
        pat(9, "ci-2026-11-22-3f9c01ab", "vso.build", 90),
        pat(2, "feed", "vso.code", 40),
    ]);
    let overview = overview(&[text(&before), text(&later(after, 5))]);
    assert_eq!(
        (overview.tone, overview.headline.as_str()),
        (
            Tone::Good,
            "Both PATs are healthy: the first one to end has 40 days left."
        )
    );
    assert_eq!(overview.documents[0].state, DocumentState::Superseded);
    assert!(
        overview.documents[0].words.contains("a later report"),
        "{:?}",
        overview.documents
    );
    assert!(
        overview.notes[0].contains("its verdict was unknown"),
        "{:?}",
        overview.notes
    );
    assert_eq!(overview.as_of_words, "2026-11-22 08:05 UTC");
}

#[test]
fn what_a_later_step_did_to_a_pat_stands_beside_it() {
    let due = acme(vec![
        pat(1, "ci-one", "vso.build", 3),
        pat(2, "ci-two", "vso.build", 4),
    ]);
    let remarks = |texts: &[String]| {
        let health = page(texts);
        let query = PatQuery {
            limit: 9,
            ..PatQuery::default()
        };
        let rows = health.pats(&query).rows;
        let remarks: Vec<_> = rows.into_iter().map(|row| row.remark).collect();
        (health.overview(), remarks)
    };
    // Of two, one could not be revoked.
    let (overview, said) = remarks(&[text(&due), revocation(false).to_string()]);
    assert_eq!(said, [Some("revoked later in this build".to_owned()), None]);
    assert!(
        overview
            .headline
            .contains("1 of those that end soon was revoked later in this build."),
        "{}",
        overview.headline
    );
    assert_eq!(
        overview.as_of_words, "2026-11-22 08:00 UTC",
        "the PATs' own moment, not the revocation's"
    );
    // Nothing was done, or it was before the look, or elsewhere.
    let before = json!({"authorizationId": id(2), "displayName": "ci-two", "scopes": [], "validTo": "2026-11-26T09:00:00Z"});
    let dry = rotation(json!({"dryRun": true, "before": before.clone()})).to_string();
    let elsewhere = text(&monitor(
        &[reading("beta", vec![pat(1, "ci-one", "vso.build", 3)])],
        &quiet(),
    ));
    for texts in [
        [text(&due), revocation(true).to_string()],
        [text(&due), dry],
        [text(&later(due.clone(), 120)), revocation(false).to_string()],
        [elsewhere, revocation(false).to_string()],
    ] {
        assert!(remarks(&texts).1.iter().all(Option::is_none));
    }
    let rotated = rotation(json!({"before": before.clone()})).to_string();
    assert_eq!(
        remarks(&[text(&due), rotated]).1,
        [None, Some("replaced later in this build".to_owned())]
    );
    let extended = json!({"before": before, "rotated": false, "extended": true});
    let texts = [text(&due), rotation(extended).to_string()];
    assert_eq!(
        remarks(&texts).1,
        [None, Some("extended later in this build".to_owned())]
    );
    // What the build has dealt with has not "ended since".
    let old = looked_at(&texts, 30).overview();
    assert!(old.headline.contains("ago, 1 PAT has ended."), "{}", old.headline);
}

#[test]
fn what_a_newer_pat_has_replaced_is_not_called_healthy() {
    let mut newer = pat(7, "ci-build-2026-11-20", "vso.build_execute", 50);
    newer.valid_from = judged_at() - TimeDelta::days(2);
    let pats = vec![
        pat(6, "ci-build-2026-08-20", "vso.build_execute", 28),
        newer,
        pat(8, "x", "vso.code", 60),
    ];
    let report = acme(pats);
    assert_eq!(
        said(&report).1,
        "Both PATs are healthy, and 1 more is replaced by a newer one: the first one to end has 50 days left."
    );
    // Nobody waits for its end.
    let old = looked_at(&[text(&report)], 29).overview();
    assert!(!old.headline.contains("has ended"), "{}", old.headline);
}

#[test]
fn numbers_of_the_headline_are_grouped() {
    let pats = |left| (1..=1500).map(move |number| pat(number, &format!("pat {number}x"), "vso.build", left));
    assert!(
        said(&acme(pats(40).collect()))
            .1
            .starts_with("All 1,500 PATs are healthy"),
    );
    assert_eq!(said(&acme(pats(3).collect())).1, "1,500 PATs end within 7 days.");
}

#[test]
fn a_document_that_could_not_be_fetched_counts_like_one_that_could_not_be_read() {
    let mut health = page(&[
        text(&acme(vec![pat(1, "ci", "vso.build", 40)])),
        audit(true).to_string(),
    ]);
    health.missed("PatMonitor.json", "HTTP 503 after 3 tries");
    let overview = health.overview();
    assert!(
        overview.headline.starts_with(
            "A PAT was found in a public repository: see below what to do. 1 of 3 reports of this build"
        ),
        "{}",
        overview.headline
    );
    assert_eq!(overview.tone, Tone::Unknown);
    assert_eq!(overview.documents[2].state, DocumentState::Missed);
}

#[test]
fn a_policy_that_fails_the_step_is_no_mere_warning() {
    let judged = |fail_on_policy| {
        let settings = MonitorSettings {
            fail_on_policy,
            ..settings()
        };
        let report = monitor(&[reading("acme", vec![pat(1, "a", "app_token", 60)])], &settings);
        said(&report).0
    };
    assert_eq!(judged(FailOnPolicy::Never), Tone::Warning);
    assert_eq!(judged(FailOnPolicy::Error), Tone::Bad);
}

#[test]
fn an_old_page_says_how_old_it_is() {
    let report = text(&acme(vec![pat(1, "a", "vso.build", 3)]));
    let words = |days| {
        let mut health = Health::new(judged_at() + TimeDelta::days(days));
        health.add("a", &report);
        health.overview().as_of_words
    };
    assert_eq!(words(0), "2026-11-22 08:00 UTC");
    assert_eq!(words(1), "2026-11-22 08:00 UTC, 1 day ago");
    assert_eq!(words(40), "2026-11-22 08:00 UTC, 40 days ago");
    assert_eq!(words(-3), "2026-11-22 08:00 UTC", "a clock that is wrong");
    let other = monitor(&[reading("beta", Vec::new())], &quiet());
    let two = looked_at(&[report.clone(), text(&later(other, 65))], 40).overview();
    assert_eq!(
        two.as_of_words,
        "2026-11-22 08:00 UTC to 2026-11-22 09:05 UTC, 40 days ago"
    );
    assert_eq!(
        two.as_of, 1_795_334_400_000.0,
        "nothing passes for newer than it is"
    );
}
