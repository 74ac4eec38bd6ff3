//! What Key Vault keeps: versions, what is said about them, lists, and deletion.

use chrono::{DateTime, TimeDelta};
use patkeeper_sim::SecretSeed;
use serde_json::{Value, json};

use crate::support::now;
use crate::vault::{Door, VAULT};

fn version_of(bundle: &Value) -> String {
    let id = bundle["id"].as_str().unwrap();
    id.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn every_write_makes_a_version_and_all_it_was_given_comes_back() {
    let door = Door::open();
    let wanted = json!({
        "value": "not-a-secret-1",
        "contentType": "text/plain",
        "tags": { "rotation": "3f9c01ab" },
        "attributes": { "enabled": true, "exp": 1_798_761_600, "nbf": 1_790_000_000 },
    });
    let first = door.ok("PUT", "/secrets/Build-PAT", Some(&wanted));
    let second = door.ok(
        "PUT",
        "/secrets/build-pat",
        Some(&json!({ "value": "not-a-secret-2" })),
    );
    let (one, two) = (version_of(&first), version_of(&second));
    assert!(one != two && one.len() == 32 && one.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(first["id"], format!("{VAULT}/secrets/Build-PAT/{one}"));
    let expected = json!({
        "id": first["id"],
        "value": "not-a-secret-1",
        "contentType": "text/plain",
        "tags": { "rotation": "3f9c01ab" },
        "attributes": {
            "enabled": true, "exp": 1_798_761_600, "nbf": 1_790_000_000,
            "created": now().timestamp(), "updated": now().timestamp(),
            "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
        },
    });
    assert_eq!(first, expected);
    // Names have no letter case, and the newest is meant with and without a slash at the end.
    for path in ["/secrets/BUILD-pat", "/secrets/build-pat/", "//secrets/build-pat"] {
        assert_eq!(door.ok("GET", path, None)["value"], "not-a-secret-2");
    }
    assert_eq!(
        door.ok("GET", &format!("/secrets/build-pat/{one}"), None),
        expected
    );
}

#[test]
fn what_is_over_a_limit_or_of_another_type_is_refused_and_nothing_is_stored() {
    let door = Door::open();
    let tags = |count: usize, name: usize, value: usize| {
        let tags = (0..count).map(|at| {
            (
                format!("{}{at:02}", "n".repeat(name - 2)),
                json!("v".repeat(value)),
            )
        });
        json!({ "value": "x", "tags": tags.collect::<serde_json::Map<_, _>>() })
    };
    let attribute = |key: &str, value: Value| json!({ "value": "x", "attributes": { key: value } });
    let bad = [
        json!({}),
        json!({ "value": null }),
        json!({ "value": "" }),
        json!({ "value": 7 }),
        json!({ "value": "x".repeat(25 * 1024 + 1) }),
        json!({ "value": "x", "contentType": "t".repeat(256) }),
        json!({ "value": "x", "tags": { "a": 1 } }),
        json!({ "value": "x", "tags": ["a"] }),
        tags(16, 4, 4),
        tags(1, 257, 1),
        tags(1, 4, 257),
        attribute("exp", json!("1798761600")),
        attribute("exp", json!(1_798_761_600.5)),
        attribute("exp", json!(-1)),
        attribute("nbf", json!(i64::MAX)),
        attribute("enabled", json!("false")),
        json!([]),
    ];
    for body in bad {
        let refused = door.refusal("PUT", "/secrets/pat", Some(&body));
        assert!(refused.is(400, "BadParameter", ""), "{body} {refused:?}");
    }
    assert_eq!(door.send("GET", "/secrets/pat", None).status(), 404);
    let good = [
        json!({ "value": "x".repeat(25 * 1024), "contentType": null, "tags": null }),
        tags(15, 256, 256),
        attribute("exp", json!(0)),
    ];
    for body in good {
        assert_eq!(door.send("PUT", "/secrets/pat", Some(&body)).status(), 200);
    }
}

#[test]
fn a_name_has_letters_digits_and_dashes() {
    let door = Door::open();
    let write = json!({ "value": "x" });
    for bad in [
        "my_pat",
        "my.pat",
        "my%20pat",
        "m%C3%A4rz",
        "a%2Fb",
        &"a".repeat(128),
    ] {
        let refused = door.refusal("PUT", &format!("/secrets/{bad}"), Some(&write));
        assert!(refused.is(400, "BadParameter", ""), "{bad} {refused:?}");
        assert!(refused.message.contains("invalid name"), "{refused:?}");
    }
    let longest = "A-9".repeat(42) + "a";
    assert_eq!(
        door.send("PUT", &format!("/secrets/{longest}"), Some(&write))
            .status(),
        200
    );
}

#[test]
fn what_is_not_there_is_named_with_its_version() {
    let door = Door::open();
    let refused = door.refusal("GET", "/secrets/pat", None);
    assert!(refused.is(404, "SecretNotFound", ""), "{refused:?}");
    assert!(
        refused.message.contains("(name/id) pat was not found"),
        "{refused:?}"
    );
    door.ok("PUT", "/secrets/pat", Some(&json!({ "value": "x" })));
    let unknown = "0".repeat(32);
    let refused = door.refusal("GET", &format!("/secrets/pat/{unknown}"), None);
    assert!(
        refused.message.contains(&format!("pat/{unknown} was not found")),
        "{refused:?}"
    );
    let refused = door.refusal("GET", "/keys", None);
    assert!(refused.is(400, "BadParameter", ""), "{refused:?}");
}

#[test]
fn a_change_keeps_what_it_does_not_name_and_replaces_tags_as_a_whole() {
    let door = Door::open();
    let id = door.world.sim.cloud(|cloud| {
        let seed = SecretSeed::new("pat", "not-a-secret").content_type("text/plain");
        let seed = seed
            .tag("a", "1")
            .tag("b", "2")
            .expires(now() + TimeDelta::days(9));
        cloud.put_secret("acme-kv", seed)
    });
    door.world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::minutes(5)));
    let path = format!("/secrets/pat/{id}");
    let changed = door.ok("PATCH", &path, Some(&json!({ "tags": { "b": "3" } })));
    assert_eq!(changed.get("value"), None);
    assert_eq!(changed["tags"], json!({ "b": "3" }));
    assert_eq!(changed["contentType"], "text/plain");
    assert_eq!(
        changed["attributes"]["exp"],
        (now() + TimeDelta::days(9)).timestamp()
    );
    assert_eq!(changed["attributes"]["created"], now().timestamp());
    assert_eq!(changed["attributes"]["updated"], now().timestamp() + 300);
    let later = json!({ "contentType": "application/json", "attributes": { "exp": 1_800_000_000 } });
    let changed = door.ok("PATCH", "/secrets/pat/", Some(&later));
    assert_eq!(
        (&changed["tags"]["b"], &changed["contentType"]),
        (&json!("3"), &json!("application/json"))
    );
    let stored = door
        .world
        .sim
        .cloud(|cloud| cloud.vault("acme-kv").unwrap().secret("pat").unwrap().clone());
    assert_eq!(stored.versions.len(), 1);
    assert_eq!(
        stored.versions[0].expires,
        DateTime::from_timestamp(1_800_000_000, 0)
    );
    assert_eq!(stored.versions[0].value, "not-a-secret");
}

