//! A secret's whole life, and each refusal as Microsoft's clients report it.

use patkeeper_sim::{Right, SecretSeed, VaultNetwork};
use serde_json::json;

use crate::peer::Peer;

#[test]
fn a_secret_is_written_read_listed_and_disabled_by_an_app_with_a_client_secret() {
    let Some(peer) = Peer::installed() else { return };
    let seen = peer.run("lifecycle").report;
    let versions = peer.sim.cloud(|cloud| {
        cloud
            .vault("acme-kv")
            .unwrap()
            .secret("build-pat")
            .unwrap()
            .versions
            .clone()
    });
    let [first, second] = versions.as_slice() else {
        panic!("{versions:?}");
    };
    let whole = json!({
        "version": first.id, "enabled": true, "expires": "2027-01-02T03:04:05+00:00",
        "contentType": "text/plain", "tags": { "rotation": "3f9c01ab" }, "recoverableDays": 90,
    });
    assert_eq!(seen["first"], whole);
    assert_eq!(seen["read"], json!(["build-pat", "not-a-secret-1", whole]));
    assert_eq!(seen["second"]["version"], second.id.as_str());
    assert_eq!(seen["values"], json!(["not-a-secret-2", "not-a-secret-1"]));
    let mut ids = vec![first.id.as_str(), second.id.as_str()];
    ids.sort_unstable();
    assert_eq!(seen["listed"], json!(ids));
    let changed = &seen["changed"];
    assert_eq!(
        (&changed["enabled"], &changed["tags"]),
        (&json!(false), &whole["tags"])
    );
    assert!(!first.enabled && first.expires.is_some() && second.enabled);
    let disabled = &seen["disabled"];
    assert_eq!(
        (&disabled["status"], &disabled["inner"]),
        (&json!(403), &json!("SecretDisabled"))
    );
}

#[test]
fn the_vault_is_asked_without_a_token_first_and_a_token_is_fetched_once() {
    let Some(peer) = Peer::installed() else { return };
    peer.run("lifecycle");
    let log = peer.sim.log();
    let vault: Vec<_> = log
        .iter()
        .filter(|line| line.host == "acme-kv.vault.azure.net")
        .collect();
    assert_eq!(
        (vault[0].status, vault[0].header("authorization")),
        (Some(401), None)
    );
    assert_eq!(vault[0].body, "");
    assert!(
        vault[1..]
            .iter()
            .all(|line| line.header("authorization").is_some())
    );
    let tokens = log
        .iter()
        .filter(|line| line.path.ends_with("/oauth2/v2.0/token"));
    assert_eq!(tokens.count(), 1);
}

#[test]
fn a_deleted_name_is_in_the_way_until_it_is_recovered() {
    let Some(peer) = Peer::installed() else { return };
    let seen = peer.run("deletion").report;
    let id = "https://acme-kv.vault.azure.net/deletedsecrets/build-pat";
    assert_eq!(seen["deleted"], json!(["build-pat", id]));
    let refused = &seen["inTheWay"];
    assert_eq!(
        (&refused["type"], &refused["status"]),
        (&json!("ResourceExistsError"), &json!(409))
    );
    assert_eq!(refused["inner"], "ObjectIsDeletedButRecoverable");
    assert_eq!(seen["gone"]["type"], "ResourceNotFoundError");
    assert_eq!(seen["recovered"], "build-pat");
}

#[test]
fn all_pages_of_versions_are_read_the_empty_one_too() {
    let Some(peer) = Peer::installed() else { return };
    peer.sim.cloud(|cloud| {
        for at in 0..30 {
            cloud.put_secret(
                "acme-kv",
                SecretSeed::new("build-pat", &format!("not-a-secret-{at}")),
            );
        }
        cloud.vault_mut("acme-kv").unwrap().empty_page_first = true;
    });
    let seen = peer.run("pages").report;
    assert_eq!(seen, json!({ "versions": 30, "pages": [0, 10, 10, 10] }));
}

#[test]
fn a_wrong_secret_is_reported_in_entras_words() {
    let Some(peer) = Peer::installed() else { return };
    let seen = peer.with_secret("not-the-secret").run("read").report;
    assert_eq!(seen["type"], "ClientAuthenticationError");
    let message = seen["message"].as_str().unwrap();
    assert!(
        message.contains("AADSTS7000215") && !message.contains("not-the-secret"),
        "{message}"
    );
}

#[test]
fn each_refusal_of_the_vault_has_its_code_and_inner_code() {
    let Some(peer) = Peer::installed() else { return };
    let refused = |scenario: &str| {
        let seen = peer.run(scenario).report;
        let text = |key: &str| seen[key].as_str().unwrap_or_default().to_owned();
        (
            seen["status"].as_u64().unwrap(),
            text("code"),
            text("inner"),
            text("message"),
        )
    };
    let (status, code, ..) = refused("read");
    assert_eq!((status, code.as_str()), (404, "SecretNotFound"));
    peer.sim.cloud(|cloud| {
        cloud
            .vault_mut("acme-kv")
            .unwrap()
            .grants
            .retain(|(_, right)| *right != Right::Set)
    });
    let (status, code, inner, message) = refused("write");
    assert_eq!(
        (status, code.as_str(), inner.as_str()),
        (403, "Forbidden", "ForbiddenByRbac")
    );
    assert!(
        message.contains(&format!("appid={}", peer.client_id)),
        "{message}"
    );
    peer.sim
        .cloud(|cloud| cloud.vault_mut("acme-kv").unwrap().network = VaultNetwork::Firewall);
    let (status, _, inner, _) = refused("read");
    assert_eq!((status, inner.as_str()), (403, "ForbiddenByFirewall"));
    peer.sim.cloud(|cloud| {
        let vault = cloud.vault_mut("acme-kv").unwrap();
        vault.tenant = "99999999-0000-0000-0000-000000000000".to_owned();
    });
    let seen = peer.run("read").report;
    assert_eq!(seen["type"], "ClientAuthenticationError", "{seen}");
}

#[test]
fn a_vault_that_does_not_exist_cannot_be_reached() {
    let Some(peer) = Peer::installed() else { return };
    let seen = peer.run("elsewhere").report;
    assert_eq!(seen["type"], "ServiceRequestError", "{seen}");
}

#[test]
fn a_token_for_azure_devops_is_the_one_in_the_books() {
    let Some(peer) = Peer::installed() else { return };
    let seen = peer.run("token");
    let token = seen.report["token"].as_str().unwrap();
    let bearer = peer.sim.cloud(|cloud| cloud.bearers.get(token).cloned()).unwrap();
    assert_eq!(bearer.client_id.as_deref(), Some(peer.client_id.as_str()));
    let apart = seen.report["expires"].as_i64().unwrap() - bearer.expires.timestamp();
    assert!(apart.abs() <= 5, "{apart} s apart\n{}", seen.written);
}
