//! The JSON of the answers.
//!
//! Lists are read entry by entry: one that cannot be understood is named and the others still count.
//! Shapes: Azure DevOps REST API specification 7.2, area `tokens`, and connection data as clients read it.

use patkeeper_core::advice::PatTokenError;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::scope::ScopeSet;
use patkeeper_core::time;
use secrecy::SecretString;
use serde_json::Value;

/// Longest continuation token that is taken, in bytes; it must fit into a URL.
const LONGEST_CONTINUATION: usize = 8 * 1024;

/// One page of `PagedPatTokens`.
#[derive(Debug, Default)]
pub struct Page {
    /// Entries understood.
    pub pats: Vec<Pat>,
    /// Entries not understood.
    pub odd: Vec<OddEntry>,
    /// Where the list goes on; `None` after the last page (`""`, null and absent alike).
    pub next: Option<String>,
}

/// An entry of a list that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddEntry {
    /// Its display name, when there is one. Text of a stranger.
    pub name: Option<String>,
    /// Its authorization id, when there is one.
    pub id: Option<String>,
    /// What is wrong, without quoting it.
    pub why: &'static str,
}

/// A fresh PAT. The only answer that holds a secret.
#[derive(Debug)]
pub struct Minted {
    /// What the service says it made; compare it with what was asked, since policies shorten it silently.
    pub pat: Pat,
    /// The secret.
    pub secret: SecretString,
}

/// Why an answer of a single PAT is no PAT.
#[derive(Debug, PartialEq, Eq)]
pub enum NoPat {
    /// `patTokenError` says so, with the service's message where it has one (7.2).
    Refused(PatTokenError, Option<String>),
    /// Its shape is not understood.
    Odd(&'static str),
    /// A PAT was made but its secret is not in the answer: it is to be revoked by this id.
    NoSecret(AuthorizationId),
}

/// Reads a page of a list.
///
/// # Errors
/// A body that is not a page: says why, and quotes nothing.
pub fn decode_list(body: &[u8], listed: Listed) -> Result<Page, &'static str> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "it is not JSON")?;
    let Some(entries) = value.get("patTokens").and_then(Value::as_array) else {
        return Err("it holds no list 'patTokens'");
    };
    let mut page = Page {
        next: continuation(&value)?,
        ..Page::default()
    };
    for entry in entries {
        match decode_pat(entry, listed) {
            Ok(pat) => page.pats.push(pat),
            Err(why) => page.odd.push(OddEntry {
                name: text(entry, "displayName").map(ToOwned::to_owned),
                id: text(entry, "authorizationId").map(ToOwned::to_owned),
                why,
            }),
        }
    }
    Ok(page)
}

fn continuation(page: &Value) -> Result<Option<String>, &'static str> {
    match page.get("continuationToken") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() <= LONGEST_CONTINUATION => Ok(Some(text.clone())),
        // Taking this for the end would hide the PATs of the pages that follow.
        Some(_) => Err("its continuationToken is not understood"),
    }
}

/// Reads a PAT of a list or of a single answer.
fn decode_pat(entry: &Value, listed: Listed) -> Result<Pat, &'static str> {
    if !entry.is_object() {
        return Err("it is no object");
    }
    let id = text(entry, "authorizationId")
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let date = |name| text(entry, name).and_then(time::parse);
    Ok(Pat {
        authorization_id: AuthorizationId::new(id.ok_or("it has no authorizationId")?),
        display_name: optional_text(entry, "displayName")
            .ok_or("its displayName is no text")?
            .to_owned(),
        scopes: ScopeSet::parse(optional_text(entry, "scope").ok_or("its scope is no text")?),
        valid_from: date("validFrom").ok_or("its validFrom is missing or no date")?,
        valid_to: date("validTo").ok_or("its validTo is missing or no date")?,
        reach: reach(entry.get("targetAccounts")).ok_or("its targetAccounts is no list of ids")?,
        listed,
    })
}

