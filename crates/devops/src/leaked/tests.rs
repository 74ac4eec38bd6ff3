use patkeeper_http::Settings;

use super::*;

const PAT: &str = "made-up-pat-of-some-fifty-characters-0123456789abcdef";

fn leaked() -> LeakedPat {
    LeakedPat::new(Client::new(&Settings::default()).unwrap(), PAT.into())
}

fn said(status: u16, content_type: &str, body: &str) -> String {
    let answer = Response::from_parts(
        "dev.azure.com/acme",
        status,
        [("content-type", content_type)],
        body,
    );
    match leaked().read(&answer, ME) {
        Ok(_) => "answered".to_owned(),
        Err(No::Refused(reason, words)) => format!("refused: {reason} {words:?}"),
        Err(No::Other(failure)) => format!("nothing: {failure:?}"),
    }
}

#[test]
fn a_refusal_is_told_from_an_answer_that_says_nothing() {
    let page = "<html><title>Azure DevOps Services | Sign In</title></html>";
    for (status, kind, body) in [(401, "", ""), (203, "text/html", page), (302, "text/html", "")] {
        assert!(said(status, kind, body).starts_with("refused"), "{status}");
    }
    for (status, kind, body) in [
        (500, "", ""),
        (503, "text/html", "<html>Busy</html>"),
        (429, "", ""),
        (200, "text/html", "<html><title>Your company</title></html>"),
        (200, "application/json", "{"),
        (418, "", ""),
        // A policy keeps this machine out; from elsewhere the PAT may be let in.
        (403, "", ""),
        (
            403,
            "application/json",
            r#"{"message":"VS403463: The conditional access policy failed."}"#,
        ),
        (400, "text/html", "<html>Bad request</html>"),
    ] {
        assert!(said(status, kind, body).starts_with("nothing"), "{status}");
    }
    assert_eq!(said(200, "application/json", "{}"), "answered");
}

#[test]
fn the_pat_comes_back_in_no_words_and_is_never_printed() {
    let body = serde_json::json!({ "message": format!("No {PAT}."), "typeKey": PAT }).to_string();
    for status in [401, 500, 200, 418] {
        let shown = said(status, "application/json", &body);
        assert!(shown.contains("***") && !shown.contains(&PAT[..20]), "{shown}");
    }
    assert!(!format!("{:?}", leaked()).contains("made-up"));
}
