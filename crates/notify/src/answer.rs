//! What an answer to an alert means. Hosts explain themselves in a word or two of plain text.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{Echo, Response};
use secrecy::{ExposeSecret, SecretString};
use url::{Position, Url};

use crate::Listener;
use crate::digest::cut;

/// Longest quote of the host's words.
const WORDS: usize = 200;

/// Why the message was not taken; `None` when it was. The failure names the listener, the host and the status,
/// and quotes a few words without any part of the URL.
pub(crate) fn failure(listener: Listener, answer: &Response, url: &SecretString) -> Option<Failure> {
    let body = String::from_utf8_lossy(answer.body());
    let taken = (200..300).contains(&answer.status);
    let parts = parts(url);
    let echo = Echo::of(parts.iter().map(String::as_str));
    let words = cut(echo.out_of(&body).trim(), WORDS);
    let (code, why, way) = match refusal(listener, answer, &body) {
        Some(refusal) => refusal,
        None if taken => return None,
        None => by_status(answer.status),
    };
    let what = format!(
        "{} was not told: {} answered {}.",
        listener.name(),
        cut(&echo.out_of(&answer.asked), WORDS),
        answer.status
    );
    let failure = Failure::new(FailureKind::Service, what)
        .with_code(code)
        .with_why(why)
        .with_way_out(way);
    Some(if words.is_empty() {
        failure
    } else {
        failure.with_service_words(format!("\"{words}\""))
    })
}

