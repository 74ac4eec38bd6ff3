//! The simulator's answers against the published description of the PAT API (OpenAPI and examples).
//!
//! The description is not part of this repository: it is looked for in `../shared/specs` beside it, and the
//! tests say so and stop where it is not there.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::support::{World, now, world};
use patkeeper_sim::{PatSeed, Policies};
use serde_json::{Map, Value, json};

/// The folder with the description of the PAT API.
fn folder() -> Option<PathBuf> {
    folder_of("tokens/7.2")
}

/// The folder with the description of one area.
pub(crate) fn folder_of(area: &str) -> Option<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs/specification");
    let folder = all.join(area);
    if folder.is_dir() {
        return Some(folder);
    }
    // Past the test runner, which keeps back what a passing test prints.
    let _ = writeln!(
        std::io::stderr(),
        "skipped: no published API description in ../shared/specs"
    );
    None
}

pub(crate) fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default()
}

/// One operation of the description.
struct Operation {
    method: String,
    query: Vec<String>,
    required: Vec<String>,
    /// The answer's definition, if it has a body.
    answer: Option<String>,
    /// The request's definition, if it has a body.
    body: Option<String>,
}

fn name_of(reference: &Value) -> Option<String> {
    Some(reference["$ref"].as_str()?.rsplit('/').next()?.to_owned())
}

/// All operations by `operationId`; lists stand under `x-ms-paths`.
fn operations(description: &Value) -> BTreeMap<String, Operation> {
    let mut found = BTreeMap::new();
    for group in ["paths", "x-ms-paths"] {
        let paths = description[group].as_object().cloned().unwrap_or_default();
        for (method, operation) in paths.values().filter_map(Value::as_object).flatten() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = |only_required: bool| {
                let inline = parameters.iter().filter(|parameter| parameter["in"] == "query");
                let wanted = inline.filter(|parameter| !only_required || parameter["required"] == true);
                wanted
                    .filter_map(|parameter| parameter["name"].as_str())
                    .map(str::to_owned)
                    .collect()
            };
            let body = parameters.iter().find(|parameter| parameter["in"] == "body");
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            let known = Operation {
                method: method.to_uppercase(),
                query: query(false),
                required: query(true),
                answer: name_of(&operation["responses"]["200"]["schema"]),
                body: body.and_then(|body| name_of(&body["schema"])),
            };
            found.insert(id, known);
        }
    }
    found
}

/// A JSON Schema for one definition: nothing unknown is allowed, and everything may be null, since the
/// description says nothing about null and the published examples have it.
fn schema(description: &Value, definition: &str) -> Value {
    let mut definitions = Map::new();
    for (name, known) in description["definitions"].as_object().into_iter().flatten() {
        definitions.insert(name.clone(), strict(known));
    }
    json!({ "$ref": format!("#/definitions/{definition}"), "definitions": definitions })
}

fn strict(definition: &Value) -> Value {
    let Some(parts) = definition.as_object() else {
        return definition.clone();
    };
    if parts.contains_key("$ref") {
        return json!({ "anyOf": [definition, { "type": "null" }] });
    }
    let mut made = Map::new();
    for (key, value) in parts {
        let value = match key.as_str() {
            "type" => json!([value, "null"]),
            "items" => strict(value),
            "properties" => value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, inner)| (name.clone(), strict(inner)))
                .collect(),
            "enum" | "format" => value.clone(),
            _ => continue,
        };
        made.insert(key.clone(), value);
    }
    if made.contains_key("properties") {
        made.insert("additionalProperties".to_owned(), json!(false));
    }
    Value::Object(made)
}

fn validator(description: &Value, definition: &str) -> jsonschema::Validator {
    // The first draft whose formats have `uuid`.
    let options = jsonschema::draft201909::options().should_validate_formats(true);
    match options.build(&schema(description, definition)) {
        Ok(validator) => validator,
        Err(error) => panic!("{definition}: {error}"),
    }
}

