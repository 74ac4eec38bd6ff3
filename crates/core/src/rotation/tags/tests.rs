use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::rotation::{BaseName, Intent, Metadata, Owner, Record, RotationId, RunId, Superseded, Unsettled};
use crate::scope::ScopeSet;
use crate::time;

use super::{BadTag, TagLimits, TagsFull};

const VAULT: TagLimits = TagLimits::KEY_VAULT;

fn at(text: &str) -> DateTime<Utc> {
    time::parse(text).unwrap()
}

fn id(number: u128) -> AuthorizationId {
    let hex = format!("{number:032x}");
    AuthorizationId::new(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    ))
}

fn record() -> Record {
    Record {
        id: id(1),
        display_name: "ci-build-2026-08-20-77ab01cd".to_owned(),
        organization: Organization::parse("acme").unwrap(),
        owner: Owner::new("0d1e", Some("Ann Example")),
        scopes: ScopeSet::parse("vso.build_execute vso.code"),
        valid_to: at("2026-11-30T08:00:00Z"),
        rotation: Some(RotationId::new(0x77ab_01cd << 96)),
    }
}

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn superseded(count: u128) -> Vec<Superseded> {
    (0..count)
        .map(|number| Superseded {
            id: id(number + 10),
            not_before: at("2026-11-22T08:00:00Z"),
        })
        .collect()
}

#[test]
fn the_tags_are_those_of_the_contract() {
    let metadata = Metadata {
        record: Some(record()),
        intent: Some(Intent {
            rotation: RotationId::new(0x3f9c_01ab << 96),
            name: "ci-build-2026-11-21-3f9c01ab".to_owned(),
            run: RunId::new("acme", "4711", "Rotate.Job", 2),
            start: at("2026-11-21T08:00:00Z"),
            storing: true,
        }),
        placeholder: false,
        superseded: superseded(1),
        unsettled: vec![Unsettled {
            name: "ci-build-2026-11-20-00000001".to_owned(),
            since: at("2026-11-20T23:00:00Z"),
        }],
        foreign: tags(&[("team", "payments"), ("patkeeper-color", "blue")]),
    };
    let written = metadata.write(VAULT).unwrap();
    let expected = tags(&[
        (
            "patkeeper-authorization-id",
            "00000000-0000-0000-0000-000000000001",
        ),
        ("patkeeper-display-name", "ci-build-2026-08-20-77ab01cd"),
        ("patkeeper-organization", "acme"),
        ("patkeeper-owner", "0d1e Ann Example"),
        ("patkeeper-scopes", "vso.build_execute vso.code"),
        ("patkeeper-valid-to", "2026-11-30T08:00:00Z"),
        ("patkeeper-rotation-id", "77ab01cd000000000000000000000000"),
        (
            "patkeeper-supersedes",
            "00000000-0000-0000-0000-00000000000a@2026-11-22T08:00:00Z",
        ),
        (
            "patkeeper-intent",
            "3f9c01ab000000000000000000000000/ci-build-2026-11-21-3f9c01ab/2026-11-21T08:00:00Z/acme/4711/Rotate.Job/2/storing",
        ),
        (
            "patkeeper-unsettled",
            "ci-build-2026-11-20-00000001@2026-11-20T23:00:00Z",
        ),
        ("team", "payments"),
        ("patkeeper-color", "blue"),
    ]);
    assert_eq!(written, expected);
    assert_eq!(Metadata::read(&written), Ok(metadata));
}

#[test]
fn what_is_superseded_overflows_into_two_more_tags_and_then_is_refused() {
    let of = |count| Metadata {
        record: Some(record()),
        superseded: superseded(count),
        ..Metadata::default()
    };
    // An id, a time and what is between them have 57 characters: four fit into 256.
    for (count, filled) in [(4, 1), (5, 2), (8, 2), (9, 3), (12, 3)] {
        let written = of(count).write(VAULT).unwrap();
        let lists = written
            .keys()
            .filter(|tag| tag.starts_with("patkeeper-supersedes"));
        assert_eq!(lists.count(), filled, "{count}");
        assert_eq!(Metadata::read(&written), Ok(of(count)));
    }
    assert!(matches!(
        of(13).write(VAULT),
        Err(TagsFull::List {
            tag: "patkeeper-supersedes",
            ..
        })
    ));
}