type Refusal = (&'static str, &'static str, &'static str);

/// What the host's own words say, whatever the status: Teams connectors put refusals into a 200.
fn refusal(listener: Listener, answer: &Response, body: &str) -> Option<Refusal> {
    let says = |word: &str| body.contains(word);
    if listener == Listener::Webhook {
        return None;
    }
    if answer.content_type == "text/html" && answer.status < 300 {
        return Some((
            "webPage",
            "a web page came back where a chat host answers in a word, such as a proxy's or a sign-in page",
            "check that the URL is the webhook's own and that the agent reaches its host",
        ));
    }
    if listener == Listener::Teams {
        let too_large = answer.status == 413 || says("RequestEntityTooLarge") || says("HTTP error 413");
        return if too_large {
            Some((
                "tooLarge",
                "the message is over the host's limit",
                "report it: Patkeeper keeps messages under 28 kB",
            ))
        } else if says("WorkflowTriggerIsNotEnabled") {
            Some((
                "workflowOff",
                "the workflow behind the webhook is turned off",
                "turn it on in Teams, under Workflows",
            ))
        } else if says("Webhook message delivery failed") || answer.status == 400 {
            Some((
                "refusedCard",
                "Teams did not take the card: the workflow may expect another shape of message, or be broken",
                "make the webhook with the template 'Post to a channel when a webhook request is received'",
            ))
        } else {
            None
        };
    }
    const SLACK: &[(&str, Refusal)] = &[
        (
            "no_service",
            ("no_service", "the webhook was removed or turned off", NEW_SLACK),
        ),
        (
            "no_active_hooks",
            (
                "no_active_hooks",
                "the webhook was removed or turned off",
                NEW_SLACK,
            ),
        ),
        ("no_team", ("no_team", "the workspace is gone", NEW_SLACK)),
        (
            "team_disabled",
            ("team_disabled", "the workspace is turned off", NEW_SLACK),
        ),
        (
            "invalid_token",
            (
                "invalid_token",
                "the webhook's URL is not whole or no longer valid",
                NEW_SLACK,
            ),
        ),
        (
            "channel_is_archived",
            ("channel_is_archived", "the channel is archived", NEW_SLACK),
        ),
        (
            "channel_not_found",
            ("channel_not_found", "the channel is gone", NEW_SLACK),
        ),
        (
            "action_prohibited",
            (
                "action_prohibited",
                "the workspace's administrator forbids it",
                "ask the administrator",
            ),
        ),
        (
            "invalid_blocks",
            (
                "invalid_blocks",
                "Slack does not understand the message",
                REPORT_IT,
            ),
        ),
        (
            "invalid_payload",
            (
                "invalid_payload",
                "Slack does not understand the message",
                REPORT_IT,
            ),
        ),
    ];
    SLACK
        .iter()
        .find(|(word, _)| says(word))
        .map(|(_, refusal)| *refusal)
}

const NEW_SLACK: &str = "make a new incoming webhook in Slack and put its URL into the secret variable";
const REPORT_IT: &str = "report it, with this line";

fn by_status(status: u16) -> Refusal {
    const CHECK: &str = "check the webhook's URL; make a new webhook if it is gone";
    match status {
        300..=399 => (
            "redirect",
            "redirects are not followed, because the URL is a secret",
            "give the URL it leads to",
        ),
        401 | 403 => (
            "refused",
            "the host refuses it: the URL's signature may have ended",
            CHECK,
        ),
        404 | 410 => ("gone", "there is no such webhook any more", CHECK),
        413 => ("tooLarge", "the message is over the host's limit", REPORT_IT),
        429 => (
            "tooMany",
            "the host wants fewer messages, and kept wanting that",
            "run the step less often",
        ),
        500.. => (
            "hostFailed",
            "the host has a problem, and kept having it",
            "run the step again later",
        ),
        _ => ("notTaken", "the host did not take the message", CHECK),
    }
}

/// The parts of the URL that may be the secret in it: hosts quote the path they were asked.
fn parts(url: &SecretString) -> Vec<String> {
    let Ok(parsed) = Url::parse(url.expose_secret()) else {
        return vec![url.expose_secret().to_owned()];
    };
    // Not the host, which messages name.
    let mut parts = vec![parsed[Position::BeforePath..].to_owned()];
    parts.extend(parsed.path().split('/').map(str::to_owned));
    let pairs = parsed.query_pairs();
    parts.extend(pairs.flat_map(|(key, value)| [key.into_owned(), value.into_owned()]));
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://hooks.example/services/T0MADEUP/B0MADEUP/made-up-secret-part?sig=made-up-sig";

    fn ask(listener: Listener, status: u16, kind: &str, body: &str) -> Option<Failure> {
        let answer = Response::from_parts("hooks.example", status, [("content-type", kind)], body);
        failure(listener, &answer, &SecretString::from(URL))
    }

    fn code(listener: Listener, status: u16, body: &str) -> String {
        ask(listener, status, "text/plain", body).unwrap().code.unwrap()
    }

    #[test]
    fn each_host_says_yes_in_its_own_way() {
        assert_eq!(ask(Listener::Slack, 200, "text/plain", "ok"), None);
        assert_eq!(
            ask(Listener::Slack, 200, "application/json", "{\"ok\":true}"),
            None
        );
        assert_eq!(ask(Listener::Teams, 202, "", ""), None);
        assert_eq!(ask(Listener::Teams, 200, "text/plain", "1"), None);
        assert_eq!(ask(Listener::Webhook, 204, "", ""), None);
        assert_eq!(ask(Listener::Webhook, 200, "text/html", "<p>thanks"), None);
    }

    #[test]
    fn slacks_words_are_explained() {
        assert_eq!(code(Listener::Slack, 404, "no_service"), "no_service");
        assert_eq!(code(Listener::Slack, 400, "invalid_blocks"), "invalid_blocks");
        assert_eq!(
            code(Listener::Slack, 410, "channel_is_archived"),
            "channel_is_archived"
        );
        assert_eq!(code(Listener::Slack, 410, ""), "gone");
        let failure = ask(Listener::Slack, 404, "text/plain", "no_service").unwrap();
        assert_eq!(failure.what, "Slack was not told: hooks.example answered 404.");
        assert!(failure.ways_out[0].contains("new incoming webhook"));
        assert_eq!(failure.service_words.as_deref(), Some("\"no_service\""));
    }

    #[test]
    fn a_refusal_inside_a_200_is_one() {
        let body =
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413";
        assert_eq!(code(Listener::Teams, 200, body), "tooLarge");
        let body =
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 400";
        assert_eq!(code(Listener::Teams, 200, body), "refusedCard");
        let page = ask(Listener::Slack, 200, "text/html", "<html>Sign in").unwrap();
        assert_eq!(page.code.as_deref(), Some("webPage"));
    }

    #[test]
    fn every_other_status_is_a_failure_with_a_name() {
        for (status, name) in [
            (302, "redirect"),
            (400, "notTaken"),
            (403, "refused"),
            (404, "gone"),
            (410, "gone"),
            (413, "tooLarge"),
            (429, "tooMany"),
            (503, "hostFailed"),
        ] {
            assert_eq!(code(Listener::Webhook, status, ""), name);
        }
        assert_eq!(code(Listener::Teams, 413, ""), "tooLarge");
        assert_eq!(code(Listener::Teams, 400, "bad"), "refusedCard");
        assert_eq!(
            code(
                Listener::Teams,
                404,
                "{\"error\":{\"code\":\"WorkflowTriggerIsNotEnabled\"}}"
            ),
            "workflowOff"
        );
    }

    proptest! {
        #[test]
        fn no_words_of_a_host_bring_the_url_back(before in "[a-z \n]{0,230}", status in 300..600u16, part in 0..5usize) {
            let parts = [URL, "/services/T0MADEUP/B0MADEUP/made-up-secret-part", "T0MADEUP", "made-up-sig", "made-up-secret-part"];
            let body = format!("{before}{}", parts[part]);
            let failure = ask(Listener::Webhook, status, "text/plain", &body).unwrap();
            let shown = format!("{failure:?}");
            for secret in ["made-up", "MADEUP", "/services/"] {
                prop_assert!(!shown.contains(secret), "{}", shown);
            }
        }
    }
}
