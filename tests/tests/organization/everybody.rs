//! Everybody's PATs: all of them judged, whoever cannot be read named, whoever is gone found.

use std::collections::BTreeMap;

use patkeeper_sim::{Unreadable, UserKind, UserSeed};
use patkeeper_tests::documents::assert_fits_schema;
use patkeeper_tests::step::StepResult::{Failed, Succeeded};
use patkeeper_tests::world::{ACME, count, end, ends, report};

use crate::scene::{
    administered, asked_for_pats, assert_adds_up, crowded, descriptor, enroll, expected, give, give_special,
    member, owner, rows, run, step, text_beside, total,
};

#[test]
fn two_thousand_users_are_judged_and_the_three_who_cannot_be_read_are_named() {
    let mut world = crowded(2_000, 3);
    let formats = "json markdown junit csv";
    let run = run(
        &mut world,
        &step().input("failOn", "never").input("reportFormats", formats),
    );
    // Where others are read, who is refused is unreadable like the rest: this sign-in is let in.
    assert_eq!(end(&run), ends("unknown", Failed, 4), "{}", run.log());

    let report = report(&run);
    assert_fits_schema(&report);
    assert_adds_up(&report);
    let judged = expected(&world, report["run"]["at"].as_str().unwrap().parse().unwrap());
    for status in ["healthy", "warning", "critical", "expired", "history"] {
        assert_eq!(total(&report, status), judged[status], "{status}");
    }
    for output in [
        "total",
        "healthy",
        "warning",
        "critical",
        "expired",
        "unreadable",
        "policyFindings",
    ] {
        assert_eq!(u64::from(count(&run, output)), total(&report, output), "{output}");
    }

    // Besides the crowd there are the administrator and a service account.
    let users = &report["organizations"][0]["users"];
    assert_eq!(
        (&users["read"], &users["unreadable"]),
        (&1_999.into(), &3.into()),
        "{users}"
    );
    assert_eq!(users["gone"], 0);
    let unreadable: Vec<_> = world.sim.cloud(|cloud| {
        let crowd = cloud.crowd(ACME).unwrap();
        let all = (0..crowd.identities()).map(|number| crowd.user(number));
        all.filter(|user| user.unreadable.is_some()).collect()
    });
    assert_eq!(unreadable.len(), 3);
    for user in &unreadable {
        let named = format!("the PATs of {} ({}) in acme", user.upn, user.descriptor);
        let is_named = |row: &&serde_json::Value| row["what"] == named;
        assert_eq!(
            rows(&report, "unreadable").iter().filter(is_named).count(),
            1,
            "{named}"
        );
        assert!(run.log().contains(&user.upn), "{}\n{}", user.upn, run.log());
        assert!(text_beside(&run, "patkeeper.md").contains(&user.upn));
    }

    let csv = text_beside(&run, "patkeeper.csv");
    assert_eq!(csv.lines().count() as u64, 1 + total(&report, "total"));
    let junit = text_beside(&run, "patkeeper.junit.xml");
    assert_eq!(
        junit.matches("<error").count() as u64,
        total(&report, "unreadable")
    );
    let expiries = junit.matches("classname=\"acme.expiry\"").count();
    assert_eq!(expiries as u64, total(&report, "total"));
    assert_eq!(
        junit.matches("<testcase").count().to_string(),
        attribute(&junit, "tests"),
        "the head counts what follows"
    );

    let urgency: Vec<_> = rows(&report, "pats").iter().map(urgency).collect();
    assert!(urgency.is_sorted(), "most urgent first");
    for row in rows(&report, "pats").iter().chain(rows(&report, "findings")) {
        assert!(
            !owner(row).is_empty() && row["owner"]["descriptor"].is_string(),
            "{row}"
        );
    }
    // A service that fails is asked again; nobody else is read twice.
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for request in asked_for_pats(&world) {
        *times.entry(request.path).or_default() += 1;
    }
    assert_eq!(times.len(), 2_002);
    let again: Vec<_> = times.into_iter().filter(|(_, times)| *times > 1).collect();
    assert_eq!(again.len(), 1, "{again:?}");
    assert!(again[0].1 <= 5, "{again:?}");
    assert!(
        asked_for_pats(&world)
            .iter()
            .all(|request| !request.path.contains("/svc."))
    );
}