fn check(description: &Value, definition: &str, answer: &Value) {
    let validator = validator(description, definition);
    let errors: Vec<String> = validator
        .iter_errors(answer)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{definition}: {errors:#?}\n{answer:#}");
}

const BASE: &str = "https://vssps.dev.azure.com/acme/_apis/tokens/pats?api-version=7.2-preview.1";

/// Sends one operation and returns status and body.
fn call(world: &World, method: &str, query: &str, body: Option<&Value>) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or_default();
    let mut request = world
        .client
        .request(method, format!("{BASE}{query}"))
        .bearer_auth(&world.token);
    if let Some(body) = body {
        request = request.json(body);
    }
    match request.send() {
        Ok(answer) => (answer.status().as_u16(), answer.json().unwrap_or_default()),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_operation_answers_as_its_definition_says() {
    let Some(folder) = folder() else { return };
    let description = read(&folder.join("tokens.json"));
    let operations = operations(&description);
    let known: Vec<&str> = operations.keys().map(String::as_str).collect();
    assert_eq!(
        known,
        [
            "Pats_Create",
            "Pats_Get",
            "Pats_List",
            "Pats_Revoke",
            "Pats_Update"
        ]
    );
    let world = world();
    let wish = json!({
        "displayName": "ci", "scope": "vso.code", "validTo": "2026-12-20T23:46:23.319Z", "allOrgs": false,
    });
    let create = &operations["Pats_Create"];
    check(&description, create.body.as_deref().unwrap_or_default(), &wish);
    let (status, made) = call(&world, &create.method, "", Some(&wish));
    assert_eq!(status, 200);
    check(&description, create.answer.as_deref().unwrap_or_default(), &made);
    let id = made["patToken"]["authorizationId"].as_str().unwrap_or_default();
    let by_id = format!("&authorizationId={id}");

    let get = &operations["Pats_Get"];
    assert_eq!(get.required, ["authorizationId"]);
    let (_, got) = call(&world, &get.method, &by_id, None);
    check(&description, get.answer.as_deref().unwrap_or_default(), &got);

    let list = &operations["Pats_List"];
    world.sim.cloud(|cloud| {
        cloud.add_pat(PatSeed::new(&world.user, "acme", "global", "app_token").global());
        cloud.add_pat(PatSeed::new(&world.user, "acme", "ended", "vso.work").ends(now()));
    });
    for query in values(&description, &list.query) {
        let (status, page) = call(&world, &list.method, &query, None);
        assert_eq!(status, 200, "{query}");
        check(&description, list.answer.as_deref().unwrap_or_default(), &page);
    }

    let update = &operations["Pats_Update"];
    let change = json!({
        "authorizationId": id, "displayName": "ci", "scope": "vso.code", "validTo": "2026-12-25T23:46:23.319Z", "allOrgs": true,
    });
    check(&description, update.body.as_deref().unwrap_or_default(), &change);
    let (_, changed) = call(&world, &update.method, "", Some(&change));
    assert_eq!(changed["patTokenError"], "none");
    check(
        &description,
        update.answer.as_deref().unwrap_or_default(),
        &changed,
    );

    let revoke = &operations["Pats_Revoke"];
    assert_eq!(revoke.required, ["authorizationId"]);
    assert!(revoke.answer.is_none());
    // The definition says 200, the published example 204.
    assert_eq!(call(&world, &revoke.method, &by_id, None), (204, Value::Null));
}

/// One query for each value that each of the list's parameters may have.
fn values(description: &Value, parameters: &[String]) -> Vec<String> {
    let declared = description["x-ms-paths"]
        .as_object()
        .into_iter()
        .flat_map(Map::values);
    let declared: Vec<Value> = declared
        .flat_map(|path| path["get"]["parameters"].as_array().cloned().unwrap_or_default())
        .collect();
    let mut queries = vec![String::new()];
    for name in parameters {
        let parameter = declared
            .iter()
            .find(|parameter| parameter["name"] == name.as_str());
        let parameter = parameter.cloned().unwrap_or_default();
        let words: Vec<String> = match (&parameter["enum"], parameter["type"].as_str()) {
            (Value::Array(values), _) => values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            (_, Some("boolean")) => vec!["true".to_owned(), "false".to_owned()],
            (_, Some("integer")) => vec!["1".to_owned(), "100".to_owned()],
            _ => vec![String::new()],
        };
        queries.extend(words.iter().map(|word| format!("&{name}={word}")));
    }
    assert!(queries.len() > 10, "{queries:?}");
    queries
}

#[test]
fn every_failure_inside_a_200_is_one_that_the_definition_lists() {
    let Some(folder) = folder() else { return };
    let description = read(&folder.join("tokens.json"));
    let world = world();
    let wish = json!({ "displayName": "ci", "scope": "app_token", "validTo": "2026-12-20T00:00:00Z", "allOrgs": true });
    let restricted = Policies {
        restrict_global: true,
        ..Policies::default()
    };
    let full = Policies {
        restrict_full_scope: true,
        ..Policies::default()
    };
    let blocked = Policies {
        block_global_creation: true,
        ..Policies::default()
    };
    let closed = Policies {
        creation: patkeeper_sim::Creation::Disabled,
        ..Policies::default()
    };
    let short = Policies {
        max_lifespan_days: Some(1),
        over_lifespan: patkeeper_sim::OverLifespan::Refuse,
        ..Policies::default()
    };
    for policies in [restricted, full, blocked, closed, short] {
        world.sim.cloud(|cloud| {
            cloud
                .organization_mut("acme")
                .into_iter()
                .for_each(|acme| acme.policies = policies.clone());
        });
        let (status, answer) = call(&world, "POST", "", Some(&wish));
        assert_eq!(status, 200);
        assert_ne!(answer["patTokenError"], "none");
        check(&description, "PatTokenResult", &answer);
    }
    let (_, unknown) = call(
        &world,
        "GET",
        "&authorizationId=00000000-0000-4000-8000-000000000000",
        None,
    );
    check(&description, "PatTokenResult", &unknown);
}

/// The shape of a JSON value: property names with the kinds of what they hold, texts by how they are built.
pub(crate) fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("flag"),
        Value::Number(_) => json!("number"),
        Value::String(text) if text.is_empty() => json!("empty"),
        Value::String(text) if text.parse::<chrono::DateTime<chrono::Utc>>().is_ok() => json!("time"),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => json!("guid"),
        Value::String(_) => json!("text"),
        Value::Array(values) => values.first().map_or(json!([]), |first| json!([shape(first)])),
        Value::Object(parts) => parts
            .iter()
            .map(|(name, value)| (name.clone(), shape(value)))
            .collect(),
    }
}

