//! Key Vault's door: who is let in, and how everyone else is refused.

use chrono::TimeDelta;
use patkeeper_sim::{
    Action, Fault, Instance, Match, Right, SecretSeed, TokenSpec, VaultAccess, VaultNetwork, VaultThrottle,
};
use reqwest::Method;
use reqwest::blocking::Response;
use serde_json::{Value, json};

use crate::support::{World, client, world};

pub(crate) const VAULT: &str = "https://acme-kv.vault.azure.net";
pub(crate) const AUDIENCE: &str = "https://vault.azure.net";

/// A vault where `ci` may do everything, and its caller.
pub(crate) struct Door {
    pub(crate) world: World,
    pub(crate) token: String,
}

impl Door {
    pub(crate) fn open() -> Self {
        let world = world();
        let token = world.sim.cloud(|cloud| {
            cloud.grant("acme-kv", "ci", Right::ALL);
            cloud.token(TokenSpec::app("ci").audience(AUDIENCE))
        });
        Self { world, token }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        let url = match path.split_once("://") {
            Some(_) => path.to_owned(),
            None => format!(
                "{VAULT}{path}{}api-version=7.4",
                if path.contains('?') { "&" } else { "?" }
            ),
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.world.client.request(method, url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().unwrap()
    }

    pub(crate) fn ok(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let response = self.send(method, path, body);
        assert_eq!(response.status(), 200, "{method} {path}");
        response.json().unwrap()
    }

    /// Status, code, inner code and message of a refusal.
    pub(crate) fn refusal(&self, method: &str, path: &str, body: Option<&Value>) -> Refusal {
        refusal(self.send(method, path, body))
    }

    fn with(&self, spec: TokenSpec) -> Refusal {
        let token = self.world.sim.cloud(|cloud| cloud.token(spec));
        self.bearing(&token)
    }

    fn bearing(&self, token: &str) -> Refusal {
        let url = format!("{VAULT}/secrets/pat?api-version=7.4");
        refusal(self.world.client.get(url).bearer_auth(token).send().unwrap())
    }
}

#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) inner: String,
    pub(crate) message: String,
    pub(crate) challenge: Option<String>,
}

impl Refusal {
    pub(crate) fn is(&self, status: u16, code: &str, inner: &str) -> bool {
        (self.status, self.code.as_str(), self.inner.as_str()) == (status, code, inner)
    }
}

pub(crate) fn refusal(response: Response) -> Refusal {
    let status = response.status().as_u16();
    let challenge = response
        .headers()
        .get("www-authenticate")
        .map(|value| value.to_str().unwrap().to_owned());
    let body: Value = response.json().unwrap();
    let text = |pointer: &str| {
        let value = body.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    Refusal {
        status,
        code: text("/error/code"),
        inner: text("/error/innererror/code"),
        message: text("/error/message"),
        challenge,
    }
}

#[test]
fn a_request_without_token_is_told_where_to_sign_in_whatever_its_body() {
    let door = Door::open();
    let tenant = door
        .world
        .sim
        .cloud(|cloud| cloud.vault("acme-kv").unwrap().tenant.clone());
    let url = format!("{VAULT}/secrets/pat?api-version=7.4");
    let refused = refusal(door.world.client.put(url).send().unwrap());
    assert!(refused.is(401, "Unauthorized", ""), "{refused:?}");
    assert!(refused.message.starts_with("AKV10000"));
    let expected = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"{AUDIENCE}\""
    );
    assert_eq!(refused.challenge, Some(expected));
}

#[test]
fn each_cloud_sends_to_its_own_sign_in_and_names_its_own_resource() {
    let world = world();
    let clouds = [
        (
            "vault.usgovcloudapi.net",
            "login.microsoftonline.us",
            Instance::UsGovernment,
        ),
        ("vault.azure.cn", "login.chinacloudapi.cn", Instance::China),
    ];
    for (suffix, login, instance) in clouds {
        let host = format!("acme.{suffix}");
        let tenant = world.sim.cloud(|cloud| {
            let tenant = cloud.add_tenant(instance, "acme.example");
            cloud.add_vault(&host);
            tenant
        });
        let asked = world
            .client
            .get(format!("https://{host}/secrets"))
            .send()
            .unwrap();
        let expected =
            format!("Bearer authorization=\"https://{login}/{tenant}\", resource=\"https://{suffix}\"");
        assert_eq!(refusal(asked).challenge, Some(expected));
    }
}

#[test]
fn a_token_must_be_known_alive_for_the_vault_and_of_its_tenant() {
    let door = Door::open();
    let vault = || TokenSpec::app("ci").audience(AUDIENCE);
    let cases = [
        (door.bearing("not-a-token"), "AKV10046"),
        (door.with(vault().valid_for(TimeDelta::zero())), "TokenExpired"),
        (door.with(TokenSpec::app("ci")), "AKV10022: Invalid audience"),
        (door.with(vault().audience(VAULT)), "AKV10022: Invalid audience"),
        (
            door.with(vault().tenant("99999999-0000-0000-0000-000000000000")),
            "AKV10032: Invalid issuer",
        ),
    ];
    for (refused, words) in cases {
        assert!(refused.is(401, "Unauthorized", ""), "{refused:?}");
        assert!(refused.message.contains(words), "{refused:?}");
        assert!(refused.challenge.is_some());
    }
    let by_id = vault().audience("cfa8b339-82a2-471a-a3c9-0fc0be7a4093");
    assert_eq!(door.with(by_id).status, 404);
}

#[test]
fn each_right_is_granted_by_itself_and_its_lack_is_said_in_the_words_of_roles_or_policies() {
    let door = Door::open();
    let write = json!({ "value": "not-a-secret" });
    let change = json!({ "tags": {} });
    let cases = [
        (Right::Get, "GET", "/secrets/pat", None, "getSecret", "get"),
        (
            Right::Set,
            "PUT",
            "/secrets/pat",
            Some(&write),
            "setSecret",
            "set",
        ),
        (
            Right::Set,
            "PATCH",
            "/secrets/pat/",
            Some(&change),
            "update",
            "set",
        ),
        (
            Right::List,
            "GET",
            "/secrets/pat/versions",
            None,
            "readMetadata",
            "list",
        ),
        (Right::List, "GET", "/secrets", None, "readMetadata", "list"),
        (Right::Delete, "DELETE", "/secrets/pat", None, "delete", "delete"),
        (
            Right::Recover,
            "POST",
            "/deletedsecrets/pat/recover",
            None,
            "recover",
            "recover",
        ),
        (
            Right::Purge,
            "DELETE",
            "/deletedsecrets/pat",
            None,
            "purge",
            "purge",
        ),
    ];
    for (right, method, path, body, action, word) in cases {
        door.world.sim.cloud(|cloud| {
            cloud.put_secret("acme-kv", SecretSeed::new("pat", "not-a-secret"));
            let vault = cloud.vault_mut("acme-kv").unwrap();
            vault.grants.clear();
            vault.access = VaultAccess::Roles;
            let others = Right::ALL.iter().filter(|other| **other != right);
            vault.grants.extend(others.map(|other| ("ci".to_owned(), *other)));
        });
        let refused = door.refusal(method, path, body);
        assert!(
            refused.is(403, "Forbidden", "ForbiddenByRbac"),
            "{path} {refused:?}"
        );
        let action = format!("Action: 'Microsoft.KeyVault/vaults/secrets/{action}");
        assert!(refused.message.contains(&action), "{refused:?}");
        door.world
            .sim
            .cloud(|cloud| cloud.vault_mut("acme-kv").unwrap().access = VaultAccess::Policies);
        let refused = door.refusal(method, path, body);
        assert!(refused.is(403, "Forbidden", "AccessDenied"), "{path} {refused:?}");
        let words = format!("does not have secrets {word} permission on key vault 'acme-kv;location=");
        assert!(refused.message.contains(&words), "{refused:?}");
        door.world
            .sim
            .cloud(|cloud| cloud.grant("acme-kv", "CI", &[right]));
        assert_ne!(door.send(method, path, body).status(), 403, "{path}");
    }
}

#[test]
fn a_grant_may_name_the_app_or_its_object_and_a_user_by_id() {
    let world = world();
    let tokens = world.sim.cloud(|cloud| {
        cloud.put_secret("acme-kv", SecretSeed::new("pat", "not-a-secret"));
        let user = world.user.clone();
        let spec = TokenSpec::app("ci")
            .audience(AUDIENCE)
            .client("11111111-aaaa-bbbb-cccc-000000000001");
        let app = cloud.token(spec);
        let other = cloud.token(TokenSpec::app("other").audience(AUDIENCE));
        let object = cloud.bearers[&other].object_id.clone();
        let person = cloud.token(TokenSpec::user(&user).audience(AUDIENCE));
        cloud.grant("acme-kv", "11111111-aaaa-bbbb-cccc-000000000001", &[Right::Get]);
        cloud.grant("acme-kv", &object, &[Right::Get]);
        cloud.grant("acme-kv", &user, &[Right::Get]);
        [app, other, person]
    });
    for token in tokens {
        let url = format!("{VAULT}/secrets/pat?api-version=7.4");
        assert_eq!(
            world.client.get(url).bearer_auth(token).send().unwrap().status(),
            200
        );
    }
}

#[test]
fn a_closed_network_refuses_after_the_sign_in_not_before() {
    let door = Door::open();
    for (network, inner, words) in [
        (
            VaultNetwork::Firewall,
            "ForbiddenByFirewall",
            "Client address is not authorized",
        ),
        (
            VaultNetwork::Private,
            "ForbiddenByConnection",
            "Public network access is disabled",
        ),
    ] {
        door.world
            .sim
            .cloud(|cloud| cloud.vault_mut("acme-kv").unwrap().network = network);
        let url = format!("{VAULT}/secrets/pat?api-version=7.4");
        assert_eq!(door.world.client.get(url).send().unwrap().status(), 401);
        let refused = door.refusal("GET", "/secrets/pat", None);
        assert!(refused.is(403, "Forbidden", inner), "{refused:?}");
        assert!(refused.message.starts_with(words), "{refused:?}");
    }
}

#[test]
fn so_many_requests_are_too_many_and_then_no_more() {
    let door = Door::open();
    door.world.sim.cloud(|cloud| {
        cloud.vault_mut("acme-kv").unwrap().throttle = Some(VaultThrottle {
            requests: 2,
            retry_after: Some(7),
        });
    });
    for _ in 0..2 {
        let response = door.send("GET", "/secrets", None);
        assert_eq!(response.headers()["retry-after"], "7");
        assert!(refusal(response).is(429, "Throttled", ""));
    }
    assert_eq!(door.send("GET", "/secrets", None).status(), 200);
}

#[test]
fn a_known_api_version_must_be_named() {
    let door = Door::open();
    for good in [
        "7.4",
        "7.5",
        "7.6",
        "2025-06-01-preview",
        "2025-07-01",
        "2026-04-01",
    ] {
        let path = format!("{VAULT}/secrets?api-version={good}");
        assert_eq!(door.send("GET", &path, None).status(), 200, "{good}");
    }
    for bad in [
        "",
        "?api-version=",
        "?api-version=9.9",
        "?api-version=7.4-preview",
    ] {
        let refused = door.refusal("GET", &format!("{VAULT}/secrets{bad}"), None);
        assert!(refused.is(400, "BadParameter", ""), "{bad} {refused:?}");
    }
}

#[test]
fn a_vault_that_is_not_there_has_no_address() {
    let door = Door::open();
    let asked = door
        .world
        .client
        .get("https://acme-kv2.vault.azure.net/secrets?api-version=7.4");
    assert!(asked.send().is_err());
    let tunnels = door.world.sim.tunnels();
    assert_eq!(tunnels[0].status, Some(502));
    for host in ["vault.azure.net", "a.b.vault.azure.net"] {
        assert!(door.world.client.get(format!("https://{host}/")).send().is_err());
    }
}

#[test]
fn every_answer_carries_the_clouds_date_and_the_clients_id() {
    let door = Door::open();
    let url = format!("{VAULT}/secrets?api-version=7.4");
    let request = door
        .world
        .client
        .get(url)
        .header("x-ms-client-request-id", "mine-1");
    let response = request.send().unwrap();
    assert_eq!(response.headers()["date"], "Sat, 21 Nov 2026 12:00:00 GMT");
    assert_eq!(response.headers()["x-ms-client-request-id"], "mine-1");
    assert!(response.headers().contains_key("x-ms-request-id"));
}

#[test]
fn a_write_may_be_done_and_its_answer_lost() {
    let door = Door::open();
    let write = json!({ "value": "not-a-secret" });
    let put = || Match::any().method("PUT").host("acme-kv.vault.azure.net");
    let stored = |count: usize| {
        door.world.sim.cloud(|cloud| {
            cloud
                .vault("acme-kv")
                .unwrap()
                .secret("pat")
                .unwrap()
                .versions
                .len()
                == count
        })
    };
    door.world.sim.fault(Fault::once(put(), Action::HangAfter));
    let impatient = client(&door.world.sim)
        .put(format!("{VAULT}/secrets/pat?api-version=7.4"))
        .timeout(std::time::Duration::from_millis(300));
    let lost = impatient.bearer_auth(&door.token).json(&write).send();
    assert!(lost.unwrap_err().is_timeout() && stored(1));
    let late = Action::DelayAfter(std::time::Duration::from_millis(1));
    door.world.sim.fault(Fault::once(put(), late));
    assert_eq!(door.send("PUT", "/secrets/pat", Some(&write)).status(), 200);
    assert!(stored(2));
    let names: Vec<_> = door
        .world
        .sim
        .log()
        .into_iter()
        .filter_map(|line| line.fault)
        .collect();
    assert_eq!(names, ["hang after processing", "delay 1 ms after processing"]);
}

#[test]
fn values_are_secrets_of_the_cloud_and_not_in_the_log() {
    let door = Door::open();
    let write = json!({ "value": "not-a-secret-1", "tags": { "owner": "platform" } });
    door.ok("PUT", "/secrets/pat", Some(&write));
    let secrets = door.world.sim.cloud(|cloud| {
        cloud.put_secret("acme-kv", SecretSeed::new("pat", "not-a-secret-2"));
        cloud.secrets()
    });
    for value in ["not-a-secret-1", "not-a-secret-2"] {
        assert!(secrets.iter().any(|known| known == value), "{value}");
    }
    let log = format!("{:?}", door.world.sim.log());
    assert!(
        log.contains("platform") && !log.contains("not-a-secret-1"),
        "{log}"
    );
}
