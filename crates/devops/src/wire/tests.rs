use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;

fn entry() -> Value {
    json!({
        "displayName": "ci-deploy", "scope": "vso.code vso.work", "validFrom": "2026-08-20T10:00:00.1033333Z",
        "validTo": "2026-11-18T10:00:00Z", "targetAccounts": ["AAAA0000-0000-0000-0000-00000000000A"],
        "authorizationId": "BBBB0000-0000-0000-0000-00000000000B", "token": null
    })
}

fn page(value: &Value) -> Page {
    decode_list(value, Listed::Active).unwrap()
}

fn with(name: &str, value: Value) -> Value {
    let mut entry = entry();
    entry[name] = value;
    entry
}

fn without(name: &str) -> Value {
    let mut entry = entry();
    entry.as_object_mut().unwrap().remove(name);
    entry
}

#[test]
fn a_page_is_read_with_ids_in_lower_case() {
    let page = page(&json!({ "continuationToken": "abc", "patTokens": [entry()] }));
    let pat = &page.pats[0];
    assert_eq!(
        pat.authorization_id.as_str(),
        "bbbb0000-0000-0000-0000-00000000000b"
    );
    assert_eq!(
        pat.reach,
        Reach::Organizations(vec!["aaaa0000-0000-0000-0000-00000000000a".into()])
    );
    assert_eq!(page.next.as_deref(), Some("abc"));
}

#[test]
fn all_three_spellings_of_the_last_page_end_the_list() {
    for end in [
        json!({ "patTokens": [], "continuationToken": "" }),
        json!({ "patTokens": [], "continuationToken": null }),
        json!({ "patTokens": [] }),
    ] {
        assert_eq!(page(&end).next, None, "{end}");
    }
}

#[test]
fn a_continuation_that_is_not_understood_is_not_the_end() {
    for odd in [
        json!(7),
        json!({}),
        json!(["a"]),
        json!("x".repeat(LONGEST_CONTINUATION + 1)),
    ] {
        let body = json!({ "patTokens": [], "continuationToken": odd });
        assert!(decode_list(&body, Listed::Active).is_err());
    }
}

#[test]
fn no_list_is_never_an_empty_list() {
    for body in [
        json!({}),
        json!([]),
        json!(null),
        json!({ "patTokens": null }),
        json!({ "patTokens": {} }),
        json!({ "value": [] }),
    ] {
        assert!(decode_list(&body, Listed::Active).is_err(), "{body}");
    }
}

#[test]
fn an_entry_not_understood_is_named_and_the_others_count() {
    for (odd, why) in [
        (without("validTo"), "validTo"),
        (with("validTo", json!("soon")), "validTo"),
        (with("validTo", json!(null)), "validTo"),
        (without("validFrom"), "validFrom"),
        (with("scope", json!(["vso.code"])), "scope"),
        (with("targetAccounts", json!("all")), "targetAccounts"),
        (with("targetAccounts", json!([1])), "targetAccounts"),
    ] {
        let page = page(&json!({ "patTokens": [entry(), odd, entry()] }));
        assert_eq!((page.pats.len(), page.odd.len()), (2, 1), "{why}");
        assert!(page.odd[0].why.contains(why), "{}", page.odd[0].why);
        assert_eq!(page.odd[0].name.as_deref(), Some("ci-deploy"));
    }
    let page = page(&json!({ "patTokens": [with("authorizationId", json!(" ")), 7, null] }));
    assert_eq!(page.odd.len(), 3);
}

#[test]
fn null_and_absent_target_accounts_mean_everywhere_and_an_empty_list_does_not() {
    let reach = |entry: Value| page(&json!({ "patTokens": [entry] })).pats[0].reach.clone();
    assert_eq!(
        reach(with("targetAccounts", json!(null))),
        Reach::AllOrganizations
    );
    assert_eq!(reach(without("targetAccounts")), Reach::AllOrganizations);
    assert_eq!(
        reach(with("targetAccounts", json!([]))),
        Reach::Organizations(vec![])
    );
}

#[test]
fn a_refusal_inside_a_200_is_a_refusal_whatever_else_is_in_it() {
    let body = json!({ "patToken": null, "patTokenError": "fullScopePatPolicyViolation" });
    assert_eq!(
        decode_minted(body).unwrap_err(),
        NoPat::Refused(PatTokenError::FullScopePatPolicyViolation, None)
    );
    let body = json!({
        "patToken": entry(), "patTokenError": "moonPhase", "patTokenErrorMessage": "not tonight"
    });
    assert_eq!(
        decode_one(&body).unwrap_err(),
        NoPat::Refused(
            PatTokenError::Other("moonPhase".into()),
            Some("not tonight".into())
        )
    );
}

