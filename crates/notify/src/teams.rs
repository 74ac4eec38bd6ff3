//! Teams: an adaptive card in the message envelope that workflows and connectors take
//! (learn.microsoft.com, "Create an Incoming Webhook" and the Teams connector: 28 KB a message).

use patkeeper_core::news::News;
use serde_json::{Value, json};

use crate::digest::{Digest, Item, Weight};

/// Most items shown.
const MOST_ITEMS: usize = 30;
/// Largest message, in bytes as sent: under 28 kB, with room for what the host adds around it.
const LARGEST: usize = 26_000;

/// The message. All text stands in text runs, which know no Markdown, and without angle brackets, since a
/// workflow reads `<at>` in a card as a mention.
#[must_use]
pub fn teams(news: &News<'_>) -> Value {
    let digest = Digest::of(news);
    let mut shown = digest.items.len().min(MOST_ITEMS);
    loop {
        let message = message(&digest, shown);
        if shown == 0 || message.to_string().len() <= LARGEST {
            return message;
        }
        shown -= 1;
    }
}

fn message(digest: &Digest<'_>, shown: usize) -> Value {
    let title = harmless(&digest.title);
    let mut body = vec![
        rich(vec![
            json!({"type": "TextRun", "text": title, "size": "Large", "weight": "Bolder"}),
        ]),
        rich(vec![run(&digest.sentence)]),
    ];
    body.extend(digest.items.iter().take(shown).map(row));
    if let Some(more) = digest.more(shown) {
        body.push(rich(vec![run(&more)]));
    }
    let context = harmless(&digest.context);
    body.push(rich(vec![
        json!({"type": "TextRun", "text": context, "size": "Small", "isSubtle": true}),
    ]));
    let open = |url| json!({"type": "Action.OpenUrl", "title": "Open the build", "url": url});
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": "Patkeeper has news of your PATs. This client cannot show the card.",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": digest.link.map(open).into_iter().collect::<Vec<_>>(),
    });
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn row(item: &Item) -> Value {
    let color = match item.weight {
        Weight::Bad => "Attention",
        Weight::Soon => "Warning",
        Weight::Good => "Good",
    };
    let label = json!({"type": "TextRun", "text": item.label, "color": color, "weight": "Bolder"});
    let subject = format!(" {}", harmless(&item.subject));
    if item.detail.is_empty() {
        return rich(vec![label, run(&subject)]);
    }
    rich(vec![
        label,
        json!({"type": "TextRun", "text": subject, "weight": "Bolder"}),
        run(&format!(" · {}", item.detail)),
    ])
}

fn rich(inlines: Vec<Value>) -> Value {
    json!({"type": "RichTextBlock", "inlines": inlines})
}

fn run(text: &str) -> Value {
    json!({"type": "TextRun", "text": harmless(text)})
}

fn harmless(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::{self, audited, revoked};

    const VERDICT: &str = "Verdict: unknown. 1 expired, 1 critical, 1 warning of 5 judged.";

    #[test]
    fn the_card_of_a_bad_day() {
        insta::assert_snapshot!(
            serde_json::to_string_pretty(&teams(&fixture::judged(&fixture::report(), VERDICT))).unwrap()
        );
    }

    #[test]
    fn a_thousand_names_say_how_many_more() {
        let message = teams(&fixture::judged(&fixture::crowd(1_000, "猫"), VERDICT)).to_string();
        assert_eq!(message.matches("\"expired\"").count(), MOST_ITEMS);
        assert!(message.contains("and 970 more"), "{message}");
    }

    #[test]
    fn long_words_stay_under_28_kb_and_say_how_many_more() {
        let message = teams(&fixture::judged(
            &fixture::preached(1_000, &"猫\"".repeat(200)),
            VERDICT,
        ))
        .to_string();
        assert!(message.len() < 28_000, "{}", message.len());
        let shown = message.matches("\"policy\"").count();
        assert!((10..MOST_ITEMS).contains(&shown), "{shown}");
        assert!(
            message.contains(&format!("and {} more", 1_000 - shown)),
            "{message}"
        );
    }

    #[test]
    fn the_cards_of_a_rotation_and_of_one_that_needs_a_person() {
        for (name, report) in [("rotated", fixture::rotated()), ("failed", fixture::failed())] {
            let message = fixture::tell(&report, &fixture::run("rotate"), teams);
            insta::assert_snapshot!(name, serde_json::to_string_pretty(&message).unwrap());
        }
    }

    #[test]
    fn a_rotation_of_long_words_stays_under_28_kb() {
        let report = fixture::poisoned(1_000, &"猫\"".repeat(400));
        let message = fixture::tell(&report, &fixture::run("x"), teams).to_string();
        assert!(message.len() < 28_000, "{}", message.len());
        assert!(message.contains("the build's summary lists all"), "{message}");
    }

    #[test]
    fn the_cards_of_revocations_and_of_an_audit() {
        for (name, message) in [
            ("revoked", revoked::tell(&revoked::revoked(), teams)),
            ("not_started", revoked::tell(&revoked::refused(), teams)),
            ("audited", audited::tell(&audited::audited(), teams)),
        ] {
            insta::assert_snapshot!(name, serde_json::to_string_pretty(&message).unwrap());
        }
    }

    #[test]
    fn revocations_and_audits_of_long_words_stay_under_28_kb() {
        let text = "猫\"".repeat(400);
        for message in [
            revoked::tell(&revoked::poisoned(1_000, &text), teams).to_string(),
            audited::tell(&audited::poisoned(1_000, &text), teams).to_string(),
        ] {
            assert!(message.len() < 28_000, "{}", message.len());
            assert!(message.contains(" more: "), "{message}");
        }
    }

    #[test]
    fn without_a_build_there_is_no_button() {
        let mut report = fixture::report();
        report.run.link = None;
        let card = &teams(&fixture::judged(&report, VERDICT))["attachments"][0]["content"];
        assert_eq!(card["actions"], json!([]));
    }

    proptest! {
        #[test]
        fn no_name_becomes_markdown_or_a_mention(name in "[<>at\\[\\]()*_`#&\u{202e}\u{1b}\n-]{0,40}") {
            let judged = teams(&fixture::judged(&fixture::organization_of(3, &name), VERDICT));
            let rotation = fixture::tell(&fixture::poisoned(3, &name), &fixture::run(&name), teams);
            let revocation = revoked::tell(&revoked::poisoned(3, &name), teams);
            let audit = audited::tell(&audited::poisoned(3, &name), teams);
            for message in [judged, rotation, revocation, audit] {
                for block in message["attachments"][0]["content"]["body"].as_array().unwrap() {
                    prop_assert_eq!(&block["type"], "RichTextBlock");
                    for inline in block["inlines"].as_array().unwrap() {
                        prop_assert_eq!(&inline["type"], "TextRun");
                        let text = inline["text"].as_str().unwrap();
                        let hostile = text.contains(['<', '>', '\u{202e}', '\u{1b}']);
                        prop_assert!(!hostile, "{}", text);
                    }
                }
            }
        }
    }
}
