use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn answer(headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers
        .iter()
        .copied()
        .chain([("content-type", "application/json; charset=utf-8")]);
    Response::from_parts("vssps.dev.azure.com/acme", 200, headers, body)
}

fn listed(users: Value) -> UserPage {
    let body = json!({ "count": 1, "value": users }).to_string();
    page(&answer(&[], &body)).unwrap().told("acme", str::to_owned)
}

#[test]
fn a_user_is_read_with_whatever_graph_tells() {
    let read = listed(json!([
        {
            "subjectKind": "user", "metaType": "member", "directoryAlias": "ann", "domain": "3c1f7d2a-0000-4000-8000-00000000ac3e",
            "principalName": "ann@acme.example", "mailAddress": "ann@acme.example", "origin": "aad", "originId": "0001",
            "displayName": "Ann", "_links": { "self": { "href": "https://x" } }, "url": "https://x",
            "descriptor": "aad.QW5u", "isDeletedInOrigin": true
        },
        { "descriptor": "msa.Qm9i", "principalName": null, "displayName": " ", "domain": "Windows Live ID" },
    ]));
    let (ann, bob) = (&read.users[0], &read.users[1]);
    assert_eq!(ann.descriptor.as_str(), "aad.QW5u");
    assert_eq!((ann.name(), ann.deleted_in_origin), ("ann@acme.example", true));
    assert_eq!((bob.name(), bob.deleted_in_origin), ("msa.Qm9i", false));
    assert_eq!((read.skipped, read.unreadable.len()), (0, 0));
}

#[test]
fn identities_that_cannot_own_pats_are_passed_over_and_a_kind_that_is_not_known_is_not() {
    let read = listed(json!([
        { "descriptor": "svc.a" }, { "descriptor": "AADSP.b" }, { "descriptor": "acs.c" }, { "descriptor": "s2s.d" },
        { "descriptor": "aad.e", "domain": "Build" }, { "descriptor": "aad.f", "domain": "local authority" },
        { "descriptor": "aad.g", "subjectKind": "servicePrincipal" }, { "subjectKind": "group" },
        { "descriptor": "new.h", "subjectKind": "User" }, { "descriptor": "imp.i", "subjectKind": "" },
    ]));
    let kept: Vec<&str> = read.users.iter().map(|user| user.descriptor.as_str()).collect();
    assert_eq!(kept, ["new.h", "imp.i"]);
    assert_eq!((read.skipped, read.unreadable.len()), (8, 0));
}

#[test]
fn a_user_whose_pats_cannot_be_asked_for_is_named_within_bounds_and_spoils_nobody_else() {
    let long = "x".repeat(5_000);
    let read = listed(json!([
        { "principalName": long }, { "descriptor": "aad.a/../b", "displayName": "Eve" }, { "descriptor": 7 }, "Ann", null,
        { "descriptor": "aad.QW5u", "displayName": ["x"], "isDeletedInOrigin": "yes" }
    ]));
    assert_eq!((read.users.len(), read.unreadable.len()), (1, 5));
    assert!(!read.users[0].deleted_in_origin);
    assert!(read.unreadable[0].what.len() < 200);
    assert_eq!(read.unreadable[1].what, "the user 'Eve', among the users of acme");
}

#[test]
fn the_header_alone_tells_that_there_is_more() {
    let next = |headers: &[(&str, &str)]| {
        let body = r#"{"count":0,"value":[],"continuationToken":"no"}"#;
        page(&answer(headers, body)).map(|read| read.page.next)
    };
    assert_eq!(next(&[]), Ok(None));
    assert_eq!(next(&[("X-MS-ContinuationToken", " ")]), Ok(None));
    assert_eq!(
        next(&[("X-MS-ContinuationToken", "abc")]),
        Ok(Some("abc".to_owned()))
    );
    for odd in ["é".to_owned(), "x".repeat(9_000)] {
        assert!(
            next(&[("x-ms-continuationtoken", &odd)]).is_err(),
            "no end of the list"
        );
    }
}

#[test]
fn what_is_no_list_of_users_is_none() {
    for body in [
        "{}",
        "[]",
        "null",
        r#"{"value":{}}"#,
        r#"{"value":null}"#,
        "{\"value\":[",
        "",
    ] {
        assert!(page(&answer(&[], body)).is_err(), "{body}");
    }
    let with_bom = "\u{feff}{\"value\":[{\"descriptor\":\"aad.QW5u\",\"displayName\":\"a\\ud83d\"}]}";
    assert_eq!(page(&answer(&[], with_bom)).unwrap().page.users.len(), 1);
}

proptest! {
    #[test]
    fn nothing_makes_it_fail(body in "\\PC{0,80}", name in "[a-z]{2,12}", value in any::<i32>()) {
        let _ = page(&answer(&[], &body));
        let _ = listed(json!([{ "descriptor": format!("{name}.{value}"), name: value }]));
    }
}