#[test]
fn tags_of_users_count_against_the_limit_and_are_never_dropped() {
    let with = |count: usize| Metadata {
        record: Some(record()),
        foreign: (0..count).map(|n| (format!("t{n}"), "x".to_owned())).collect(),
        ..Metadata::default()
    };
    assert_eq!(with(8).write(VAULT).unwrap().len(), 15);
    assert_eq!(
        with(9).write(VAULT),
        Err(TagsFull::Count {
            needed: 16,
            foreign: 9,
            allowed: 15
        })
    );
}

#[test]
fn the_longest_intent_fits_into_one_tag() {
    let intent = Intent {
        rotation: RotationId::new(u128::MAX),
        name: BaseName::parse(&"x".repeat(64))
            .unwrap()
            .generation(at("2026-11-21T08:00:00Z"), RotationId::new(u128::MAX)),
        run: RunId::new(&"c".repeat(99), &"9".repeat(99), &"j".repeat(300), u32::MAX),
        start: at("2026-11-21T08:00:00Z"),
        storing: true,
    };
    let metadata = Metadata {
        intent: Some(intent),
        ..Metadata::default()
    };
    assert_eq!(Metadata::read(&metadata.write(VAULT).unwrap()), Ok(metadata));
}

#[test]
fn what_patkeeper_did_not_write_is_named_and_never_guessed() {
    let good = Metadata {
        record: Some(record()),
        ..Metadata::default()
    }
    .write(VAULT)
    .unwrap();
    let broken = |tag: &str, value: Option<&str>| {
        let mut tags = good.clone();
        match value {
            Some(value) => tags.insert(tag.to_owned(), value.to_owned()),
            None => tags.remove(tag),
        };
        Metadata::read(&tags)
    };
    // A PAT that was adopted has no rotation, and may lack a name and scopes.
    let optional = |tag: &str| {
        ["rotation-id", "display-name", "scopes"]
            .iter()
            .any(|end| tag.ends_with(end))
    };
    for tag in good.keys().filter(|tag| !optional(tag)) {
        let missing = broken(tag, None).unwrap_err();
        assert_eq!(missing.tag(), tag);
        assert!(matches!(missing, BadTag::Missing(_)), "{missing}");
        assert!(broken(tag, Some(" ")).is_err(), "{tag}");
    }
    for (tag, value) in [
        ("patkeeper-authorization-id", "a b"),
        ("patkeeper-authorization-id", "../x"),
        ("patkeeper-organization", "acme/x"),
        ("patkeeper-valid-to", "soon"),
        ("patkeeper-valid-to", "2026-11-30"),
        ("patkeeper-rotation-id", "77ab01cd"),
        ("patkeeper-supersedes", "00000000-0000-0000-0000-00000000000a"),
        ("patkeeper-supersedes-3", "x@soon"),
        ("patkeeper-placeholder", "yes"),
        ("patkeeper-unsettled", "ci@2026-11-20T23:00:00Z"),
        ("patkeeper-unsettled", "*@2026-11-20T23:00:00Z"),
        ("patkeeper-intent", ""),
        (
            "patkeeper-intent",
            "3f9c01ab000000000000000000000000/anything/2026-11-21T08:00:00Z/a/1/j/1",
        ),
        (
            "patkeeper-intent",
            "3f9c01ab000000000000000000000000/ci-2026-11-21-3f9c01ab/2026-11-21T08:00:00Z/a/1/j/1/later",
        ),
        (
            "patkeeper-intent",
            "3f9c01ab000000000000000000000000/ci-2026-11-21-3f9c01ab/2026-11-21T08:00:00Z/a/1/j/1/storing/x",
        ),
    ] {
        let error = broken(tag, Some(value)).unwrap_err();
        assert!(tag.starts_with(error.tag()), "{tag} {error}");
    }
}

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..253_402_300_799).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap())
}

