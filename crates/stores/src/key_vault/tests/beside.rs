//! Versions and what is written beside them, against a vault that answers as each test says.

use super::*;
use crate::{Change, Found, Version};

const ONE: &str = "0000000000000000000000000000000a";
const TWO: &str = "0000000000000000000000000000000b";
const OLD: &str = "0000000000000000000000000000000c";
const DELETED: &str =
    r#"{"id":"https://acme-kv.vault.azure.net/secrets/pat/1","deletedDate":100,"scheduledPurgeDate":200}"#;

/// A version as lists and answers to changes show it.
fn properties(version: &str, created: i64, enabled: bool, tags: Value) -> Value {
    json!({
        "id": format!("https://acme-kv.vault.azure.net/secrets/pat/{version}"), "tags": tags,
        "attributes": {"enabled": enabled, "created": created, "updated": created, "exp": 1_798_761_600},
    })
}

fn bundle(version: &str, created: i64, tags: Value) -> Answer {
    let mut bundle = properties(version, created, true, tags);
    bundle["value"] = json!(VALUE);
    said(200, bundle.to_string())
}

fn page(entries: Value, next: Option<&str>) -> Answer {
    said(200, json!({"value": entries, "nextLink": next}).to_string())
}

fn disabled() -> Answer {
    refused(
        403,
        "Forbidden",
        "SecretDisabled",
        "Operation get is not allowed on a disabled secret.",
    )
}

fn is_list(asked: &Asked) -> bool {
    asked.path.ends_with("/versions")
}

fn secret(found: Found) -> (String, Vec<String>) {
    let Found::Secret(versions) = found else {
        panic!("{found:?}")
    };
    let others = versions.others.iter().map(|version| version.id.version.clone());
    (versions.current.id.version, others.collect())
}

fn asked_for(heard: &Heard) -> Vec<String> {
    let asked = heard.lock().unwrap();
    asked
        .iter()
        .map(|asked| format!("{} {}", asked.method, asked.path))
        .collect()
}

#[tokio::test]
async fn the_current_version_is_the_one_that_the_vault_names_and_not_the_newest_of_the_list() {
    let list = || {
        json!([
            properties(ONE, 9, true, json!({})),
            properties(TWO, 9, true, json!({"a": "b"}))
        ])
    };
    for (current, others) in [(ONE, vec![TWO]), (TWO, vec![ONE])] {
        let (vault, heard) = vault(move |asked, _| match is_list(asked) {
            true => page(list(), None),
            false => bundle(current, 9, json!({"a": "b"})),
        });
        let found = secret(vault.versions(&name()).await.unwrap());
        assert_eq!(
            found,
            (
                current.to_owned(),
                others.into_iter().map(str::to_owned).collect()
            )
        );
        assert_eq!(
            asked_for(&heard),
            ["GET /secrets/pat/versions", "GET /secrets/pat/"]
        );
    }
    // Written between the two requests.
    let (vault, _) = vault(move |asked, _| match is_list(asked) {
        true => page(list(), None),
        false => bundle(OLD, 10, json!({})),
    });
    let (current, others) = secret(vault.versions(&name()).await.unwrap());
    assert_eq!((current.as_str(), others.len()), (OLD, 2));
}

#[tokio::test]
async fn a_single_version_needs_no_second_request() {
    let (vault, heard) = vault(|_, _| page(json!([properties(ONE, 9, false, json!({"run": "7"}))]), None));
    let Found::Secret(versions) = vault.versions(&name()).await.unwrap() else {
        panic!("no secret")
    };
    let Version {
        id,
        enabled,
        created,
        metadata,
        ..
    } = versions.current;
    assert_eq!((id.version.as_str(), enabled), (ONE, false));
    assert_eq!(created, DateTime::from_timestamp(9, 0));
    assert_eq!(metadata.expires, DateTime::from_timestamp(1_798_761_600, 0));
    assert_eq!(metadata.tags["run"], "7");
    assert_eq!(asked_for(&heard).len(), 1);
}

#[tokio::test]
async fn a_disabled_current_version_is_the_newest_disabled_one_and_of_one_second_the_same_for_everybody() {
    let old = properties(OLD, 5, true, json!({}));
    let (one, two) = (
        properties(ONE, 9, false, json!({"run": "1"})),
        properties(TWO, 9, false, json!({"run": "2"})),
    );
    for list in [json!([old, one, two]), json!([two, one, old])] {
        let (vault, _) = vault(move |asked, _| match is_list(asked) {
            true => page(list.clone(), None),
            false => disabled(),
        });
        assert_eq!(secret(vault.versions(&name()).await.unwrap()).0, TWO);
        assert_eq!(vault.current(&name()).await.unwrap().unwrap().id.version, TWO);
    }
    // An enabled version above it: something changes at this very moment.
    let list = json!([old, properties(ONE, 4, false, json!({}))]);
    let (vault, _) = vault(move |asked, _| match is_list(asked) {
        true => page(list.clone(), None),
        false => disabled(),
    });
    let failure = vault.versions(&name()).await.unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("changedMeanwhile"));
}

