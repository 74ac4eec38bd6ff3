//! Lists: filters, order, pages.

use chrono::TimeDelta;
use patkeeper_sim::{ListEnd, PatSeed};
use serde_json::{Value, json};

use crate::support::{PATS, World, now, world};

fn names(list: &Value) -> Vec<String> {
    let tokens = list["patTokens"].as_array().cloned().unwrap_or_default();
    tokens
        .iter()
        .filter_map(|pat| pat["displayName"].as_str())
        .map(str::to_owned)
        .collect()
}

/// One PAT of each state, and one of a sister organization.
fn one_of_each(world: &World) {
    world.sim.cloud(|cloud| {
        let seed = |name: &str| PatSeed::new(&world.user, "acme", name, "vso.code");
        cloud.add_pat(seed("live-b").ends(now() + TimeDelta::days(9)));
        cloud.add_pat(seed("Live-a").ends(now() + TimeDelta::days(20)));
        cloud.add_pat(seed("ended").ends(now() - TimeDelta::days(1)));
        cloud.add_pat(seed("gone").revoked(now() - TimeDelta::days(2)));
        cloud.join(&world.user, "labs");
        cloud.add_pat(PatSeed::new(&world.user, "labs", "elsewhere", "vso.work"));
        let stranger = cloud.add_user("acme", "someone@acme.example", "Someone");
        cloud.add_pat(PatSeed::new(&stranger, "acme", "not-mine", "vso.work"));
    });
}

#[test]
fn a_filter_shows_one_state_and_without_one_only_live_pats_come() {
    let world = world();
    one_of_each(&world);
    let listed = |filter: &str| names(&world.get_json(&format!("{PATS}{filter}")));
    assert_eq!(listed(""), ["live-b", "Live-a", "elsewhere"]);
    assert_eq!(
        listed("&displayFilterOption=Active"),
        ["live-b", "Live-a", "elsewhere"]
    );
    assert_eq!(listed("&displayFilterOption=expired"), ["ended"]);
    assert_eq!(listed("&displayFilterOption=revoked"), ["gone"]);
    assert_eq!(listed("&displayFilterOption=All").len(), 5);
    assert_eq!(
        world.get(&format!("{PATS}&displayFilterOption=dead")).status(),
        400
    );
}

#[test]
fn pats_of_other_organizations_are_listed_only_while_that_is_the_service_s_habit() {
    let world = world();
    one_of_each(&world);
    world.sim.cloud(|cloud| cloud.manners.list_foreign = false);
    assert_eq!(names(&world.get_json(PATS)), ["live-b", "Live-a"]);
}

#[test]
fn sorting_follows_name_date_and_status() {
    let world = world();
    one_of_each(&world);
    let listed = |query: &str| names(&world.get_json(&format!("{PATS}&{query}")));
    assert_eq!(
        listed("sortByOption=displayName"),
        ["elsewhere", "Live-a", "live-b"]
    );
    assert_eq!(
        listed("sortByOption=displayDate&isSortAscending=false"),
        ["elsewhere", "Live-a", "live-b"]
    );
    assert_eq!(
        listed("sortByOption=displayDate&isSortAscending=true"),
        ["live-b", "Live-a", "elsewhere"]
    );
    let by_status = listed("sortByOption=status&displayFilterOption=all");
    assert_eq!(by_status[3..], ["ended", "gone"]);
}

fn pages(world: &World, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let page = world.get_json(&format!("{PATS}{query}&continuationToken={token}"));
        pages.push(names(&page));
        token = page["continuationToken"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            return pages;
        }
    }
}

fn many(world: &World, count: usize) {
    world.sim.cloud(|cloud| {
        for number in 0..count {
            cloud.add_pat(PatSeed::new(
                &world.user,
                "acme",
                &format!("pat-{number:03}"),
                "vso.code",
            ));
        }
    });
}

#[test]
fn pages_hold_every_pat_once_and_never_more_than_a_hundred() {
    let world = world();
    many(&world, 205);
    for (query, sizes) in [
        ("&$top=100", vec![100, 100, 5]),
        ("&$top=5000", vec![100, 100, 5]),
        ("&$top=205", vec![100, 100, 5]),
    ] {
        let pages = pages(&world, query);
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{query}");
        let mut all = pages.concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 205);
    }
    assert_eq!(
        pages(&world, "").first().map(Vec::len),
        Some(20),
        "the default page is small"
    );
    world.sim.cloud(|cloud| cloud.manners.page_cap = 50);
    assert_eq!(pages(&world, "&$top=100").len(), 5);
    for top in ["0", "-1", "ten"] {
        assert_eq!(
            world.get(&format!("{PATS}&$top={top}")).status(),
            400,
            "$top={top}"
        );
    }
}

#[test]
fn a_full_last_page_is_followed_by_no_empty_one() {
    let world = world();
    many(&world, 100);
    assert_eq!(pages(&world, "&$top=50").len(), 2);
}

#[test]
fn the_end_of_a_list_can_be_said_in_three_ways() {
    let world = world();
    many(&world, 1);
    let end = |kind| {
        world.sim.cloud(|cloud| cloud.manners.list_end = kind);
        world.get_json(PATS).get("continuationToken").cloned()
    };
    assert_eq!(end(ListEnd::Empty), Some(json!("")));
    assert_eq!(end(ListEnd::Null), Some(Value::Null));
    assert_eq!(end(ListEnd::Absent), None);
}

#[test]
fn a_page_asked_for_with_other_filters_is_refused() {
    let world = world();
    many(&world, 30);
    let first = world.get_json(&format!("{PATS}&displayFilterOption=all"));
    let token = first["continuationToken"].as_str().unwrap();
    assert_eq!(
        world.get(&format!("{PATS}&continuationToken={token}")).status(),
        400
    );
    assert_eq!(
        world.get(&format!("{PATS}&continuationToken=made-up")).status(),
        400
    );
}

#[test]
fn the_path_is_taken_in_any_letter_case_and_under_the_older_host_names() {
    let world = world();
    many(&world, 1);
    for base in [
        "https://vssps.dev.azure.com/ACME/_apis/Tokens/Pats",
        "https://acme.vssps.visualstudio.com/_apis/tokens/pats",
    ] {
        assert_eq!(
            names(&world.get_json(&format!("{base}?api-version=7.1-preview.1"))),
            ["pat-000"]
        );
    }
}