#[test]
fn a_disabled_version_is_listed_but_not_handed_out_even_when_an_older_one_is_good() {
    let door = Door::open();
    let older = door.ok("PUT", "/secrets/pat", Some(&json!({ "value": "x" })));
    let newer = door.ok("PUT", "/secrets/pat", Some(&json!({ "value": "y" })));
    let off = json!({ "attributes": { "enabled": false } });
    door.ok(
        "PATCH",
        &format!("/secrets/pat/{}", version_of(&newer)),
        Some(&off),
    );
    for path in [
        "/secrets/pat".to_owned(),
        format!("/secrets/pat/{}", version_of(&newer)),
    ] {
        let refused = door.refusal("GET", &path, None);
        assert!(refused.is(403, "Forbidden", "SecretDisabled"), "{refused:?}");
    }
    let path = format!("/secrets/pat/{}", version_of(&older));
    assert_eq!(door.ok("GET", &path, None)["value"], "x");
    let listed = door.ok("GET", "/secrets/pat/versions", None);
    assert_eq!(listed["value"].as_array().unwrap().len(), 2);
}

#[test]
fn an_ended_secret_is_handed_out_all_the_same() {
    let door = Door::open();
    door.world.sim.cloud(|cloud| {
        let seed = SecretSeed::new("pat", "not-a-secret").expires(now() - TimeDelta::days(1));
        cloud.put_secret("acme-kv", seed)
    });
    assert_eq!(door.ok("GET", "/secrets/pat", None)["value"], "not-a-secret");
}

