//! The simulator's answers against the published descriptions of Graph, token administration and the audit log
//! (OpenAPI and examples), which are looked for where [`crate::conformance`] does.

use patkeeper_sim::generate::{CrowdPlan, crowd};
use patkeeper_sim::{AuditSeed, PatSeed};
use serde_json::{Map, Value};

use crate::conformance::{folder_of, read, shape};
use crate::support::{World, world};

/// All properties of a definition, with what it is built on.
fn properties(description: &Value, definition: &str) -> Map<String, Value> {
    let found = &description["definitions"][definition];
    let mut all = found["properties"].as_object().cloned().unwrap_or_default();
    for base in found["allOf"].as_array().into_iter().flatten() {
        let name = base["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        all.extend(properties(description, name.unwrap_or_default()));
    }
    all
}

/// Every property of `entry` is one of the definition's, and of its type where it is not null.
fn check(description: &Value, definition: &str, entry: &Value) {
    let known = properties(description, definition);
    assert!(!known.is_empty(), "{definition} is not described");
    for (name, value) in entry.as_object().unwrap() {
        let described = known
            .get(name)
            .unwrap_or_else(|| panic!("{definition} has no {name}"));
        let fits = match (described["type"].as_str(), value) {
            (_, Value::Null) | (None, _) => true,
            (Some("string"), value) => value.is_string(),
            (Some("boolean"), value) => value.is_boolean(),
            (Some("integer"), value) => value.is_i64(),
            (Some("array"), value) => value.is_array(),
            (Some(_), value) => value.is_object(),
        };
        assert!(fits, "{definition}.{name}: {described} is not {value}");
        if let (Some(allowed), Value::String(text)) = (described["enum"].as_array(), value) {
            assert!(allowed.iter().any(|word| word == text.as_str()), "{name}: {text}");
        }
    }
}

/// A world with an administrator, whose token it is, users, and an SSH key.
fn administered() -> (World, String) {
    let world = world();
    let token = world.sim.cloud(|cloud| {
        let made = crowd(cloud, "acme", &CrowdPlan::of(1, 60));
        cloud.audit("acme", true);
        cloud.manners.graph_empty_every = 0;
        cloud.manners.audit_bad_escapes = 0;
        cloud.manners.audit_wrapped = true;
        cloud.add_ssh_key(&world.user, "acme", "laptop");
        cloud.add_pat(PatSeed::new(&world.user, "acme", "a", "app_token").global());
        cloud.add_event(AuditSeed::new("acme", "Token.PatExpiredEvent").by(&world.user));
        made.token
    });
    (world, token)
}

fn get(world: &World, token: &str, url: &str) -> Value {
    let answer = world.client.get(url).bearer_auth(token).send().unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.json().unwrap()
}

fn entries(list: &Value) -> &[Value] {
    let entries = list.as_array().unwrap();
    assert!(!entries.is_empty());
    entries
}

#[test]
fn every_entry_of_graph_is_as_described() {
    let Some(folder) = folder_of("graph/7.2") else {
        return;
    };
    let description = read(&folder.join("graph.json"));
    let (world, token) = administered();
    let url = "https://vssps.dev.azure.com/acme/_apis/graph/users?api-version=7.2-preview.1";
    let answer = get(&world, &token, url);
    for entry in entries(&answer["value"]) {
        check(&description, "GraphUser", entry);
    }
}

#[test]
fn a_user_s_tokens_are_as_described_and_as_in_the_example() {
    let Some(folder) = folder_of("tokenAdmin/7.2") else {
        return;
    };
    let description = read(&folder.join("tokenAdmin.json"));
    let (world, token) = administered();
    let descriptor = world
        .sim
        .cloud(|cloud| cloud.user(&world.user).unwrap().descriptor.clone());
    let url = format!(
        "https://vssps.dev.azure.com/acme/_apis/TokenAdmin/PersonalAccessTokens/{descriptor}?api-version=7.1"
    );
    let page = get(&world, &token, &url);
    check(&description, "TokenAdminPagedSessionTokens", &page);
    for entry in entries(&page["value"]) {
        check(&description, "SessionToken", entry);
    }
    let examples = folder.join("httpExamples/personalAccessTokens");
    let example = read(&examples.join("GetPersonalAccessTokensForAUserInYourOrganization.json"));
    let example = &example["responses"]["200"]["body"];
    let mut pat = shape(&page["value"][1]);
    // Newer than the example, and a name where that has none.
    let known = pat.as_object_mut().unwrap();
    known.remove("claims");
    known.remove("crossCompanyCorrelatingId");
    known.insert("displayName".to_owned(), "null".into());
    assert_eq!(pat, shape(&example["value"][0]));
    assert_eq!(page["continuationToken"], example["continuationToken"]);
    let example = read(&folder.join("httpExamples/revocations/RevokeAuthorizations.json"));
    assert!(example["parameters"]["body"].is_array() && example["responses"]["204"].is_object());
}

#[test]
fn the_audit_log_is_as_described_and_as_in_the_example() {
    let Some(folder) = folder_of("audit/7.2") else {
        return;
    };
    let description = read(&folder.join("audit.json"));
    let (world, token) = administered();
    let url = "https://auditservice.dev.azure.com/acme/_apis/audit/auditlog?api-version=7.2-preview.1";
    get(&world, &token, url);
    let answer = get(&world, &token, url);
    let page = &answer["value"];
    check(&description, "AuditLogQueryResult", page);
    for entry in entries(&page["decoratedAuditLogEntries"]) {
        check(&description, "DecoratedAuditLogEntry", entry);
    }
    let example = read(&folder.join("httpExamples/auditLog/GET__AuditLog_QueryLog_by_date.json"));
    let example = &example["responses"]["200"]["body"]["value"];
    let parts = |token: &Value| token.as_str().unwrap_or_default().split(';').count();
    assert_eq!(
        parts(&page["continuationToken"]),
        parts(&example["continuationToken"])
    );
    assert_eq!(
        (&page["hasMore"], &example["hasMore"]),
        (&false.into(), &false.into())
    );
    let ours = page["decoratedAuditLogEntries"][0].as_object().unwrap();
    for (name, value) in example["decoratedAuditLogEntries"][0].as_object().unwrap() {
        assert!(ours.contains_key(name), "{name}: {value}");
    }
    let zone = |entry: &Value| entry["timestamp"].as_str().unwrap_or_default()[27..].to_owned();
    assert_eq!(
        zone(&page["decoratedAuditLogEntries"][0]),
        zone(&example["decoratedAuditLogEntries"][0])
    );
    let actions = "https://auditservice.dev.azure.com/acme/_apis/audit/actions?api-version=7.2-preview.1";
    for action in entries(&get(&world, &token, actions)["value"]) {
        check(&description, "AuditActionInfo", action);
    }
}
