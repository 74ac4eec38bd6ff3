use patkeeper_core::organization::Organization;
use patkeeper_core::scope::ScopeSet;
use proptest::prelude::*;

use super::*;

const PAT: &str = "made-up-pat-of-forty-characters-01234567";
const JSON: (&str, &str) = ("content-type", "application/json");
const KNOWN: (&str, &str) = (
    "x-vss-userdata",
    "1111aaaa-0000-4000-8000-000000000001:svc@acme.example",
);
const NOBODY: (&str, &str) = ("x-vss-userdata", "AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa:Anonymous");

fn kinds() -> [Kind; 4] {
    let of =
        |scopes: &str| Probe::chosen(&Organization::parse("acme").unwrap(), &ScopeSet::parse(scopes)).kind();
    [Kind::Given, of("vso.build"), of("vso.code"), of("vso.made_up")]
}

/// What an answer says where the URL was given, is of a scope, of a scope that everybody may have, and connection
/// data: `w`orks, `p`erhaps, not `o`pen, `r`efused, `n`othing.
fn said(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let asked = |kind| match kind {
        Kind::Connection => "dev.azure.com/acme/_apis/connectionData",
        _ => "dev.azure.com/acme/_apis/x",
    };
    let letter = |kind| {
        let answer = Response::from_parts(asked(kind), status, headers.iter().copied(), body);
        match read(&answer, kind, &SecretString::from(PAT)) {
            Said::Works => 'w',
            Said::Perhaps => 'p',
            Said::NotOpen(..) => 'o',
            Said::Refused(..) => 'r',
            Said::Nothing(..) => 'n',
        }
    };
    kinds().map(letter).iter().collect()
}

#[test]
fn each_answer_proves_what_it_proves() {
    let page = [("content-type", "text/html; charset=utf-8")];
    let sign_in = "<html><head><title>Azure DevOps Services | Sign In</title></head></html>";
    let known = [JSON, KNOWN];
    for (status, headers, body, expected) in [
        (200, &known[..], "{}", "wwww"),
        (200, &[JSON], "{}", "pwpw"),
        (200, &[JSON, NOBODY], "{}", "rrrr"),
        (204, &[KNOWN], "", "wwwn"),
        (200, &page, "<html>A proxy's page</html>", "nnnn"),
        (200, &page, sign_in, "rrrr"),
        (203, &page, sign_in, "rrrr"),
        (
            302,
            &[("location", "https://spsprodweu1.vssps.visualstudio.com/_signin")],
            "",
            "rrrr",
        ),
        (401, &[("www-authenticate", "Basic realm=\"x\"")], "", "rrrr"),
        (401, &known, "", "rrrr"),
        (403, &known, "{\"message\":\"no\"}", "rwww"),
        (403, &[JSON], "{\"message\":\"no\"}", "roon"),
        (404, &known, "{\"message\":\"no\"}", "rwww"),
        (404, &page, "<html>", "roon"),
        (400, &known, "{\"message\":\"no\"}", "roon"),
        (405, &known, "", "rnnn"),
        (408, &[], "", "nnnn"),
        (429, &[], "", "nnnn"),
        (500, &[], "", "nnnn"),
        (503, &page, "<html>", "nnnn"),
    ] {
        assert_eq!(
            said(status, headers, body),
            expected,
            "{status} {headers:?} {body}"
        );
    }
}

#[test]
fn connection_data_of_the_anonymous_user_is_a_refusal() {
    for user in [
        r#"{"id":"aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"}"#,
        r#"{"descriptor":"System:PublicAccess;aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"}"#,
    ] {
        let body = format!("{{\"instanceId\":\"1\",\"authenticatedUser\":{user}}}");
        assert_eq!(said(200, &[JSON], &body), "pwpr");
    }
}

proptest! {
    #[test]
    fn no_answer_panics(status in 100_u16..600, user in "\\PC{0,50}", body in "\\PC{0,80}", kind in "\\PC{0,20}") {
        let _ = said(status, &[("x-vss-userdata", &user), ("content-type", &kind)], &body);
        let _ = said(status, &[JSON, ("x-vss-userdata", &user)], &body);
    }
}
