//! `tests/vectors.json`: what pages are given and asked, and what they are answered. The same file is held against the
//! wasm in Node, by `xtask/npm/web.test.js`, so that both answer alike to the byte.
//!
//! After a change that is meant: `PATKEEPER_VECTORS=write cargo test -p patkeeper-web`, and read the difference.

use std::fs;
use std::path::Path;

use patkeeper_web::model::{Facets, FindingGroup, Overview, PatPage, PatQuery, Timeline, Trend};
use patkeeper_web::{Health, trend_point};
use serde::Serialize;

use crate::scenes::{Call, Scene, scenes};
use crate::stringify::{pretty, stringify};

#[derive(Serialize)]
struct Vector {
    name: &'static str,
    now: i64,
    documents: Vec<Given>,
    calls: Vec<Asked>,
}

/// A document, its text line by line.
#[derive(Serialize)]
struct Given {
    name: &'static str,
    lines: Vec<String>,
    entry: patkeeper_web::model::DocumentEntry,
}

#[derive(Serialize)]
struct Asked {
    #[serde(flatten)]
    call: Call,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
    /// The words of the error that was thrown.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Overview(Box<Overview>),
    Timeline(Timeline),
    Facets(Facets),
    Pats(PatPage),
    Findings(Vec<FindingGroup>),
    Trend(Trend),
}

fn vector(scene: Scene) -> Vector {
    let mut health = Health::new(scene.now);
    let texts: Vec<String> = scene.documents.iter().map(|(_, text)| text.clone()).collect();
    let documents = scene.documents.into_iter().map(|(name, text)| Given {
        name,
        entry: health.add(name, &text),
        lines: text.split('\n').map(str::to_owned).collect(),
    });
    let documents = documents.collect();
    let calls = scene.calls.into_iter().map(|call| {
        let mut error = None;
        let answer = match &call {
            Call::Overview => Some(Answer::Overview(Box::new(health.overview()))),
            Call::Timeline => Some(Answer::Timeline(health.timeline())),
            Call::Facets => Some(Answer::Facets(health.facets())),
            Call::Pats([query]) => {
                let query: PatQuery = serde_json::from_str(&stringify(query)).unwrap();
                Some(Answer::Pats(health.pats(&query)))
            }
            Call::Findings([per_rule]) => Some(Answer::Findings(health.findings(*per_rule))),
            Call::Judge([warning, critical]) => {
                error = health
                    .judge(*warning, *critical)
                    .err()
                    .map(|error| error.to_string());
                None
            }
            Call::JudgeAsReported => {
                health.judge_as_reported();
                None
            }
            Call::TrendPoint => Some(Answer::Trend(trend_point(texts.iter().map(String::as_str)))),
        };
        Asked { call, answer, error }
    });
    Vector {
        name: scene.name,
        now: scene.now.timestamp_millis(),
        documents,
        calls: calls.collect(),
    }
}

#[test]
fn pages_answer_as_the_vectors_say() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors.json");
    let vectors: Vec<Vector> = scenes().into_iter().map(vector).collect();
    let answered = pretty(&vectors);
    if std::env::var_os("PATKEEPER_VECTORS").is_some_and(|what| what == "write") {
        fs::write(&file, &answered).unwrap();
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    for (number, (line, wanted)) in (1..).zip(answered.lines().zip(expected.lines())) {
        assert_eq!(line, wanted, "line {number} of {}", file.display());
    }
    assert_eq!(
        answered.len(),
        expected.len(),
        "PATKEEPER_VECTORS=write writes it anew"
    );
}