fn names() -> impl Strategy<Value = String> {
    (
        "[A-Za-z0-9._-]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9._-])?",
        moments(),
        any::<u128>(),
    )
        .prop_map(|(base, day, bits)| {
            BaseName::parse(&base)
                .unwrap()
                .generation(day, RotationId::new(bits))
        })
}

prop_compose! {
    fn metadata()(
        recorded in option::of((any::<u128>(), "[^ ].{0,80}[^\\s]", "[a-z0-9]{1,36}", option::of("[A-Za-z@.]{1,60}"), vec("[a-z_.]{1,25}", 1..20), moments(), option::of(any::<u128>()))),
        placeholder in any::<bool>(),
        intended in option::of((any::<u128>(), names(), ".{0,60}", ".{0,60}", ".{0,60}", any::<u32>(), moments(), any::<bool>())),
        superseded in vec((any::<u128>(), moments()), 0..12),
        unsettled in vec((names(), moments()), 0..2),
        foreign in btree_map("[a-z]{1,8}|patkeeper-[a-z]{1,3}", ".{0,30}", 0..4),
    ) -> Metadata {
        Metadata {
            record: recorded.map(|(bits, name, owner, person, scopes, valid_to, rotation)| Record {
                id: id(bits),
                display_name: name.trim_end().to_owned(),
                organization: Organization::parse("acme").unwrap(),
                owner: Owner::new(&owner, person.as_deref()),
                scopes: scopes.iter().map(String::as_str).collect(),
                valid_to,
                rotation: rotation.map(RotationId::new),
            }).filter(|record| !record.display_name.trim().is_empty()),
            intent: intended.map(|(bits, name, collection, build, job, attempt, start, storing)| Intent {
                rotation: RotationId::new(bits),
                name,
                run: RunId::new(&collection, &build, &job, attempt),
                start,
                storing,
            }),
            placeholder,
            superseded: superseded.into_iter().map(|(bits, not_before)| Superseded { id: id(bits), not_before }).collect(),
            unsettled: unsettled.into_iter().map(|(name, since)| Unsettled { name, since }).collect(),
            foreign,
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back_and_within_the_limits(metadata in metadata()) {
        match metadata.write(VAULT) {
            Ok(written) => {
                prop_assert!(written.len() <= 15);
                prop_assert!(written.values().all(|value| value.chars().count() <= 256));
                prop_assert_eq!(Metadata::read(&written), Ok(metadata));
            }
            Err(full) => prop_assert!(
                metadata.superseded.len() > 4 || metadata.foreign.len() > 2 || metadata.record.is_some(),
                "{}", full
            ),
        }
    }

    #[test]
    fn no_tags_break_the_reader(
        given in btree_map(
            prop_oneof![
                Just("patkeeper-authorization-id".to_owned()), Just("patkeeper-display-name".to_owned()),
                Just("patkeeper-organization".to_owned()), Just("patkeeper-owner".to_owned()),
                Just("patkeeper-scopes".to_owned()), Just("patkeeper-valid-to".to_owned()),
                Just("patkeeper-rotation-id".to_owned()), Just("patkeeper-supersedes".to_owned()),
                Just("patkeeper-supersedes-2".to_owned()), Just("patkeeper-intent".to_owned()),
                Just("patkeeper-unsettled".to_owned()), "patkeeper-.{0,5}".prop_map(|tag| tag),
            ],
            prop_oneof![
                ".{0,40}", "[0-9a-f]{32}/ci-2026-11-21-[0-9a-f]{8}/2026-11-21T08:00:00Z/[a-z+/]{0,9}/[0-9]{0,11}",
                "[0-9a-f@ :TZ-]{0,60}", "2026-11-21T08:00:00Z",
            ],
            0..12,
        )
    ) {
        if let Ok(read) = Metadata::read(&given)
            && let Ok(written) = read.write(TagLimits { tags: 99, characters: 999 })
        {
            prop_assert_eq!(Metadata::read(&written), Ok(read));
        }
    }
}
