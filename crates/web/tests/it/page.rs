//! What people read, and what they can ask for.

use chrono::TimeDelta;
use patkeeper_core::judge::MonitorSettings;
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
    let texts = [
        text(&report),
        "broken".to_owned(),
        rotation(json!({})).to_string(),
    ];
    let point = trend_point(texts.iter().map(String::as_str)).unwrap();
    assert_eq!(
        (point.healthy, point.due, point.dead, point.unreadable),
        (1, 2, 1, 0)
    );
    assert_eq!((point.tone, point.verdict.as_str()), (Tone::Bad, "expired"));
    assert_eq!(trend_point(texts.iter().skip(1).map(String::as_str)), None);
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
}
