//! An administrator with Microsoft's client of Azure DevOps: everybody's PATs, revocations, and the audit log.

use std::collections::BTreeMap;

use patkeeper_sim::generate::{CrowdPlan, crowd};
use patkeeper_sim::{AuditSeed, PatSeed, UserSeed};
use serde_json::{Value, json};

use crate::peer::Peer;

/// An organization with an administrator who has a PAT, and somebody with five PATs.
struct Office {
    peer: Peer,
    descriptor: String,
    owner: String,
    pat: String,
}

impl Office {
    fn open() -> Option<Self> {
        let peer = Peer::installed()?;
        let (descriptor, owner, pat) = peer.sim.cloud(|cloud| {
            let admin = UserSeed::new("acme", "admin@acme.example", "Admin").administrator();
            let admin = cloud.enroll(admin);
            let scopes = "vso.tokenadministration vso.graph vso.auditlog";
            let id = cloud.add_pat(PatSeed::new(&admin, "acme", "audit", scopes).usable());
            let pat = cloud.secret_of(&id).unwrap().to_owned();
            let owner = cloud.add_user("acme", "ann@acme.example", "Ann");
            let ends = "2027-01-02T03:04:05Z".parse().unwrap();
            for number in 0..5 {
                let seed = PatSeed::new(&owner, "acme", &format!("pat-{number}"), "vso.code").ends(ends);
                let seed = if number == 4 { seed.global() } else { seed };
                cloud.add_pat(seed);
            }
            cloud.add_ssh_key(&owner, "acme", "laptop");
            let descriptor = cloud.user(&owner).unwrap().descriptor.clone();
            (descriptor, owner, pat)
        });
        Some(Self {
            peer,
            descriptor,
            owner,
            pat,
        })
    }

    fn run(&self, scenario: &str) -> Value {
        let env = [
            ("ADMINISTRATORS_PAT", self.pat.as_str()),
            ("DESCRIPTOR", &self.descriptor),
        ];
        let seen = self.peer.script("administrator.py", scenario, &env);
        assert!(!seen.written.contains(&self.pat));
        seen.report
    }
}

#[test]
fn everybody_is_read_over_empty_pages_and_their_names_and_states_come_through() {
    let Some(office) = Office::open() else { return };
    let expected: BTreeMap<String, (String, Option<bool>)> = office.peer.sim.cloud(|cloud| {
        crowd(cloud, "acme", &CrowdPlan::of(3, 120));
        cloud.manners.graph_page = 20;
        let known = cloud.crowd("acme").unwrap();
        let crowd = (0..known.identities()).map(|number| known.user(number));
        let here = cloud.users.iter().cloned();
        here.chain(crowd)
            .filter(|user| user.kind.can_own_pats())
            .map(|user| {
                (
                    user.descriptor,
                    (user.upn, user.deleted_in_origin.then_some(true)),
                )
            })
            .collect()
    });
    let seen = office.run("everybody");
    assert_eq!(seen["users"], json!(expected));
    let pages: Vec<u64> = seen["pages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    assert!(pages[0] == 0 && pages[1..].contains(&0), "{pages:?}");
}

#[test]
fn a_user_s_pats_come_page_by_page_without_the_ssh_key() {
    let Some(office) = Office::open() else { return };
    let seen = office.run("one");
    let pats = seen.as_array().unwrap();
    let names: Vec<&Value> = pats.iter().map(|pat| &pat["name"]).collect();
    assert_eq!(names, ["pat-0", "pat-1", "pat-2", "pat-3", "pat-4"]);
    assert_eq!(pats[4]["accounts"], Value::Null);
    let ends = pats[0]["validTo"].as_str().unwrap();
    assert!(ends.starts_with("2027-01-02T03:04:05"), "{ends}");
}

#[test]
fn what_the_client_revokes_is_revoked_and_an_unknown_id_is_an_error() {
    let Some(office) = Office::open() else { return };
    let seen = office.run("revoke");
    assert_eq!(seen["revoked"].as_array().map(Vec::len), Some(5));
    let live = office.peer.sim.cloud(|cloud| {
        let mut pats = cloud.pats.iter();
        pats.any(|pat| pat.owner == office.owner && pat.revoked.is_none())
    });
    assert!(!live);
    let unknown = &seen["unknown"];
    assert_eq!(unknown["type"], "AzureDevOpsServiceError");
    assert!(
        unknown["message"]
            .as_str()
            .is_some_and(|text| text.contains("could not be found")),
        "{unknown}"
    );
}

#[test]
fn the_audit_log_is_read_until_nothing_more_is_said_to_follow() {
    let Some(office) = Office::open() else { return };
    office.peer.sim.cloud(|cloud| {
        cloud.audit("acme", true);
        for days in 1..=5 {
            let at = cloud.now() - chrono::TimeDelta::days(days);
            let seed = AuditSeed::new("acme", "Token.PatPublicDiscoveryEvent")
                .at(at)
                .by(&office.owner);
            cloud.add_event(
                seed.details(&format!("found {days}"))
                    .data("DisplayName", "pat-0"),
            );
        }
    });
    let seen = office.run("audit");
    let entries = seen["entries"].as_array().unwrap();
    let leaks = entries
        .iter()
        .filter(|entry| entry[0] == "Token.PatPublicDiscoveryEvent");
    let details: Vec<&Value> = leaks.clone().map(|entry| &entry[4]).collect();
    assert_eq!(details, ["found 1", "found 2", "found 3", "found 4", "found 5"]);
    assert!(leaks.clone().all(|entry| entry[1] == "ann@acme.example"));
    assert_eq!(seen["tokenAtTheEnd"], true);
    assert_eq!(seen["actions"], 9);
}

#[test]
fn who_is_no_administrator_is_refused() {
    let Some(mut office) = Office::open() else { return };
    office.pat = office.peer.sim.cloud(|cloud| {
        let scopes = "vso.tokenadministration vso.graph";
        let id = cloud.add_pat(PatSeed::new(&office.owner, "acme", "mine", scopes).usable());
        cloud.secret_of(&id).unwrap().to_owned()
    });
    let seen = office.run("not_allowed");
    assert!(
        seen["message"]
            .as_str()
            .is_some_and(|text| text.contains("does not have sufficient permissions")),
        "{seen}"
    );
}
