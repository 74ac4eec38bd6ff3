use proptest::prelude::*;
use serde_json::json;

use super::*;

const SECRET: &str = "made-up~client.secret-0123456789-abcdefghij";
const DOING: &str = "sign in the app a-1 in tenant t-1 (service connection, client secret)";

fn answered(status: u16, kind: &str, body: &str) -> Failure {
    let headers = [("content-type", kind), ("x-ms-request-id", "r-1")];
    let answer = Response::from_parts("login.microsoftonline.com/t-1", status, headers, body);
    failure(&answer, DOING, &Echo::of([SECRET]))
}

fn refused(status: u16, error: &str, number: u64, message: &str) -> Failure {
    let body = json!({
        "error": error, "error_codes": [number], "timestamp": "2026-11-21 10:00:00Z",
        "error_description": format!("AADSTS{number}: {message} Trace ID: tr-1 Correlation ID: co-1"),
    });
    answered(status, "application/json; charset=utf-8", &body.to_string())
}

#[test]
fn a_known_code_has_its_advice_and_microsofts_words_with_their_ids() {
    let failure = refused(
        401,
        "invalid_client",
        7_000_222,
        "The provided client secret keys are expired.",
    );
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(failure.code.as_deref(), Some("AADSTS7000222"));
    assert_eq!(failure.what, format!("Microsoft Entra refused to {DOING}"));
    assert!(failure.why.unwrap().contains("expired"));
    assert_eq!(
        failure.service_words.as_deref(),
        Some(
            "\"AADSTS7000222: The provided client secret keys are expired. Trace ID: tr-1 Correlation ID: co-1\" \
             (invalid_client, HTTP 401, request r-1)"
        )
    );
}

#[test]
fn each_class_of_code_has_a_row_of_its_own() {
    for number in [
        65001, 650_053, 50011, 7_000_218, 700_016, 700_025, 50076, 50079, 53003, 7_000_215, 7_000_222,
        700_024, 700_211, 700_212, 700_213, 70021, 90002, 500_011,
    ] {
        let failure = refused(400, "invalid_grant", number, "No.");
        assert_eq!(failure.code, Some(format!("AADSTS{number}")));
        assert_eq!(failure.kind, FailureKind::Refused, "{number}");
        assert!(!failure.ways_out.is_empty() && failure.why.is_some(), "{number}");
        assert!(
            !failure.ways_out[0].contains("look the code up"),
            "{number} has no row"
        );
    }
}

#[test]
fn a_code_without_advice_is_a_refusal_all_the_same() {
    let failure = refused(400, "invalid_request", 999_999_999, "Something new.");
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Refused, Some("AADSTS999999999"))
    );
    assert!(failure.ways_out[0].ends_with("code=999999999"), "{failure:?}");
    assert!(failure.service_words.unwrap().contains("Something new."));
}

#[test]
fn a_code_is_found_in_the_message_where_none_is_listed() {
    let body =
        json!({ "error": "invalid_client", "error_description": "AADSTS700016: Application not found." });
    let failure = answered(400, "application/json", &body.to_string());
    assert_eq!(failure.code.as_deref(), Some("AADSTS700016"));
}

#[test]
fn a_service_that_fails_or_is_busy_is_not_a_refusal() {
    for (status, body, code) in [
        (500, "{}", "serviceError"),
        (503, "<html>Service unavailable</html>", "serviceError"),
        (408, "", "serviceError"),
        (429, "{\"error\":\"temporarily_unavailable\"}", "rateLimit"),
        (200, "{}", "notUnderstood"),
        (200, "{\"access_token\":7}", "notUnderstood"),
        (302, "", "notUnderstood"),
        (403, "<html>Blocked by the filter</html>", "notUnderstood"),
        (400, "null", "notUnderstood"),
    ] {
        let failure = answered(status, "text/html", body);
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (FailureKind::Service, Some(code)),
            "{status} {body}"
        );
        assert_eq!(failure.what, format!("Microsoft Entra failed to {DOING}"));
        assert!(!failure.ways_out.is_empty());
    }
}

#[test]
fn an_error_without_a_code_is_a_refusal_with_its_words() {
    let failure = answered(400, "application/json", "{\"error\":\"unauthorized_client\"}");
    assert_eq!(
        (failure.kind, failure.service_words.as_deref()),
        (
            FailureKind::Refused,
            Some("unauthorized_client, HTTP 400, request r-1")
        )
    );
}

#[test]
fn the_ids_at_the_end_of_a_long_message_stay_and_a_line_holds_it() {
    let failure = refused(400, "invalid_request", 90002, &"No such tenant, ".repeat(200));
    let words = failure.service_words.unwrap();
    assert!(words.starts_with("\"AADSTS90002: No such tenant, No"), "{words}");
    assert!(
        words.ends_with("Trace ID: tr-1 Correlation ID: co-1\" (invalid_request, HTTP 400, request r-1)")
    );
    assert!(words.chars().count() < 800, "{words}");
}

#[test]
fn a_secret_that_is_quoted_back_is_taken_out_before_words_are_shortened() {
    let (start, after) = (38, 35);
    for left in [10, 19, SECRET.len() - 10] {
        for (before, behind) in [(400 - start - left, 900), (900, 240 - after - left)] {
            let (before, behind) = ("x".repeat(before), "y".repeat(behind));
            let message = format!("{before}Invalid client secret '{SECRET}' provided.{behind}");
            let words = refused(401, "invalid_client", 7_000_215, &message)
                .service_words
                .unwrap();
            assert!(!words.contains(&SECRET[..8]), "{words}");
            assert!(!words.contains(&SECRET[SECRET.len() - 8..]), "{words}");
        }
    }
}

proptest! {
    #[test]
    fn no_answer_panics_and_no_secret_comes_back(
        status in 100..999u16, text in "\\PC{0,60}", numbers in proptest::collection::vec(any::<i64>(), 0..4),
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let said = format!("{text}{SECRET}{text}");
        let body = json!({ "error": said, "error_description": said, "suberror": said, "error_codes": numbers });
        for body in [body.to_string(), said, String::from_utf8_lossy(&bytes).into_owned()] {
            let shown = format!("{:?}", answered(status, "application/json", &body));
            prop_assert!(!shown.contains(SECRET), "{}", shown);
        }
    }
}