/// Of the document's element.
fn attribute(xml: &str, name: &str) -> String {
    let head = xml
        .split("<testsuites")
        .nth(1)
        .unwrap()
        .split('>')
        .next()
        .unwrap();
    let value = head.split(&format!("{name}=\"")).nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

fn urgency(pat: &serde_json::Value) -> (usize, String) {
    let order = ["expired", "critical", "warning", "healthy", "replaced"];
    let status = order.iter().position(|status| pat["status"] == *status).unwrap();
    (status, pat["effectiveExpiry"].as_str().unwrap().to_owned())
}

#[test]
fn a_user_who_cannot_be_read_fails_the_step_however_that_comes_and_the_others_are_judged() {
    for why in [Unreadable::Forbidden, Unreadable::Failing, Unreadable::Hostile] {
        let mut world = administered();
        enroll(
            &world,
            UserSeed::new(ACME, "eve@acme.example", "Eve").unreadable(why),
        );
        let ann = member(&world, "ann@acme.example");
        give(&world, &ann, "deploy", 60);
        let run = run(&mut world, &step().input("failOn", "never"));
        assert_eq!(end(&run), ends("unknown", Failed, 4), "{why:?}\n{}", run.log());
        assert_eq!(
            (count(&run, "total"), count(&run, "unreadable")),
            (1, 1),
            "{why:?}"
        );
        assert!(
            run.record
                .errors
                .iter()
                .any(|error| error.contains("eve@acme.example")),
            "{:?}",
            run.record.errors
        );
    }
}

#[test]
fn pats_of_people_who_are_gone_are_findings() {
    let mut world = administered();
    let left = enroll(
        &world,
        UserSeed::new(ACME, "left@acme.example", "Left").deleted_in_origin(),
    );
    give(&world, &left, "still-works", 60);
    let lost = enroll(
        &world,
        UserSeed::new(ACME, "lost@acme.example", "Lost").unreadable(Unreadable::Unknown),
    );
    let ann = member(&world, "ann@acme.example");
    give(&world, &ann, "deploy", 60);
    let run = run(&mut world, &step().input("failOnPolicy", "error"));
    assert_eq!(end(&run), ends("ok", Failed, 1), "{}", run.log());
    let report = report(&run);
    assert_adds_up(&report);
    let mut orphaned: Vec<_> = rows(&report, "findings")
        .iter()
        .filter(|finding| finding["rule"] == "orphaned-owner")
        .map(|finding| {
            assert_eq!(finding["severity"], "error");
            (
                owner(finding).to_owned(),
                finding["owner"]["descriptor"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    orphaned.sort();
    let expected = [("left@acme.example", &left), ("lost@acme.example", &lost)];
    assert_eq!(
        orphaned,
        expected.map(|(name, id)| (name.to_owned(), descriptor(&world, id)))
    );
    assert_eq!(report["organizations"][0]["users"]["gone"], 1);
    assert_eq!(
        count(&run, "unreadable"),
        0,
        "whom nobody knows has nothing to read"
    );
}

#[test]
fn what_opens_nothing_here_is_not_judged() {
    let mut world = administered();
    let ann = member(&world, "ann@acme.example");
    give(&world, &ann, "deploy", 60);
    let ago = chrono::Utc::now() - chrono::TimeDelta::days(2);
    give_special(&world, &ann, "revoked", 3, |seed| seed.revoked(ago));
    give_special(&world, &ann, "elsewhere", 3, |seed| {
        seed.accounts(vec!["5a1e0000-0000-4000-8000-0000000e15e0".to_owned()])
    });
    world.sim.cloud(|cloud| cloud.add_ssh_key(&ann, ACME, "laptop"));
    let build = enroll(
        &world,
        UserSeed::new(ACME, "build", "Build Service").kind(UserKind::BuildService),
    );
    give(&world, &build, "impossible", 3);
    let run = run(&mut world, &step());
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    let report = report(&run);
    let names: Vec<_> = rows(&report, "pats")
        .iter()
        .map(|pat| &pat["displayName"])
        .collect();
    assert_eq!(names, ["deploy"]);
    assert_eq!(total(&report, "elsewhere"), 1);
    let service = descriptor(&world, &build);
    assert!(
        asked_for_pats(&world)
            .iter()
            .all(|request| !request.path.contains(&service))
    );
}

#[test]
fn a_user_with_several_pages_of_pats_is_read_to_the_last_one() {
    let mut world = administered();
    let ann = member(&world, "ann@acme.example");
    for number in 0..230 {
        give(&world, &ann, &format!("ci-{number:03}x"), 60);
    }
    give(&world, &ann, "the last one", -2);
    let run = run(&mut world, &step());
    assert_eq!(end(&run), ends("expired", Failed, 1), "{}", run.log());
    assert_eq!(count(&run, "total"), 231);
}