#[tokio::test]
async fn a_name_without_versions_is_nothing_or_deleted_as_far_as_it_may_be_read() {
    let (at, purged) = (DateTime::from_timestamp(100, 0), DateTime::from_timestamp(200, 0));
    type Case = (fn() -> Answer, Found);
    let cases: [Case; 3] = [
        (none, Found::Nothing),
        (
            || refused(403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized"),
            Found::Nothing,
        ),
        (|| said(200, DELETED), Found::Deleted { at, purged }),
    ];
    for (answer, expected) in cases {
        for list in [|| page(json!([]), None), none] {
            let (vault, _) = vault(move |asked, _| match is_list(asked) {
                true => list(),
                false => answer(),
            });
            assert_eq!(vault.versions(&name()).await.unwrap(), expected);
        }
    }
    let (vault, _) = vault(|asked, _| match is_list(asked) {
        true => page(json!([]), None),
        false => said(500, ""),
    });
    assert_eq!(
        vault.versions(&name()).await.unwrap_err().code.as_deref(),
        Some("vaultFailed")
    );
}

#[tokio::test]
async fn a_list_that_leads_to_another_host_is_not_followed() {
    for link in [
        "https://evil.example/secrets/pat/versions",
        "https://other-kv.vault.azure.net/secrets/pat/versions",
        "https://acme-kv.vault.azure.net:8443/secrets/pat/versions",
        "//evil.example/secrets/pat/versions",
    ] {
        let (vault, heard) =
            vault(move |_, _| page(json!([properties(ONE, 9, true, json!({}))]), Some(link)));
        let failure = vault.versions(&name()).await.unwrap_err();
        assert_eq!(failure.code.as_deref(), Some("foreignLink"), "{link}");
        assert_eq!(asked_for(&heard).len(), 1, "{link}");
    }
}

#[tokio::test]
async fn pages_are_read_to_the_last_empty_ones_included_and_not_for_ever() {
    let next = "https://acme-kv.vault.azure.net:443/secrets/pat/versions?$skiptoken=x";
    let (vault, heard) = vault(move |asked, number| match (is_list(asked), number) {
        (true, 1) => page(json!([]), Some(next)),
        (true, 2) => page(json!([properties(ONE, 8, true, json!({}))]), Some(next)),
        (true, _) => page(json!([properties(TWO, 9, true, json!({}))]), None),
        (false, _) => bundle(TWO, 9, json!({})),
    });
    let found = secret(vault.versions(&name()).await.unwrap());
    assert_eq!(found, (TWO.to_owned(), vec![ONE.to_owned()]));
    assert_eq!(asked_for(&heard).len(), 4);
    let (vault, heard) = vault_without_end(next);
    let failure = vault.versions(&name()).await.unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("notUnderstood"));
    assert_eq!(asked_for(&heard).len(), 400);
}

fn vault_without_end(next: &'static str) -> (KeyVault, Heard) {
    vault(move |_, _| page(json!([]), Some(next)))
}

#[tokio::test]
async fn a_list_that_is_no_list_of_this_secret_is_not_understood() {
    let other = json!([{"id": "https://acme-kv.vault.azure.net/secrets/other/1"}]);
    let nameless = json!([{"attributes": {}}]);
    for answer in [
        page(other, None),
        page(nameless, None),
        said(200, "<html>"),
        said(200, "{\"value\":7}"),
    ] {
        let answer = Mutex::new(Some(answer));
        let (vault, _) = vault(move |_, _| answer.lock().unwrap().take().unwrap());
        let failure = vault.versions(&name()).await.unwrap_err();
        assert_eq!(failure.code.as_deref(), Some("notUnderstood"));
        assert!(
            failure.what.contains("listing the versions of"),
            "{}",
            failure.what
        );
    }
}

#[tokio::test]
async fn who_may_not_list_is_told_which_permission_is_missing() {
    let message = "The user 'appid=a' does not have secrets list permission on key vault 'k'.";
    let (vault, _) = vault(move |_, _| refused(403, "Forbidden", "AccessDenied", message));
    let failure = vault.versions(&name()).await.unwrap_err();
    assert_eq!(failure.kind.exit_code(), 3);
    assert!(failure.why.unwrap().contains("permission 'list'"));
}

