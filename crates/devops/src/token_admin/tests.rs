use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::published;

fn answer(body: &str) -> Response {
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("date", "Sat, 21 Nov 2026 10:00:00 GMT"),
    ];
    Response::from_parts("vssps.dev.azure.com/acme", 200, headers, body)
}

fn token(changes: Value) -> Value {
    let mut token = json!({
        "clientId": "00000000-0000-0000-0000-000000000000", "accessId": "00000000-0000-0000-0000-000000000000",
        "authorizationId": "BBBB0000-0000-0000-0000-00000000000B", "userId": "00000000-0000-0000-0000-000000000001",
        "hostAuthorizationId": "00000000-0000-0000-0000-000000000000",
        "validFrom": "2026-10-01T00:00:00", "validTo": "2026-12-01T00:00:00.52", "displayName": "ci",
        "scope": "vso.code vso.build", "targetAccounts": ["AAAA0000-0000-0000-0000-00000000000A"], "token": null,
        "alternateToken": null, "isValid": true, "isPublic": false, "publicData": null, "source": null, "claims": {}
    });
    for (name, value) in changes.as_object().unwrap() {
        if value == "absent" {
            token.as_object_mut().unwrap().remove(name);
        } else {
            token[name] = value.clone();
        }
    }
    token
}

fn listed(tokens: &[Value]) -> Page {
    page(&answer(
        &json!({ "value": tokens, "continuationToken": null }).to_string(),
    ))
    .unwrap()
}

fn one(changes: Value) -> Page {
    listed(&[token(changes)])
}

#[test]
fn dates_without_a_zone_are_utc() {
    let pat = one(json!({})).pats.remove(0);
    assert_eq!(pat.valid_from.to_rfc3339(), "2026-10-01T00:00:00+00:00");
    assert_eq!(pat.valid_to.to_rfc3339(), "2026-12-01T00:00:00.520+00:00");
    assert_eq!(
        pat.authorization_id.as_str(),
        "bbbb0000-0000-0000-0000-00000000000b"
    );
    assert_eq!(pat.scopes.len(), 2);
    assert_eq!(
        pat.reach,
        Reach::Organizations(vec!["aaaa0000-0000-0000-0000-00000000000a".to_owned()])
    );
}

#[test]
fn what_is_not_valid_before_its_end_was_revoked_and_what_is_past_it_has_expired() {
    let past = "2026-11-21T09:59:59";
    assert_eq!(one(json!({})).pats[0].listed, Listed::Active);
    assert_eq!(one(json!({ "validTo": past })).pats[0].listed, Listed::Expired);
    let expired = one(json!({ "validTo": past, "isValid": false }));
    assert_eq!((expired.pats.len(), expired.revoked.len()), (1, 0));
    assert_eq!(expired.pats[0].listed, Listed::Expired);
    let revoked = one(json!({ "isValid": false, "validFrom": null }));
    assert_eq!(
        (revoked.pats.len(), revoked.odd.len(), revoked.revoked.len()),
        (0, 0, 1)
    );
    for silent in [json!(null), json!("absent")] {
        assert_eq!(one(json!({ "isValid": silent })).pats[0].listed, Listed::Active);
    }
}

#[test]
fn ssh_keys_are_no_pats() {
    let page = one(json!({ "isPublic": true, "authorizationId": null }));
    assert_eq!((page.pats.len(), page.odd.len()), (0, 0));
}

#[test]
fn what_may_be_missing_may_be_missing() {
    for nothing in [json!(null), json!("absent")] {
        let page = one(json!({
            "displayName": nothing, "scope": nothing, "targetAccounts": nothing, "isPublic": nothing,
        }));
        let pat = &page.pats[0];
        assert_eq!((pat.display_name.as_str(), pat.scopes.len()), ("", 0));
        assert_eq!(pat.reach, Reach::AllOrganizations);
    }
    assert_eq!(one(json!({ "scope": "" })).pats[0].scopes.len(), 0);
}

#[test]
fn an_entry_that_is_not_understood_is_named_and_the_others_count() {
    for (name, value) in [
        ("authorizationId", json!(null)),
        ("authorizationId", json!(" ")),
        ("authorizationId", json!(7)),
        ("validFrom", json!("absent")),
        ("validFrom", json!("soon")),
        ("validTo", json!(null)),
        ("validTo", json!(1_795_255_200)),
        ("displayName", json!(["ci"])),
        ("scope", json!({})),
        ("targetAccounts", json!("all")),
        ("targetAccounts", json!([1])),
        ("isValid", json!("yes")),
        ("isPublic", json!(1)),
    ] {
        let page = listed(&[token(json!({ name: value })), token(json!({})), json!("x")]);
        assert_eq!((page.pats.len(), page.odd.len()), (1, 2), "{name}: {value}");
        assert_eq!(
            (page.odd[1].name.as_deref(), page.odd[1].id.as_deref()),
            (None, None)
        );
        if name != "displayName" {
            assert_eq!(page.odd[0].name.as_deref(), Some("ci"), "{name}");
        }
    }
}

#[test]
fn every_end_of_a_list_is_one_and_nothing_else() {
    let next = |rest: &str| page(&answer(&format!("{{\"value\":[]{rest}}}"))).map(|page| page.next);
    for end in [r#","continuationToken":null"#, r#","continuationToken":"""#, ""] {
        assert_eq!(next(end), Ok(None), "{end}");
    }
    let more = r#","continuationToken":"0b1c""#;
    assert_eq!(next(more), Ok(Some("0b1c".to_owned())));
    assert!(next(r#","continuationToken":7"#).is_err());
    assert!(next(&format!(",\"continuationToken\":\"{}\"", "x".repeat(9_000))).is_err());
    for body in ["{}", "[]", r#"{"value":null}"#, r#"{"count":1,"value":"No."}"#] {
        assert!(page(&answer(body)).is_err(), "{body}");
    }
}

#[test]
fn the_published_example_is_read() {
    let example = "tokenAdmin/7.2/httpExamples/personalAccessTokens/GetPersonalAccessTokensForAUserInYourOrganization.json";
    let Some(body) = published::answer_of(example) else {
        return;
    };
    let page = page(&answer(&body.to_string())).unwrap();
    assert_eq!(
        (page.pats.len(), page.odd.len()),
        (body["value"].as_array().unwrap().len(), 0)
    );
    assert_eq!(page.next, None);
}

proptest! {
    #[test]
    fn nothing_makes_it_fail(
        name in prop::sample::select(vec!["authorizationId", "validTo", "isValid", "targetAccounts", "scope"]),
        text in "\\PC{0,20}", number in any::<i64>(), body in "\\PC{0,80}",
    ) {
        for value in [json!(text), json!(number), json!([text, number]), json!({ &text: number })] {
            let page = one(json!({ name: value }));
            prop_assert_eq!(page.pats.len() + page.odd.len() + page.revoked.len(), 1);
        }
        let _ = super::page(&answer(&body));
    }
}
