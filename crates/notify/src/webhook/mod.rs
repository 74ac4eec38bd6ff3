//! Any webhook: `patkeeper.alert/1`, a document for programs.

mod audit;
mod monitor;
mod revocation;
mod rotation;

use patkeeper_core::failure::Failure;
use patkeeper_core::news::News;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::report::{Run, Tool, UnreadableEntry};
use serde_json::{Value, json};

use crate::digest::{self, cut, name};

/// The value of the document's `schema`.
pub const SCHEMA: &str = "patkeeper.alert/1";

/// Most entries in each of its lists; `leftOut` counts the others.
const MOST: usize = 50;
/// Longest sentence in it, in UTF-16 code units.
const LONGEST: usize = 300;

/// The document: what the verdict is, and the most urgent of what led to it. Names are one harmless line each;
/// a program goes by `authorizationId`. A rotation's has the key `rotation`, a revocation's `revocation`, an audit's
/// `audit`.
#[must_use]
pub fn webhook(news: &News<'_>) -> Value {
    match *news {
        News::Monitor { report, verdict } => monitor::document(report, verdict),
        News::Rotation {
            report,
            run,
            sentence,
        } => rotation::document(report, run, sentence),
        News::Revocation { report, sentence } => revocation::document(report, sentence),
        News::Audit { report, sentence } => audit::document(report, sentence),
    }
}

/// What every document has.
fn frame(run: &Run, tool: &Tool, verdict: &str) -> Value {
    json!({
        "schema": SCHEMA,
        "tool": {"name": tool.name, "version": tool.version},
        "at": run.at,
        "verdict": cut(verdict, 1_000),
        "pipeline": run.pipeline.as_deref().map(name),
        "link": digest::link(run),
    })
}

fn fill(document: &mut Value, with: Value) {
    if let (Value::Object(document), Value::Object(with)) = (document, with) {
        document.extend(with);
    }
}

fn id(id: &AuthorizationId) -> String {
    cut(id.as_str(), 64)
}

/// As many as are shown, and how many are not.
fn most(all: impl IntoIterator<Item = Value>) -> (Vec<Value>, usize) {
    let mut all = all.into_iter();
    let shown = all.by_ref().take(MOST).collect();
    (shown, all.count())
}

/// What could not be read, and how many are left out.
fn unreadable(entries: &[UnreadableEntry]) -> (Vec<Value>, usize) {
    most(entries.iter().map(|entry| {
        json!({
            "organization": name(&entry.organization),
            "what": cut(&entry.what, LONGEST),
            "why": cut(&entry.failure.what, LONGEST),
        })
    }))
}

/// Sentences, and how many are left out.
fn sentences(all: &[String]) -> (Vec<Value>, usize) {
    most(all.iter().map(|sentence| json!(cut(sentence, LONGEST))))
}

fn failure(failure: &Failure) -> Value {
    let ways_out = failure.ways_out.iter().take(10);
    json!({
        "exitCode": failure.kind.exit_code(),
        "code": failure.code.as_deref().map(|code| cut(code, 100)),
        "what": cut(&failure.what, LONGEST),
        "why": failure.why.as_deref().map(|why| cut(why, LONGEST)),
        "waysOut": ways_out.map(|way| cut(way, LONGEST)).collect::<Vec<_>>(),
        "serviceWords": failure.service_words.as_deref().map(|words| cut(words, LONGEST)),
    })
}

#[cfg(test)]
mod tests {
    use patkeeper_core::report::SliceEntry;

    use super::*;
    use crate::fixture::{self, audited, revoked};

    #[test]
    fn the_document_of_a_bad_day() {
        let document = webhook(&fixture::judged(
            &fixture::report(),
            "Verdict: unknown. 1 expired of 5 judged.",
        ));
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }

    #[test]
    fn the_documents_of_a_rotation_and_of_one_that_needs_a_person() {
        for (name, report) in [("rotated", fixture::rotated()), ("failed", fixture::failed())] {
            let document = fixture::tell(&report, &fixture::run("rotate"), webhook);
            insta::assert_snapshot!(name, serde_json::to_string_pretty(&document).unwrap());
        }
    }

    #[test]
    fn the_documents_of_revocations_and_of_an_audit() {
        for (name, document) in [
            ("revoked", revoked::tell(&revoked::revoked(), webhook)),
            ("not_started", revoked::tell(&revoked::refused(), webhook)),
            ("audited", audited::tell(&audited::audited(), webhook)),
        ] {
            insta::assert_snapshot!(name, serde_json::to_string_pretty(&document).unwrap());
        }
    }

    #[test]
    fn long_lists_of_revocations_and_audits_are_cut_and_counted_most_urgent_first() {
        let text = "long ".repeat(1_000);
        let revocation = revoked::tell(&revoked::poisoned(60, &text), webhook);
        assert_eq!(revocation["revocation"]["pats"][0]["outcome"], "failed");
        assert_eq!(revocation["leftOut"]["pats"], 11);
        assert_eq!(revocation["leftOut"]["unreadable"], 10);
        let audit = audited::tell(&audited::poisoned(60, &text), webhook);
        assert_eq!(audit["audit"]["events"].as_array().unwrap().len(), MOST);
        assert_eq!(audit["audit"]["events"][MOST - 1]["leaked"], true);
        assert_eq!(audit["leftOut"]["actors"], 10);
        for document in [revocation, audit] {
            assert!(document.to_string().len() < 200_000);
        }
    }

    #[test]
    fn a_rotations_long_lists_are_cut_and_counted() {
        let report = fixture::poisoned(60, &"long ".repeat(1_000));
        let document = fixture::tell(&report, &fixture::run("x"), webhook);
        assert_eq!(document["rotation"]["others"].as_array().unwrap().len(), MOST);
        assert_eq!(document["leftOut"]["others"], 130);
        assert_eq!(document["leftOut"]["warnings"], 10);
        assert!(document.to_string().len() < 100_000);
    }

    #[test]
    fn an_organizations_document_names_owners_and_counts_what_is_only_counted() {
        let mut report = fixture::organization_of(5_000, "ann@acme.example");
        let document = webhook(&fixture::judged(&report, ""));
        assert_eq!(document["pats"][0]["owner"], "ann@acme.example");
        assert_eq!(document["findings"][0]["owner"], "ann@acme.example");
        assert_eq!(document["leftOut"]["pats"], 4_998);
        assert_eq!(document["leftOut"]["findings"], 4_999);
        assert_eq!(document.get("slice"), None);
        report.slice = Some(SliceEntry {
            position: 3,
            of: 8,
            unmatched: Vec::new(),
            undecided: Vec::new(),
            unused: None,
        });
        let document = webhook(&fixture::judged(&report, ""));
        assert_eq!(document["slice"], json!({"position": 3, "of": 8}));
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let document = webhook(&fixture::judged(&fixture::crowd(60, "x"), ""));
        assert_eq!(document["pats"].as_array().unwrap().len(), MOST);
        assert_eq!(document["leftOut"]["pats"], 10);
    }

    #[test]
    fn a_hostile_name_is_one_harmless_line() {
        let name = "a\n##vso[task.complete]\u{202e}b";
        let judged = webhook(&fixture::judged(&fixture::organization_of(1, name), name));
        let rotation = fixture::tell(&fixture::poisoned(1, name), &fixture::run(name), webhook);
        let revocation = revoked::tell(&revoked::poisoned(1, name), webhook);
        let audit = audited::tell(&audited::poisoned(1, name), webhook);
        for document in [judged, rotation, revocation, audit] {
            let document = document.to_string();
            for hostile in ["##vso", "\u{202e}", "\\n"] {
                assert!(!document.contains(hostile), "{document}");
            }
        }
    }
}
