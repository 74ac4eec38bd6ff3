//! Slack: blocks of an incoming webhook
//! (docs.slack.dev: 50 blocks a message, 150 characters a header, 3,000 characters a text).

use patkeeper_core::news::News;
use serde_json::{Value, json};

use crate::digest::{self, Digest, Item};

/// Most items shown; more would not be read in a chat.
const MOST_ITEMS: usize = 30;
/// Longest text of a section, in UTF-16 code units, under Slack's 3,000.
const SECTION: usize = 2_900;

/// The message. Text of strangers stands in `plain_text` only, where Slack parses neither mentions nor links
/// nor formatting, and is escaped besides.
#[must_use]
pub fn slack(news: &News<'_>) -> Value {
    let digest = Digest::of(news);
    let title = escape(&digest.title);
    let mut blocks = vec![
        json!({"type": "header", "text": plain(&digest::cut(&title, 150))}),
        section(&escape(&digest.sentence)),
    ];
    let mut rows: Vec<String> = digest.items.iter().take(MOST_ITEMS).map(row).collect();
    rows.extend(digest.more(MOST_ITEMS));
    blocks.extend(chunks(&rows).iter().map(|text| section(text)));
    if let Some(link) = digest.link {
        let text = format!("<{}|Open the build>", escape(link));
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}}));
    }
    blocks.push(json!({"type": "context", "elements": [plain(&escape(&digest.context))]}));
    // What notifications show in place of the blocks; it is parsed, so it holds no stranger's text.
    json!({"text": title, "blocks": blocks})
}

fn row(item: &Item) -> String {
    let row = format!("• {}: {}", item.label, escape(&item.subject));
    if item.detail.is_empty() {
        row
    } else {
        format!("{row} · {}", escape(&item.detail))
    }
}

/// Rows joined by line breaks into as few texts as the limit allows.
fn chunks(rows: &[String]) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    for row in rows {
        let length = |text: &str| text.encode_utf16().count();
        match chunks.last_mut() {
            Some(last) if length(last) + 1 + length(row) <= SECTION => {
                last.push('\n');
                last.push_str(row);
            }
            _ => chunks.push(row.clone()),
        }
    }
    chunks
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": plain(text)})
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// Slack's three control characters, so that `<!channel>` mentions nobody.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::{self, audited, revoked};

    const VERDICT: &str = "Verdict: unknown. 1 expired, 1 critical, 1 warning of 5 judged.";

    #[test]
    fn the_message_of_a_bad_day() {
        insta::assert_snapshot!(
            serde_json::to_string_pretty(&slack(&fixture::judged(&fixture::report(), VERDICT))).unwrap()
        );
    }

    #[test]
    fn the_message_of_a_good_day() {
        let message = slack(&fixture::judged(
            &fixture::healthy(),
            "Verdict: ok. 1 healthy of 1 judged.",
        ));
        insta::assert_snapshot!(serde_json::to_string_pretty(&message).unwrap());
    }

    #[test]
    fn the_messages_of_a_rotation_and_of_one_that_needs_a_person() {
        for (name, report) in [("rotated", fixture::rotated()), ("failed", fixture::failed())] {
            let message = fixture::tell(&report, &fixture::run("rotate"), slack);
            within_limits(&message);
            insta::assert_snapshot!(name, serde_json::to_string_pretty(&message).unwrap());
        }
    }

    #[test]
    fn a_rotation_of_a_thousand_hostile_names_stays_within_the_limits() {
        let report = fixture::poisoned(1_000, &"<!channel> & ".repeat(100));
        let message = fixture::tell(&report, &fixture::run("x"), slack);
        within_limits(&message);
        let shown = message.to_string();
        assert!(shown.contains("the build's summary lists all"), "{shown}");
        assert!(!shown.contains("<!"), "{shown}");
    }

    #[test]
    fn the_messages_of_revocations_and_of_an_audit() {
        for (name, message) in [
            ("revoked", revoked::tell(&revoked::revoked(), slack)),
            ("not_started", revoked::tell(&revoked::refused(), slack)),
            ("audited", audited::tell(&audited::audited(), slack)),
        ] {
            within_limits(&message);
            insta::assert_snapshot!(name, serde_json::to_string_pretty(&message).unwrap());
        }
    }

    #[test]
    fn what_failed_and_what_leaked_comes_first_however_much_else_there_is() {
        let text = "<!channel> & ".repeat(40);
        for (message, first) in [
            (
                revoked::tell(&revoked::poisoned(1_000, &text), slack),
                "not revoked",
            ),
            (audited::tell(&audited::poisoned(1_000, &text), slack), "leaked"),
        ] {
            within_limits(&message);
            let shown = message.to_string();
            assert!(shown.contains(" more: ") && !shown.contains("<!"), "{shown}");
            let rows = shown.find(&format!("• {first}")).expect(&shown);
            assert!(!shown[..rows].contains("• revoked"), "{shown}");
        }
    }

    fn within_limits(message: &Value) {
        let blocks = message["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50);
        for block in blocks {
            let texts = block["elements"]
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![block["text"].clone()]);
            for text in texts {
                let most = if block["type"] == "header" { 150 } else { 3_000 };
                let text = text["text"].as_str().unwrap();
                assert!(!text.is_empty() && text.encode_utf16().count() <= most, "{text}");
            }
        }
    }

    #[test]
    fn a_thousand_hostile_names_stay_within_the_limits_and_say_how_many_more() {
        let report = fixture::crowd(1_000, &"<!channel> & ".repeat(40));
        let message = slack(&fixture::judged(&report, VERDICT));
        within_limits(&message);
        let shown = message.to_string();
        assert!(shown.contains("and 970 more"), "{shown}");
        assert!(!shown.contains("<!"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_name_becomes_a_mention_or_a_link(name in "[<>!@#|&a-z/:*_~`\u{202e}\u{1b}\n-]{0,40}") {
            let judged = slack(&fixture::judged(&fixture::organization_of(3, &name), VERDICT));
            let rotation = fixture::tell(&fixture::poisoned(3, &name), &fixture::run(&name), slack);
            let revocation = revoked::tell(&revoked::poisoned(3, &name), slack);
            let audit = audited::tell(&audited::poisoned(3, &name), slack);
            for message in [judged, rotation, revocation, audit] {
                within_limits(&message);
                for block in message["blocks"].as_array().unwrap() {
                    let text = &block["text"];
                    if text["type"] == "mrkdwn" {
                        prop_assert_eq!(text["text"].as_str().unwrap(), fixture::SLACK_LINK);
                    } else {
                        let text = text["text"].as_str().or(block["elements"][0]["text"].as_str()).unwrap();
                        let hostile = text.contains(['<', '>', '\u{202e}', '\u{1b}']);
                        prop_assert!(!hostile, "{}", text);
                    }
                }
                prop_assert!(!message["text"].as_str().unwrap().contains('<'));
            }
        }
    }
}
