//! Whatever the documents hold and whoever asks: no panic, nothing hidden, and counts that add up.

use chrono::DateTime;
use patkeeper_core::text::is_hidden;
use patkeeper_web::model::{PatQuery, PatSort};
use patkeeper_web::{Health, trend_point};
use proptest::prelude::*;
use serde_json::Value;

use crate::documents::now;
use crate::scenes::scenes;
use crate::stringify::stringify;

/// Documents that are whole, cut off, or changed in one place.
fn any_text() -> impl Strategy<Value = String> {
    let texts: Vec<String> = scenes()
        .into_iter()
        .flat_map(|scene| scene.documents.into_iter().map(|(_, text)| text))
        .collect();
    let changed = (
        proptest::sample::select(texts.clone()),
        any::<proptest::sample::Index>(),
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<u32>().prop_map(Value::from),
            "\\PC{0,8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T00:00:00Z|[+-]?[0-9]{6}-01-01T00:00:00Z|<script>|expired|\u{202e}x\u{0}"
                .prop_map(Value::from),
            Just(Value::Array(Vec::new())),
        ],
    );
    let changed = changed.prop_map(|(text, at, by)| {
        let Ok(mut value) = serde_json::from_str::<Value>(&text) else {
            return text;
        };
        let mut places = Vec::new();
        collect(&value, String::new(), &mut places);
        if !places.is_empty() {
            let place = at.get(&places).clone();
            *value.pointer_mut(&place).unwrap() = by;
        }
        value.to_string()
    });
    let cut = (
        proptest::sample::select(texts.clone()),
        any::<proptest::sample::Index>(),
    )
        .prop_map(|(text, at)| text.chars().take(at.index(text.len().max(1))).collect());
    prop_oneof![
        3 => changed,
        2 => proptest::sample::select(texts),
        1 => cut,
        1 => "\\PC{0,60}",
    ]
}

fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, format!("{at}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(item, format!("{at}/{number}"), places);
            }
        }
        _ => places.push(at),
    }
}

prop_compose! {
    fn any_query()(
        search in "\\PC{0,6}|ci|acme a",
        statuses in prop::collection::vec("expired|healthy|warning|\\PC{0,3}", 0..3),
        owner in prop::option::weighted(0.2, "aad.ann|\\PC{0,3}"),
        scope in prop::option::weighted(0.2, "vso.build|\\PC{0,3}"),
        rule in prop::option::weighted(0.2, "full-access|\\PC{0,3}"),
        day in prop::option::weighted(0.2, "2026-12-01|\\PC{0,3}"),
        sort in prop_oneof![
            Just(PatSort::Urgency), Just(PatSort::Ends), Just(PatSort::Name), Just(PatSort::Owner),
            Just(PatSort::Lifetime), Just(PatSort::Findings),
        ],
        descending in any::<bool>(),
        offset in prop_oneof![Just(0), 0_u32..5, any::<u32>()],
        limit in prop_oneof![Just(500), 0_u32..5, any::<u32>()],
    ) -> PatQuery {
        PatQuery { search, statuses, owner, scope, rule, organization: None, day, sort, descending, offset, limit }
    }
}

/// Every text of an answer that the page shows; ids go back into queries.
fn texts(value: &Value, shown: &mut Vec<String>) {
    match value {
        Value::String(text) => shown.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, shown)),
        Value::Object(members) => {
            for (_, member) in members.iter().filter(|(name, _)| *name != "id") {
                texts(member, shown);
            }
        }
        _ => {}
    }
}

fn assert_visible(answer: &impl serde::Serialize) {
    let mut shown = Vec::new();
    texts(&serde_json::from_str(&stringify(answer)).unwrap(), &mut shown);
    for text in shown {
        assert!(!text.chars().any(is_hidden), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn no_document_and_no_question_breaks_the_page(
        given in prop::collection::vec(("\\PC{0,9}|\u{202e}", any_text()), 0..4),
        query in any_query(),
        warning in any::<u32>(),
        critical in any::<u32>(),
        moment in prop_oneof![Just(now().timestamp_millis()), -99_999_999_999_999_i64..999_999_999_999_999],
    ) {
        let mut health = Health::new(DateTime::from_timestamp_millis(moment).unwrap_or_default());
        for (name, text) in &given {
            assert_visible(&health.add(name, text));
        }
        let as_reported = health.overview();
        for tried in [false, true] {
            if tried && health.judge(warning, critical).is_err() {
                prop_assert!(critical > warning);
            }
            let overview = health.overview();
            prop_assert!(!overview.headline.is_empty());
            prop_assert_eq!(overview.documents.len(), given.len());
            assert_visible(&overview);
            let timeline = health.timeline();
            assert_visible(&timeline);
            let page = health.pats(&query);
            assert_visible(&page);
            prop_assert!(page.rows.len() <= 500 && page.matching <= page.of);
            prop_assert!(page.rows.len() <= page.matching as usize);
            let ends: u32 = timeline.ends.iter().map(|day| day.count).sum();
            prop_assert_eq!(ends + timeline.earlier + timeline.later, page.of);
            let facets = health.facets();
            assert_visible(&facets);
            prop_assert_eq!(facets.statuses.iter().map(|count| count.count).sum::<u32>(), page.of);
            assert_visible(&health.findings(3));
        }
        health.judge_as_reported();
        prop_assert_eq!(health.overview(), as_reported);
        assert_visible(&trend_point(given.iter().map(|(_, text)| text.as_str())));
    }
}