#[test]
fn the_published_examples_have_the_shapes_that_the_simulator_gives() {
    let Some(folder) = folder() else { return };
    let examples = folder.join("httpExamples/Pats");
    let body = |name: &str, status: &str| read(&examples.join(name))["responses"][status]["body"].clone();
    let request = |name: &str| read(&examples.join(name))["parameters"]["body"].clone();
    let world = world();
    // The examples are older than 7.2 and have no patTokenErrorMessage.
    let base = BASE.replace("7.2", "6.1");
    let send = |method: reqwest::Method, query: &str, body: Option<Value>| {
        let request = world
            .client
            .request(method, format!("{base}{query}"))
            .bearer_auth(&world.token);
        let request = body.iter().fold(request, |request, body| request.json(body));
        request
            .send()
            .and_then(reqwest::blocking::Response::json::<Value>)
            .unwrap_or_default()
    };
    let early = "2020-11-02T22:56:52.1033333Z".parse().unwrap_or_default();
    world.sim.cloud(|cloud| {
        cloud.clock = patkeeper_sim::Clock::Fixed(early);
        cloud
            .bearers
            .values_mut()
            .for_each(|bearer| bearer.expires = now());
    });
    let wish = request("CreatePat.json");
    let made = send(reqwest::Method::POST, "", Some(wish));
    let example = body("CreatePat.json", "200");
    assert_eq!(shape(&made), shape(&example));
    for time in ["validFrom", "validTo"] {
        assert_eq!(made["patToken"][time], example["patToken"][time], "{time}");
    }
    let id = made["patToken"]["authorizationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let got = send(reqwest::Method::GET, &format!("&authorizationId={id}"), None);
    assert_eq!(shape(&got), shape(&body("GetPat.json", "200")));
    let mut change = request("UpdatePat.json");
    change["authorizationId"] = json!(id);
    let changed = send(reqwest::Method::PUT, "", Some(change));
    let example = body("UpdatePat.json", "200");
    assert_eq!(shape(&changed), shape(&example));
    assert_eq!(changed["patToken"]["validTo"], example["patToken"]["validTo"]);
    // In the example's list the first PAT is a global one, as ours is now.
    assert_eq!(
        shape(&send(reqwest::Method::GET, "", None)),
        shape(&body("ListPats.json", "200"))
    );
    assert_eq!(body("RevokePat.json", "204"), json!({}));
}

#[test]
fn a_schema_that_is_too_lenient_would_be_noticed() {
    let Some(folder) = folder() else { return };
    let description = read(&folder.join("tokens.json"));
    let validator = validator(&description, "PatTokenResult");
    let valid = |value: &Value| validator.is_valid(value);
    assert!(valid(&json!({ "patToken": null, "patTokenError": "none" })));
    assert!(!valid(&json!({ "patToken": null, "patTokenError": "madeUp" })));
    assert!(!valid(
        &json!({ "patToken": { "authorizationId": "x" }, "patTokenError": "none" })
    ));
    assert!(!valid(
        &json!({ "patToken": { "validTo": "tomorrow" }, "patTokenError": "none" })
    ));
    assert!(!valid(&json!({ "patToken": null, "error": "none" })));
}