/// Every page of a list, by its links, and how many entries each has.
fn pages(door: &Door, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut all, mut sizes, mut next) = (Vec::new(), Vec::new(), path.to_owned());
    loop {
        let page = door.ok("GET", &next, None);
        let entries = page["value"].as_array().unwrap();
        all.extend(entries.iter().cloned());
        sizes.push(entries.len());
        match page["nextLink"].as_str() {
            Some(link) => link.clone_into(&mut next),
            None => return (all, sizes),
        }
    }
}

#[test]
fn versions_come_by_id_in_pages_of_25_or_fewer_and_without_values() {
    let door = Door::open();
    let mut ids: Vec<String> = door.world.sim.cloud(|cloud| {
        let write = |at: usize| SecretSeed::new("pat", &format!("not-a-secret-{at}"));
        (0..30).map(|at| cloud.put_secret("acme-kv", write(at))).collect()
    });
    ids.sort();
    let (all, sizes) = pages(&door, "/secrets/pat/versions");
    assert_eq!(sizes, [25, 5]);
    assert_eq!(all.iter().map(version_of).collect::<Vec<_>>(), ids);
    assert!(
        all.iter()
            .all(|item| item.get("value").is_none() && item["attributes"]["created"].is_i64())
    );
    assert_eq!(pages(&door, "/secrets/pat/versions?maxresults=12").1, [12, 12, 6]);
    door.world
        .sim
        .cloud(|cloud| cloud.vault_mut("acme-kv").unwrap().empty_page_first = true);
    assert_eq!(pages(&door, "/secrets/pat/versions").1, [0, 25, 5]);
    for bad in ["0", "26", "x"] {
        let path = format!("/secrets/pat/versions?maxresults={bad}");
        assert_eq!(door.send("GET", &path, None).status(), 400, "{bad}");
    }
    assert_eq!(pages(&door, "/secrets/unknown/versions").1, [0, 0]);
}

#[test]
fn a_link_to_the_next_page_names_the_port() {
    let door = Door::open();
    door.world.sim.cloud(|cloud| {
        cloud.put_secret("acme-kv", SecretSeed::new("a", "x"));
        cloud.put_secret("acme-kv", SecretSeed::new("b", "x"))
    });
    let page = door.ok("GET", "/secrets?maxresults=1", None);
    let link = page["nextLink"].as_str().unwrap();
    assert!(
        link.starts_with(&format!("{VAULT}:443/secrets?api-version=7.4&$skiptoken=")),
        "{link}"
    );
}

#[test]
fn the_list_of_secrets_says_what_is_true_of_the_newest_version() {
    let door = Door::open();
    door.world.sim.cloud(|cloud| {
        cloud.put_secret("acme-kv", SecretSeed::new("pat", "x").tag("old", "1"));
        cloud.put_secret("acme-kv", SecretSeed::new("pat", "y").tag("new", "1").disabled());
        cloud.put_secret("acme-kv", SecretSeed::new("other", "z"))
    });
    let (all, _) = pages(&door, "/secrets");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["id"], format!("{VAULT}/secrets/pat"));
    assert_eq!(all[0]["tags"], json!({ "new": "1" }));
    assert_eq!(all[0]["attributes"]["enabled"], false);
}

