//! What a revocation must never break, read off the simulator's books and never off what a run says of itself alone.

use std::collections::{BTreeMap, BTreeSet};

use patkeeper_sim::{Cloud, Sim};
use serde_json::Value;

/// The PATs and SSH keys that were live at some moment, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pats: BTreeSet<String>,
    keys: BTreeSet<String>,
}

impl Live {
    /// Those that are now. One whose revocation is under way is not.
    #[must_use]
    pub fn of(sim: &Sim) -> Self {
        sim.cloud(|cloud| Self {
            pats: pats(cloud),
            keys: cloud
                .ssh_keys
                .iter()
                .filter(|key| key.revoked.is_none())
                .map(|key| key.authorization_id.clone())
                .collect(),
        })
    }

    /// The PATs that were revoked since.
    #[must_use]
    pub fn revoked_since(&self, sim: &Sim) -> BTreeSet<String> {
        let now = Self::of(sim);
        self.pats.difference(&now.pats).cloned().collect()
    }

    /// Nothing was revoked since.
    ///
    /// # Panics
    /// When something was.
    pub fn assert_untouched(&self, sim: &Sim, why: &str) {
        assert_eq!(*self, Self::of(sim), "{why}: something was revoked");
    }
}

/// What a report says became of PATs is what the books say: whatever it calls revoked was live and is not; whatever was
/// revoked, it calls so, or says that it does not know; what is called gone already was gone before; and neither an SSH
/// key nor a PAT of another organization was touched.
///
/// # Panics
/// When one of these does not hold, saying what.
pub fn assert_as_told(sim: &Sim, before: &Live, report: &Value, log: &str) {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for pat in report["pats"].as_array().expect("a list of PATs") {
        let text = |name: &str| pat[name].as_str().unwrap_or_default().to_lowercase();
        let twice = told.insert(text("authorizationId"), text("outcome"));
        assert_eq!(twice, None, "{} is told of twice\n{log}", text("authorizationId"));
    }
    let called = |outcome: &str| -> BTreeSet<String> {
        let fits = told.iter().filter(|(_, told)| *told == outcome);
        fits.map(|(id, _)| id.clone()).collect()
    };
    let revoked = before.revoked_since(sim);
    for id in called("revoked") {
        assert!(
            revoked.contains(&id),
            "{id} is called revoked, and was not\n{log}"
        );
    }
    for id in &revoked {
        let told = told.get(id).map_or("nothing", String::as_str);
        assert!(
            ["revoked", "failed"].contains(&told),
            "{id} was revoked, and the report says {told} of it\n{log}"
        );
    }
    for id in called("alreadygone") {
        assert!(
            !before.pats.contains(&id),
            "{id} is called gone already, and was live\n{log}"
        );
    }
    assert_eq!(before.keys, Live::of(sim).keys, "an SSH key was revoked\n{log}");
    if report.pointer("/settings/dryRun") == Some(&Value::Bool(true)) {
        before.assert_untouched(sim, log);
    }
    assert_of_one_organization(sim, &revoked, report, log);
}

fn assert_of_one_organization(sim: &Sim, revoked: &BTreeSet<String>, report: &Value, log: &str) {
    let name = report.pointer("/organization/name").and_then(Value::as_str);
    let name = name.unwrap_or_default();
    sim.cloud(|cloud| {
        let account = cloud.organization(name).map(|known| known.account_id.clone());
        for pat in revoked.iter().filter_map(|id| cloud.pat(id)) {
            let here = pat.target_accounts.as_ref().is_none_or(|accounts| {
                accounts.is_empty() || accounts.iter().any(|id| Some(id) == account.as_ref())
            });
            assert!(
                here,
                "{} is not of {name}, and was revoked\n{log}",
                pat.display_name
            );
        }
    });
}

fn pats(cloud: &Cloud) -> BTreeSet<String> {
    let now = cloud.now();
    let live = cloud
        .pats
        .iter()
        .filter(|pat| pat.revoked.is_none() && pat.valid_to > now);
    live.map(|pat| pat.authorization_id.to_lowercase()).collect()
}