#[test]
fn the_letter_case_of_a_refusal_makes_no_difference() {
    let error = |body| refusal(&body).map(|(error, message)| (error.code().to_owned(), message));
    assert_eq!(
        error(json!({ "PatToken": null, "PatTokenError": "AccessDenied", "PATTOKENERRORMESSAGE": "no" })),
        Some(("accessDenied".to_owned(), Some("no".to_owned())))
    );
    assert_eq!(
        error(json!({ "PatTokenError": "AuthorizationNotFound", "patTokenError": "none" })),
        Some(("authorizationNotFound".to_owned(), None)),
        "a reason outweighs none"
    );
    for none in [json!("None"), json!(null), json!(0)] {
        assert_eq!(error(json!({ "PatTokenError": none })), None);
    }
    assert_eq!(error(json!([{ "patTokenError": "accessDenied" }])), None);
}

#[test]
fn neither_pat_nor_reason_is_not_success() {
    for body in [
        json!({}),
        json!({ "patToken": null, "patTokenError": "none" }),
        json!(null),
        json!([]),
    ] {
        assert!(matches!(decode_one(&body), Err(NoPat::Odd(_))), "{body}");
    }
}

#[test]
fn the_secret_of_a_creation_is_kept_out_of_debug() {
    let body = json!({ "patToken": with("token", json!("T0PS3CRET")), "patTokenError": "none" });
    let minted = decode_minted(body).unwrap();
    assert_eq!(minted.secret.expose_secret(), "T0PS3CRET");
    assert!(!format!("{minted:?}").contains("T0PS3CRET"));
}

#[test]
fn a_creation_without_secret_names_what_must_be_revoked() {
    let body = json!({ "patToken": entry(), "patTokenError": "none" });
    assert_eq!(
        decode_minted(body).unwrap_err(),
        NoPat::NoSecret(AuthorizationId::new("bbbb0000-0000-0000-0000-00000000000b"))
    );
}

#[test]
fn connection_data_tells_account_and_name() {
    let body = json!({
        "instanceId": "{AAAA0000-0000-0000-0000-00000000000A}", "authenticatedUser": {
            "id": "u-1", "subjectDescriptor": "aad.QnVpbGQ", "providerDisplayName": "Build", "properties": { "Account": { "$value": "svc@acme.example" } } }
    });
    assert_eq!(
        decode_account(&body),
        Ok(Account {
            id: "aaaa0000-0000-0000-0000-00000000000a".to_owned(),
            user_id: Some("u-1".to_owned()),
            user_name: Some("svc@acme.example".to_owned()),
            descriptor: SubjectDescriptor::parse("aad.QnVpbGQ"),
        })
    );
    assert!(decode_account(&json!({ "authenticatedUser": {} })).is_err());
}

#[test]
fn an_account_that_is_no_id_hides_no_pat() {
    for odd in ["hello", "", "00000000-0000-0000-0000-000000000000", "aaaa0000"] {
        assert!(decode_account(&json!({ "instanceId": odd })).is_err(), "{odd}");
        assert_eq!(
            reach(Some(&json!([odd]))),
            Some(Reach::Organizations(vec![])),
            "{odd}"
        );
    }
}

/// JSON of any shape, with the names that the decoders look for.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-11-18T10:00:00Z")),
        Just(json!("none")),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let name = prop_oneof![
            Just("patTokens"),
            Just("continuationToken"),
            Just("patToken"),
            Just("patTokenError"),
            Just("displayName"),
            Just("scope"),
            Just("validFrom"),
            Just("validTo"),
            Just("targetAccounts"),
            Just("authorizationId"),
            Just("token"),
            Just("instanceId"),
            Just("authenticatedUser"),
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..8).prop_map(|pairs| {
                Value::Object(
                    pairs
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_panics_and_every_entry_is_counted_once(value in any_json()) {
        if let Ok(page) = decode_list(&value, Listed::Expired) {
            let entries = value["patTokens"].as_array().unwrap().len();
            prop_assert_eq!(page.pats.len() + page.odd.len(), entries);
        }
        let _ = (decode_one(&value), decode_account(&value), refusal(&value), decode_minted(value));
    }
}
