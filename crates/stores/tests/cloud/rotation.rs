//! What a rotation writes and reads, against the simulated vault.

use chrono::TimeDelta;
use patkeeper_sim::{Action, Fault, Match, Refusal, Right, SecretSeed};
use patkeeper_stores::{Change, Found, Metadata, Versions};
use secrecy::{ExposeSecret, SecretString};

use super::{HOST, VALUE, World, name, now, world};

const OFFICER: &[Right] = &[Right::Get, Right::Set, Right::List];

fn tagged(intent: &str) -> Metadata {
    Metadata {
        tags: [("patkeeper-intent".to_owned(), intent.to_owned())].into(),
        ..Metadata::default()
    }
}

async fn versions(world: &World) -> Versions {
    match world.vault.versions(&name()).await.unwrap() {
        Found::Secret(versions) => versions,
        other => panic!("{other:?}"),
    }
}

/// Requests since the log was cleared, challenges included.
fn asked(world: &World) -> usize {
    let asked = world.sim.log().len();
    world.sim.clear_log();
    asked
}

fn seed(world: &World, count: usize) {
    world.sim.cloud(|cloud| {
        for number in 0..count {
            let seed = SecretSeed::new("refresh-token", &format!("value {number}"));
            cloud.put_secret("acme-kv", seed.tag("number", &number.to_string()));
        }
    });
}

#[tokio::test]
async fn a_first_rotation_goes_from_nothing_over_a_placeholder_to_the_value() {
    let world = world(OFFICER);
    assert_eq!(world.vault.versions(&name()).await.unwrap(), Found::Nothing);
    let placed = world
        .vault
        .put_placeholder(&name(), &tagged("one"))
        .await
        .unwrap();
    let seen = versions(&world).await;
    assert_eq!((&seen.current, seen.others.len()), (&placed, 0));
    assert_eq!(
        world.vault.current(&name()).await.unwrap().as_ref(),
        Some(&placed)
    );

    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::seconds(2)));
    let value = SecretString::from(VALUE);
    let id = world
        .vault
        .set(&name(), &value, &Metadata::default())
        .await
        .unwrap();
    let stored = world.vault.read_back(&id).await.unwrap().unwrap();
    assert_eq!(stored.value.expose_secret(), VALUE);
    let seen = versions(&world).await;
    assert_eq!((&seen.current.id, seen.others.len()), (&id, 1));
    assert!(seen.current.enabled);
    let old = &seen.others[0];
    assert_eq!(
        (&old.id, &old.metadata),
        (&placed.id, &placed.metadata),
        "old versions stay as they are"
    );
}

#[tokio::test]
async fn each_method_costs_the_requests_that_it_says() {
    let world = world(OFFICER);
    seed(&world, 30);
    world.vault.get(&name()).await.unwrap();
    assert_eq!(asked(&world), 1 + 2, "the challenge and the token besides");
    let seen = versions(&world).await;
    assert_eq!(seen.iter().count(), 30);
    assert_eq!(seen.current.metadata.tags["number"], "29");
    assert_eq!(asked(&world), 3, "two pages, and the current one");
    world.vault.current(&name()).await.unwrap();
    assert_eq!(asked(&world), 1);
    let tags = tagged("two").tags;
    world.vault.set_tags(&seen.current.id, &tags).await.unwrap();
    assert_eq!(asked(&world), 1);
    world.vault.read_back(&seen.current.id).await.unwrap();
    assert_eq!(asked(&world), 1);
    assert_eq!(versions(&world).await.current.metadata.tags, tags);
}

#[tokio::test]
async fn two_placeholders_of_one_second_give_everybody_the_same_current_version() {
    let world = world(OFFICER);
    let one = world
        .vault
        .put_placeholder(&name(), &tagged("one"))
        .await
        .unwrap();
    let two = world
        .vault
        .put_placeholder(&name(), &tagged("two"))
        .await
        .unwrap();
    let first = versions(&world).await;
    assert!([&one, &two].contains(&&first.current));
    // The intent of the loser is cleared, which changes when it was last updated.
    let loser = &first.others[0];
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::seconds(5)));
    world
        .vault
        .set_tags(&loser.id, &Default::default())
        .await
        .unwrap();
    assert_eq!(versions(&world).await.current, first.current);
}

#[tokio::test]
async fn a_name_that_is_soft_deleted_is_seen_before_anything_is_written_and_said_when_it_is() {
    let world = world(OFFICER);
    seed(&world, 1);
    world.sim.cloud(|cloud| {
        let vault = cloud.vault_mut("acme-kv").unwrap();
        vault.secret_mut("refresh-token").unwrap().deleted = Some(now());
    });
    let expected = Found::Deleted {
        at: Some(now()),
        purged: Some(now() + TimeDelta::days(90)),
    };
    assert_eq!(world.vault.versions(&name()).await.unwrap(), expected);
    assert!(world.vault.current(&name()).await.unwrap().is_none());
    let refused = world
        .vault
        .put_placeholder(&name(), &tagged("one"))
        .await
        .unwrap_err();
    assert!(!refused.unclear);
    assert_eq!(
        refused.failure.code.as_deref(),
        Some("ObjectIsDeletedButRecoverable")
    );
}