#[tokio::test]
async fn the_secret_of_a_certificate_is_bad_input() {
    let mut entry = properties(ONE, 9, true, json!({}));
    entry["managed"] = json!(true);
    let (vault, _) = vault(move |_, _| page(json!([entry]), None));
    let failure = vault.versions(&name()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Input);
    assert!(failure.what.contains("belongs to a certificate"));
}

#[tokio::test]
async fn a_placeholder_is_disabled_and_carries_the_intent() {
    let (vault, heard) = vault(|_, _| said(200, properties(ONE, 9, false, json!({"run": "7"})).to_string()));
    let stored = vault.put_placeholder(&name(), &metadata()).await.unwrap();
    assert_eq!((stored.id.version.as_str(), stored.enabled), (ONE, false));
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].body["attributes"]["enabled"], false);
    assert_eq!(heard[0].body["tags"], json!({"run": "7"}));
}

#[tokio::test]
async fn an_unclear_placeholder_is_settled_by_its_tags() {
    let there = || page(json!([properties(ONE, 9, false, json!({"run": "7"}))]), None);
    let readable = || page(json!([properties(ONE, 9, true, json!({"run": "7"}))]), None);
    let anothers = || page(json!([properties(ONE, 9, false, json!({"run": "6"}))]), None);
    type Reads = fn() -> Answer;
    let reads: [(Reads, bool); 4] = [
        (there, true),
        (readable, false),
        (anothers, false),
        (|| said(500, ""), false),
    ];
    for (read, stored) in reads {
        for put in [|| said(503, ""), || said(200, "{}"), || said(203, "<html>")] {
            let (vault, heard) = vault(move |asked, _| match asked.method {
                Method::Put => put(),
                _ => read(),
            });
            let placed = vault.put_placeholder(&name(), &metadata()).await;
            assert_eq!(puts(&heard), 1);
            match placed {
                Ok(version) => assert!(stored, "{version:?}"),
                Err(error) => {
                    assert!(!stored && error.unclear);
                    assert_eq!(error.failure.code.as_deref(), Some("storeUnclear"));
                }
            }
        }
    }
    let (vault, heard) = vault(|_, _| refused(409, "Conflict", "ObjectIsDeletedButRecoverable", "deleted"));
    let refused = vault.put_placeholder(&name(), &metadata()).await.unwrap_err();
    assert!(!refused.unclear);
    assert_eq!(
        refused.failure.code.as_deref(),
        Some("ObjectIsDeletedButRecoverable")
    );
    assert_eq!(asked_for(&heard).len(), 1);
}

fn id(version: &str) -> SecretId {
    SecretId {
        store: "https://acme-kv.vault.azure.net".into(),
        name: "pat".into(),
        version: version.into(),
    }
}

fn tags(run: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("run".to_owned(), run.to_owned())])
}

#[tokio::test]
async fn a_change_sends_only_what_changes_and_tags_as_a_whole() {
    let (vault, heard) = vault(|asked, _| {
        let tags = asked
            .body
            .get("tags")
            .cloned()
            .unwrap_or_else(|| json!({"old": "tag"}));
        said(200, properties(ONE, 9, true, tags).to_string())
    });
    vault.set_tags(&id(ONE), &tags("8")).await.unwrap();
    vault.set_tags(&id(ONE), &BTreeMap::new()).await.unwrap();
    let expires = DateTime::from_timestamp_millis(1_798_761_600_900);
    let change = Change {
        expires,
        ..Change::default()
    };
    let stored = vault.update(&id(ONE), &change).await.unwrap();
    assert_eq!(stored.metadata.tags["old"], "tag");
    let heard = heard.lock().unwrap();
    assert!(heard.iter().all(|asked| asked.method == Method::Patch));
    assert_eq!(heard[0].path, format!("/secrets/pat/{ONE}"));
    assert_eq!(heard[0].body, json!({"tags": {"run": "8"}}));
    assert_eq!(heard[1].body, json!({"tags": {}}));
    assert_eq!(heard[2].body, json!({"attributes": {"exp": 1_798_761_600}}));
}