/// Null and absent mean every organization; an empty list does not.
fn reach(value: Option<&Value>) -> Option<Reach> {
    match value {
        None | Some(Value::Null) => Some(Reach::AllOrganizations),
        Some(Value::Array(ids)) => {
            let ids = ids
                .iter()
                .map(|id| id.as_str().map(|id| id.trim().to_ascii_lowercase()));
            ids.collect::<Option<Vec<_>>>().map(Reach::Organizations)
        }
        Some(_) => None,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// Empty when null or absent; `None` when it is something else than text.
fn optional_text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    match value.get(name) {
        None | Some(Value::Null) => Some(""),
        Some(value) => value.as_str(),
    }
}

/// Reads the answer about one PAT (get, update). A 200 may carry a refusal.
///
/// # Errors
/// See [`NoPat`].
pub fn decode_one(body: &[u8]) -> Result<Pat, NoPat> {
    let value = result(body)?;
    pat_of(&value)
}

/// Reads the answer to a creation.
///
/// # Errors
/// See [`NoPat`].
pub fn decode_minted(body: &[u8]) -> Result<Minted, NoPat> {
    let mut value = result(body)?;
    let pat = pat_of(&value)?;
    match value
        .get_mut("patToken")
        .and_then(|pat| pat.get_mut("token"))
        .map(Value::take)
    {
        Some(Value::String(secret)) if !secret.trim().is_empty() => Ok(Minted {
            pat,
            secret: SecretString::from(secret),
        }),
        _ => Err(NoPat::NoSecret(pat.authorization_id)),
    }
}

/// What `patTokenError` of any answer says; `None` when there is none in it.
#[must_use]
pub fn refusal(body: &[u8]) -> Option<(PatTokenError, Option<String>)> {
    let value: Value = serde_json::from_slice(body).ok()?;
    refusal_of(&value)
}

fn refusal_of(value: &Value) -> Option<(PatTokenError, Option<String>)> {
    let error = match value.get("patTokenError")? {
        Value::String(text) => PatTokenError::parse(text)?,
        Value::Null => return None,
        // An enum by number: its meaning is not documented, so only zero is taken for `none`.
        Value::Number(number) if number.as_i64() == Some(0) => return None,
        other => PatTokenError::Other(other.to_string().chars().take(80).collect()),
    };
    let message = text(value, "patTokenErrorMessage").filter(|text| !text.trim().is_empty());
    Some((error, message.map(ToOwned::to_owned)))
}

fn result(body: &[u8]) -> Result<Value, NoPat> {
    let value: Value = serde_json::from_slice(body).map_err(|_| NoPat::Odd("it is not JSON"))?;
    match refusal_of(&value) {
        Some((error, message)) => Err(NoPat::Refused(error, message)),
        None => Ok(value),
    }
}

fn pat_of(value: &Value) -> Result<Pat, NoPat> {
    match value.get("patToken") {
        None | Some(Value::Null) => Err(NoPat::Odd("it holds neither a PAT nor a reason")),
        Some(pat) => decode_pat(pat, Listed::Active).map_err(NoPat::Odd),
    }
}

/// What connection data tells: `instanceId`, and who is signed in.
///
/// # Errors
/// A body that is not connection data.
pub fn decode_connection(body: &[u8]) -> Result<(String, Option<String>), &'static str> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "it is not JSON")?;
    let account = text(&value, "instanceId")
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let account = account.ok_or("it holds no instanceId")?.to_ascii_lowercase();
    let name = [
        "/authenticatedUser/properties/Account/$value",
        "/authenticatedUser/providerDisplayName",
    ]
    .iter()
    .filter_map(|path| value.pointer(path)?.as_str())
    .find(|name| !name.trim().is_empty());
    Ok((account, name.map(ToOwned::to_owned)))
}

#[cfg(test)]
mod tests {
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
        decode_list(value.to_string().as_bytes(), Listed::Active).unwrap()
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
            let body = json!({ "patTokens": [], "continuationToken": odd }).to_string();
            assert!(decode_list(body.as_bytes(), Listed::Active).is_err());
        }
    }

    #[test]
    fn no_list_is_never_an_empty_list() {
        for body in [
            "{}",
            "[]",
            "null",
            "{\"patTokens\":null}",
            "{\"patTokens\":{}}",
            "{\"value\":[]}",
            "",
            "{",
        ] {
            assert!(decode_list(body.as_bytes(), Listed::Active).is_err(), "{body}");
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
        let body = json!({ "patToken": null, "patTokenError": "fullScopePatPolicyViolation" }).to_string();
        assert_eq!(
            decode_minted(body.as_bytes()).unwrap_err(),
            NoPat::Refused(PatTokenError::FullScopePatPolicyViolation, None)
        );
        let body = json!({
            "patToken": entry(), "patTokenError": "moonPhase", "patTokenErrorMessage": "not tonight"
        });
        assert_eq!(
            decode_one(body.to_string().as_bytes()).unwrap_err(),
            NoPat::Refused(
                PatTokenError::Other("moonPhase".into()),
                Some("not tonight".into())
            )
        );
    }

    #[test]
    fn neither_pat_nor_reason_is_not_success() {
        for body in [
            "{}",
            "{\"patToken\":null,\"patTokenError\":\"none\"}",
            "null",
            "[]",
        ] {
            assert!(
                matches!(decode_one(body.as_bytes()), Err(NoPat::Odd(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn the_secret_of_a_creation_is_kept_out_of_debug() {
        let body =
            json!({ "patToken": with("token", json!("T0PS3CRET")), "patTokenError": "none" }).to_string();
        let minted = decode_minted(body.as_bytes()).unwrap();
        assert_eq!(minted.secret.expose_secret(), "T0PS3CRET");
        assert!(!format!("{minted:?}").contains("T0PS3CRET"));
    }

    #[test]
    fn a_creation_without_secret_names_what_must_be_revoked() {
        let body = json!({ "patToken": entry(), "patTokenError": "none" }).to_string();
        assert_eq!(
            decode_minted(body.as_bytes()).unwrap_err(),
            NoPat::NoSecret(AuthorizationId::new("bbbb0000-0000-0000-0000-00000000000b"))
        );
    }

    #[test]
    fn connection_data_tells_account_and_name() {
        let body = json!({
            "instanceId": "AAAA", "authenticatedUser": {
                "providerDisplayName": "Build", "properties": { "Account": { "$value": "svc@acme.example" } } }
        });
        assert_eq!(
            decode_connection(body.to_string().as_bytes()),
            Ok(("aaaa".to_owned(), Some("svc@acme.example".to_owned())))
        );
        assert!(decode_connection(b"{\"authenticatedUser\":{}}").is_err());
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
            let body = value.to_string();
            if let Ok(page) = decode_list(body.as_bytes(), Listed::Expired) {
                let entries = value["patTokens"].as_array().unwrap().len();
                prop_assert_eq!(page.pats.len() + page.odd.len(), entries);
            }
            let _ = (decode_one(body.as_bytes()), decode_minted(body.as_bytes()), decode_connection(body.as_bytes()));
        }

        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (decode_list(&body, Listed::Active), decode_minted(&body), decode_connection(&body), refusal(&body));
        }
    }
}