#[tokio::test]
async fn a_changed_end_and_tags_are_in_the_vaults_books_and_the_value_stays() {
    let world = world(OFFICER);
    seed(&world, 1);
    let current = versions(&world).await.current;
    let change = Change {
        tags: Some(tagged("extend").tags),
        expires: Some(now() + TimeDelta::days(30)),
        content_type: Some("text/plain".into()),
        enabled: None,
    };
    let changed = world.vault.update(&current.id, &change).await.unwrap();
    assert!(change.is_done(&changed) && !change.is_done(&current));
    let stored = world.vault.get(&name()).await.unwrap().unwrap();
    assert_eq!(stored.value.expose_secret(), "value 0");
    assert_eq!(stored.metadata, changed.metadata);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_done_once_or_said_to_be_unclear() {
    for (action, times, done) in [
        // A second try does the same again.
        (Action::ResetAfter, 1, true),
        (Action::GarbageJson, 9, true),
        (Action::ContentType("text/html".into()), 9, true),
        (Action::Refuse(Refusal::SignInPage), 9, false),
    ] {
        let world = world(OFFICER);
        seed(&world, 1);
        let current = versions(&world).await.current;
        let said = format!("{action:?}");
        let patch = Match::any().method("PATCH").host(HOST);
        world.sim.fault(Fault {
            when: patch,
            what: action,
            times: Some(times),
        });
        let changed = world.vault.set_tags(&current.id, &tagged("one").tags).await;
        match changed {
            Ok(version) => assert!(done && version.metadata == tagged("one"), "{said}"),
            Err(error) => assert!(!done && error.unclear, "{said}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn a_value_that_lands_after_its_answer_was_given_up_is_found_by_the_next_look() {
    let world = world(OFFICER);
    seed(&world, 1);
    let before = versions(&world).await;
    let put = Match::any().method("PUT").host(HOST);
    world.sim.fault(Fault::once(put, Action::HoldBack));
    let value = SecretString::from(VALUE);
    let stored = world.vault.set(&name(), &value, &tagged("late")).await;
    assert!(stored.unwrap_err().unclear);
    assert_eq!(versions(&world).await, before);
    assert_eq!(world.sim.let_land(), [200]);
    let after = versions(&world).await;
    assert_eq!(after.others, [before.current]);
    assert_eq!(after.current.metadata.tags, tagged("late").tags);
}

#[tokio::test]
async fn the_vaults_clock_is_known_from_its_first_answer_on() {
    let world = world(OFFICER);
    assert_eq!(world.vault.clock(), None);
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(TimeDelta::minutes(-4)));
    world.vault.versions(&name()).await.unwrap();
    assert_eq!(world.vault.clock(), Some(now() - TimeDelta::minutes(4)));
}

#[tokio::test]
async fn an_answer_without_a_list_is_no_secret_without_versions() {
    let world = world(OFFICER);
    seed(&world, 1);
    for body in ["{}", r#"{"value":null}"#, r#"{"value":{}}"#, "[]"] {
        let list = Match::any().method("GET").path("/versions");
        let without = Action::Replace {
            status: 200,
            content_type: "application/json".into(),
            body: body.into(),
        };
        world.sim.fault(Fault::once(list, without));
        assert!(world.vault.versions(&name()).await.is_err(), "{body}");
    }
}

#[tokio::test]
async fn a_throttled_placeholder_is_not_sent_again_after_the_wait() {
    let world = world(OFFICER);
    let throttled = Action::Status {
        status: 429,
        processed: false,
        retry_after: Some(1),
    };
    let put = Match::any().method("PUT").host(HOST);
    world.sim.fault(Fault::once(put, throttled));
    let placed = world.vault.put_placeholder(&name(), &tagged("one")).await;
    assert!(!placed.unwrap_err().unclear);
    assert_eq!(world.vault.versions(&name()).await.unwrap(), Found::Nothing);
}

#[tokio::test]
async fn a_disabled_value_is_the_current_one_and_not_the_placeholder_of_the_same_second() {
    for _ in 0..8 {
        let world = world(OFFICER);
        world
            .vault
            .put_placeholder(&name(), &tagged("one"))
            .await
            .unwrap();
        let metadata = Metadata {
            expires: Some(now() + TimeDelta::days(30)),
            ..Metadata::default()
        };
        let value = SecretString::from(VALUE);
        let stored = world.vault.set(&name(), &value, &metadata).await.unwrap();
        let change = Change {
            enabled: Some(false),
            ..Change::default()
        };
        world.vault.update(&stored, &change).await.unwrap();
        assert_eq!(versions(&world).await.current.id, stored);
    }
}