#[tokio::test]
async fn an_unclear_change_is_settled_by_reading_the_version_disabled_or_not() {
    type Reads = fn(&Asked) -> Answer;
    let reads: [(Reads, bool); 5] = [
        (|_| bundle(ONE, 9, json!({"run": "8"})), true),
        (|_| bundle(ONE, 9, json!({"run": "7"})), false),
        (|_| none(), false),
        (|_| said(500, ""), false),
        (
            |asked| match is_list(asked) {
                true => page(
                    json!([
                        properties(TWO, 9, false, json!({"run": "7"})),
                        properties(ONE, 9, false, json!({"run": "8"}))
                    ]),
                    None,
                ),
                false => disabled(),
            },
            true,
        ),
    ];
    let lost = || HttpError::Connect {
        host: "h".into(),
        why: "an earlier try may have got through".into(),
    };
    let answers: [Box<dyn Fn() -> Answer + Send + Sync>; 4] = [
        Box::new(|| said(503, "")),
        Box::new(|| said(200, "[]")),
        Box::new(|| refused(429, "Throttled", "", "Too many")),
        Box::new(move || no_answer(lost())),
    ];
    for patch in answers.map(Arc::new) {
        for (read, stored) in reads {
            let patch = Arc::clone(&patch);
            let (vault, heard) = vault(move |asked, _| match asked.method {
                Method::Patch => patch(),
                _ => read(asked),
            });
            let changed = vault.set_tags(&id(ONE), &tags("8")).await;
            assert_eq!(changed.is_ok(), stored, "{changed:?}");
            assert!(changed.is_ok_and(|version| version.id == id(ONE)) || asked_for(&heard).len() > 1);
        }
    }
}

#[tokio::test]
async fn a_change_that_is_refused_or_is_of_another_vault_is_clear() {
    let (vault, heard) = vault(|_, _| refused(403, "Forbidden", "ForbiddenByRbac", ""));
    let refused = vault.set_tags(&id(ONE), &tags("8")).await.unwrap_err();
    assert!(!refused.unclear);
    assert!(
        refused.failure.what.contains("change the secret 'pat'"),
        "{}",
        refused.failure.what
    );
    let elsewhere = SecretId {
        store: "https://other-kv.vault.azure.net".into(),
        ..id(ONE)
    };
    assert!(!vault.set_tags(&elsewhere, &tags("8")).await.unwrap_err().unclear);
    assert!(vault.read_back(&elsewhere).await.is_err());
    let long = BTreeMap::from([("run".to_owned(), "x".repeat(257))]);
    let refused = vault.set_tags(&id(ONE), &long).await.unwrap_err();
    assert_eq!(refused.failure.code.as_deref(), Some("vaultLimit"));
    assert_eq!(asked_for(&heard).len(), 1);
}

#[tokio::test]
async fn a_version_is_read_back_by_its_id_and_never_another_one() {
    let (vault, heard) = vault(|_, _| bundle(ONE, 9, json!({})));
    let secret = vault.read_back(&id(ONE)).await.unwrap().unwrap();
    assert_eq!(secret.value.expose_secret(), VALUE);
    assert_eq!(asked_for(&heard), [format!("GET /secrets/pat/{ONE}")]);
    let failure = vault.read_back(&id(TWO)).await.unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("notUnderstood"));
    let (vault, _) = vault_of(none);
    assert!(vault.read_back(&id(ONE)).await.unwrap().is_none());
    let (vault, _) = vault_of(disabled);
    let failure = vault.read_back(&id(ONE)).await.unwrap_err();
    assert_eq!(failure.code.as_deref(), Some("SecretDisabled"));
}

fn vault_of(answer: fn() -> Answer) -> (KeyVault, Heard) {
    vault(move |_, _| answer())
}

#[tokio::test]
async fn the_vaults_clock_is_that_of_its_last_answer() {
    let dates = [
        "Sat, 21 Nov 2026 12:00:00 GMT",
        "nonsense",
        "Sat, 21 Nov 2026 12:00:05 GMT",
    ];
    let (vault, _) = vault(move |_, number| {
        let mut headers = Headers::new();
        headers.insert("date", dates[number - 1]);
        Ok(AsyncRawResponse::from_bytes(404.into(), headers, ""))
    });
    assert_eq!(vault.clock(), None);
    let mut seen = Vec::new();
    for _ in dates {
        let _ = vault.get(&name()).await;
        seen.push(vault.clock().unwrap().format("%S").to_string());
    }
    assert_eq!(seen, ["00", "00", "05"]);
}

proptest! {
    #[test]
    fn no_answer_breaks_what_reads_versions(status in 200_u16..600, body in "\\PC{0,80}", entry in "\\PC{0,30}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let entry_id = format!("https://acme-kv.vault.azure.net/secrets/{entry}");
            let page = json!({"value": [{"id": entry_id, "attributes": {"created": 1, "enabled": entry.len() % 2 == 0}}]});
            for body in [body, page.to_string()] {
                let (vault, _) = vault(move |_, _| said(status, body.clone()));
                let _ = vault.versions(&name()).await;
                let _ = vault.current(&name()).await;
                let _ = vault.put_placeholder(&name(), &metadata()).await;
                let _ = vault.set_tags(&id(ONE), &tags("1")).await;
            }
        });
    }
}
