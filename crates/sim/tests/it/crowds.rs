//! Organizations worked out from a seed: the same through the API as by themselves, and each user counted.

use std::collections::BTreeSet;
use std::time::Duration;

use patkeeper_sim::generate::{CrowdPlan, crowd};
use patkeeper_sim::{RateLimit, SimConfig};
use reqwest::blocking::Response;
use serde_json::{Value, json};

use crate::support::{World, now, world, world_with};

const PLAN: CrowdPlan = CrowdPlan {
    seed: 11,
    users: 300,
    unreadable: 6,
};

fn list(world: &World, token: &str, descriptor: &str) -> Response {
    let url = format!(
        "https://vssps.dev.azure.com/acme/_apis/tokenadmin/personalaccesstokens/{descriptor}?api-version=7.1\
         &pageSize=100&isPublic=false"
    );
    world.client.get(url).bearer_auth(token).send().unwrap()
}

#[test]
fn what_is_listed_is_what_the_totals_say_and_each_user_is_counted_once() {
    let world = world();
    let (made, known, totals) = world.sim.cloud(|cloud| {
        let made = crowd(cloud, "acme", &PLAN);
        let known = cloud.crowd("acme").unwrap().clone();
        let totals = known.totals(now());
        (made, known, totals)
    });
    assert_eq!((totals.users, totals.services, totals.unreadable), (300, 15, 6));
    assert!(
        (700..1200).contains(&(totals.active + totals.expired + totals.revoked)),
        "{totals:?}"
    );
    assert!(
        totals.expired > 40 && totals.revoked > 20 && totals.deleted > 2,
        "{totals:?}"
    );
    let (mut ids, mut refused) = (BTreeSet::new(), Vec::new());
    for number in (0..known.identities()).filter(|number| known.kind(*number).can_own_pats()) {
        let answer = list(&world, &made.token, &known.user(number).descriptor);
        let status = answer.status().as_u16();
        match answer.json::<Value>() {
            Ok(page) if status == 200 => ids.extend(
                page["value"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|entry| entry["authorizationId"].as_str().unwrap().to_owned()),
            ),
            _ => refused.push(status),
        }
    }
    assert_eq!(refused, [403, 500, 200, 403, 500, 200]);
    assert_eq!(
        u32::try_from(ids.len()).unwrap(),
        totals.active + totals.expired + totals.revoked
    );
    let reads = world.sim.cloud(|cloud| cloud.reads().crowd(&known));
    assert_eq!((reads.users, reads.least, reads.most), (300, 1, 1));
    let service = (0..known.identities()).find(|number| !known.kind(*number).can_own_pats());
    let service = known.user(service.unwrap());
    let empty: Value = list(&world, &made.token, &service.descriptor).json().unwrap();
    assert_eq!(empty["value"], json!([]));
}

#[test]
fn a_pat_of_the_crowd_is_revoked_and_stays_so() {
    let world = world();
    let (made, user, id) = world.sim.cloud(|cloud| {
        let made = crowd(cloud, "acme", &CrowdPlan::of(2, 100));
        let known = cloud.crowd("acme").unwrap();
        let live = |number: &u32| known.pats(*number).iter().any(|pat| pat.revoked.is_none());
        let number = (0..100).find(live).unwrap();
        let pats = known.pats(number);
        let pat = pats.iter().find(|pat| pat.revoked.is_none()).unwrap();
        (made, known.user(number), pat.authorization_id.clone())
    });
    let url = "https://vssps.dev.azure.com/acme/_apis/tokenadmin/revocations?api-version=7.1";
    let post = |id: &str| {
        let body = json!([{ "authorizationId": id }]);
        let request = world.client.post(url).bearer_auth(&made.token).json(&body);
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(post(&id), 204);
    assert_eq!(post("00000000-0000-4000-8000-000000000000"), 404);
    let page: Value = list(&world, &made.token, &user.descriptor).json().unwrap();
    let entry = page["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["authorizationId"] == id.as_str());
    assert_eq!(entry.unwrap()["isValid"], false);
}

#[test]
fn a_seed_gives_the_same_crowd_and_another_seed_another() {
    let world = world();
    let ids = |seed| {
        world.sim.cloud(|cloud| {
            crowd(cloud, "acme", &CrowdPlan::of(seed, 50));
            let known = cloud.crowd("acme").unwrap();
            (0..50).flat_map(|number| known.pats(number)).collect::<Vec<_>>()
        })
    };
    let (first, again, other) = (ids(1), ids(1), ids(2));
    assert_eq!(first, again);
    assert!(
        first
            .iter()
            .all(|pat| pat.valid_from < pat.valid_to && pat.valid_from <= now())
    );
    let ids: BTreeSet<&String> = first.iter().map(|pat| &pat.authorization_id).collect();
    assert_eq!(ids.len(), first.len());
    assert!(other.iter().all(|pat| !ids.contains(&pat.authorization_id)));
}

#[test]
fn a_log_that_is_bounded_keeps_the_last_and_one_of_none_keeps_nothing() {
    for (limit, kept) in [(3, 3), (0, 0)] {
        let world = world_with(SimConfig {
            log_limit: Some(limit),
            ..SimConfig::default()
        });
        for _ in 0..5 {
            world.get(crate::support::PATS);
        }
        let log = world.sim.log();
        assert_eq!(log.len(), kept);
        assert!(log.iter().all(|line| line.status == Some(200)));
        assert!(world.sim.arrivals() >= 6, "they are counted all the same");
    }
}

#[test]
fn a_caller_over_the_limit_is_told_to_wait_and_then_refused_and_others_are_not() {
    let world = world();
    let other = world.sim.cloud(|cloud| {
        cloud.manners.rate_limit = Some(RateLimit {
            burst: 3.0,
            per_second: 1.0,
            debt: 2.0,
            delay: Duration::from_millis(1),
        });
        let other = cloud.add_user("acme", "other@acme.example", "Other");
        cloud.user_token(&other)
    });
    let header = |answer: &Response, name: &str| {
        let value = answer.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let seen: Vec<(u16, Option<String>, Option<String>)> = (0..6)
        .map(|_| world.get(crate::support::PATS))
        .map(|answer| {
            let status = answer.status().as_u16();
            (
                status,
                header(&answer, "retry-after"),
                header(&answer, "x-ratelimit-remaining"),
            )
        })
        .collect();
    let waits: Vec<(u16, Option<&str>)> = seen
        .iter()
        .map(|(status, wait, _)| (*status, wait.as_deref()))
        .collect();
    assert_eq!(
        waits,
        [
            (200, None),
            (200, None),
            (200, Some("1")),
            (200, Some("2")),
            (200, Some("3")),
            (429, Some("3")),
        ]
    );
    assert_eq!(seen[0].2.as_deref(), Some("2"));
    let free = world
        .client
        .get(crate::support::PATS)
        .bearer_auth(other)
        .send()
        .unwrap();
    assert_eq!(free.status(), 200);
    world
        .sim
        .cloud(|cloud| cloud.clock.advance(chrono::TimeDelta::seconds(5)));
    assert_eq!(world.get(crate::support::PATS).status(), 200);
}