#[test]
fn a_deleted_name_cannot_be_used_until_it_is_recovered_purged_or_old() {
    let door = Door::open();
    let write = json!({ "value": "x" });
    door.ok("PUT", "/secrets/pat", Some(&write));
    let deleted = door.ok("DELETE", "/secrets/pat", None);
    assert_eq!(deleted["recoveryId"], format!("{VAULT}/deletedsecrets/pat"));
    assert_eq!(
        deleted["scheduledPurgeDate"],
        (now() + TimeDelta::days(90)).timestamp()
    );
    assert_eq!(deleted.get("value"), None);
    assert_eq!(door.ok("GET", "/deletedsecrets/PAT", None), deleted);
    let refused = door.refusal("PUT", "/secrets/Pat", Some(&write));
    assert!(
        refused.is(409, "Conflict", "ObjectIsDeletedButRecoverable"),
        "{refused:?}"
    );
    for (method, path) in [
        ("GET", "/secrets/pat"),
        ("PATCH", "/secrets/pat/"),
        ("DELETE", "/secrets/pat"),
    ] {
        let refused = door.refusal(method, path, Some(&json!({})));
        assert!(refused.is(404, "SecretNotFound", ""), "{method} {refused:?}");
    }
    let left: Vec<usize> = ["/secrets", "/secrets/pat/versions", "/deletedsecrets"]
        .map(|list| pages(&door, list).0.len())
        .into();
    assert_eq!(left, [0, 0, 1]);
    door.ok("POST", "/deletedsecrets/pat/recover", None);
    assert_eq!(door.ok("GET", "/secrets/pat", None)["value"], "x");
    door.ok("DELETE", "/secrets/pat", None);
    assert_eq!(door.send("DELETE", "/deletedsecrets/pat", None).status(), 204);
    let refused = door.refusal("GET", "/deletedsecrets/pat", None);
    assert_eq!(
        (refused.status, refused.message.as_str()),
        (404, "Deleted Secret not found: pat")
    );
    door.ok("PUT", "/secrets/pat", Some(&write));
    door.ok("DELETE", "/secrets/pat", None);
    door.world.sim.cloud(|cloud| {
        cloud.clock.advance(TimeDelta::days(90));
        for bearer in cloud.bearers.values_mut() {
            bearer.expires += TimeDelta::days(90);
        }
    });
    door.ok("PUT", "/secrets/pat", Some(&write));
    assert_eq!(
        door.ok("GET", "/secrets/pat/versions", None)["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_deletion_under_way_is_neither_here_nor_there() {
    let door = Door::open();
    let write = json!({ "value": "x" });
    door.ok("PUT", "/secrets/pat", Some(&write));
    door.world
        .sim
        .cloud(|cloud| cloud.vault_mut("acme-kv").unwrap().deletion_takes = TimeDelta::seconds(20));
    door.ok("DELETE", "/secrets/pat", None);
    assert_eq!(door.send("GET", "/deletedsecrets/pat", None).status(), 404);
    let refused = door.refusal("PUT", "/secrets/pat", Some(&write));
    assert!(refused.is(409, "Conflict", "ObjectIsBeingDeleted"), "{refused:?}");
    door.world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::seconds(20)));
    assert_eq!(door.send("GET", "/deletedsecrets/pat", None).status(), 200);
}

#[test]
fn a_certificates_secret_is_read_only() {
    let door = Door::open();
    door.ok("PUT", "/secrets/cert", Some(&json!({ "value": "x" })));
    door.world.sim.cloud(|cloud| {
        let vault = cloud.vault_mut("acme-kv").unwrap();
        vault.secret_mut("cert").unwrap().managed = true;
    });
    assert_eq!(door.ok("GET", "/secrets/cert", None)["managed"], true);
    let body = json!({ "value": "y" });
    for (method, path) in [
        ("PUT", "/secrets/cert"),
        ("PATCH", "/secrets/cert/"),
        ("DELETE", "/secrets/cert"),
    ] {
        let refused = door.refusal(method, path, Some(&body));
        assert!(
            refused.is(403, "Forbidden", "SecretManagedByKeyVault"),
            "{method} {refused:?}"
        );
    }
}
