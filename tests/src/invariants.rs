//! What a rotation must never break, read off the simulator's books and never off what a run says of itself.

use std::collections::BTreeMap;

use patkeeper_sim::{Cloud, Pat, SecretVersion, Sim};

/// Where a rotation keeps its PAT, and where that PAT is valid.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The organization's name.
    pub organization: &'a str,
    /// The vault's name.
    pub vault: &'a str,
    /// The secret's name.
    pub secret: &'a str,
}

/// The books as they stood at some moment.
#[derive(Debug, Clone)]
pub struct Books {
    pats: Vec<Pat>,
    /// Ids that any version of the secret records, as its own PAT or as one to be revoked.
    recorded: Vec<String>,
    /// Names that an intent or a minting without a clear answer has written down, and no version records.
    named: Vec<String>,
    /// Whether consumers got a PAT that works.
    worked: bool,
    /// The organization's account id.
    account: Option<String>,
}

impl Books {
    /// What stands now.
    #[must_use]
    pub fn of(sim: &Sim, place: Place<'_>) -> Self {
        sim.cloud(|cloud| {
            let versions = versions(cloud, place);
            let is_recorded = |name: &String| {
                let stored = versions
                    .iter()
                    .filter_map(|version| version.tags.get("patkeeper-display-name"));
                stored.into_iter().any(|stored| stored == name)
            };
            let mut named: Vec<String> = versions.iter().flat_map(|version| names(&version.tags)).collect();
            named.retain(|name| !is_recorded(name));
            Self {
                pats: cloud.pats.clone(),
                recorded: versions.iter().flat_map(known_ids).collect(),
                named,
                worked: stored(cloud, place).is_ok(),
                account: account(cloud, place).map(str::to_owned),
            }
        })
    }

    /// The same, where a run is also told to take over the PAT of this id (`adopt`).
    #[must_use]
    pub fn adopting(mut self, authorization_id: &str) -> Self {
        self.recorded.push(authorization_id.to_owned());
        self
    }

    fn may_be_revoked(&self, pat: &Pat) -> bool {
        let is_recorded = self.recorded.iter().any(|id| same(id, &pat.authorization_id));
        is_recorded || self.is_named(pat)
    }

    /// Whether an intent has named it, which speaks of this organization alone.
    fn is_named(&self, pat: &Pat) -> bool {
        self.named.contains(&pat.display_name) && is_for(pat, self.account.as_deref())
    }
}

/// What must hold at every moment since `before`, right after a kill as well: a secret that worked works, and nobody
/// else's PAT was revoked.
///
/// # Panics
/// When it does not, saying what.
pub fn assert_safe(sim: &Sim, place: Place<'_>, before: &Books) {
    sim.cloud(|cloud| safe(cloud, place, before));
}

/// What must hold since `before` once a run has come to its end without a failure: the secret is a PAT of this
/// organization that works; its tags say which, and until when; every PAT minted meanwhile, and every one that an
/// intent named before, is that PAT, or waits to be revoked, or has ended; nothing is under way any more; and nobody
/// else's PAT was revoked.
///
/// # Panics
/// When it does not, saying what.
pub fn assert_settled(sim: &Sim, place: Place<'_>, before: &Books) {
    sim.cloud(|cloud| {
        safe(cloud, place, before);
        let (current, pat) = stored(cloud, place).unwrap_or_else(|why| panic!("{why}"));
        records(current, pat);
        assert_no_orphan(cloud, place, before);
        // Those before it stay as they were when the next one was stored.
        let under_way = current.tags.get("patkeeper-intent");
        assert_eq!(under_way, None, "an intent is left in version {}", current.id);
    });
}

/// What must hold since `before` once a run has ended and nothing of it can still land, whether it failed or not:
/// no PAT that it minted is alive without standing in the current version.
///
/// # Panics
/// When one is.
pub fn assert_nothing_minted_is_lost(sim: &Sim, place: Place<'_>, before: &Books) {
    sim.cloud(|cloud| {
        safe(cloud, place, before);
        assert_no_orphan(cloud, place, before);
    });
}

fn safe(cloud: &Cloud, place: Place<'_>, before: &Books) {
    for was in before.pats.iter().filter(|was| was.revoked.is_none()) {
        let id = &was.authorization_id;
        let revoked = cloud.pat(id).is_some_and(|now| now.revoked.is_some());
        assert!(
            !revoked || before.may_be_revoked(was),
            "{} ({id}) was revoked, and no record and no intent allowed it",
            was.display_name
        );
    }
    if let (true, Err(why)) = (before.worked, stored(cloud, place)) {
        panic!("the secret held a PAT that worked, and now {why}");
    }
}

fn assert_no_orphan(cloud: &Cloud, place: Place<'_>, before: &Books) {
    let current = versions(cloud, place).last();
    let kept: Vec<String> = current.iter().flat_map(|version| known_ids(version)).collect();
    let minted = cloud.pats.iter().filter(|pat| {
        let is_old = before
            .pats
            .iter()
            .any(|was| same(&was.authorization_id, &pat.authorization_id));
        (!is_old && is_for(pat, account(cloud, place))) || before.is_named(pat)
    });
    for pat in minted.filter(|pat| is_live(cloud, pat)) {
        let id = &pat.authorization_id;
        assert!(
            kept.iter().any(|known| same(known, id)),
            "{} ({id}) was minted, is alive, and the secret does not know it: {:?}",
            pat.display_name,
            current.map(|version| &version.tags)
        );
    }
}

/// The version that consumers get, and the PAT that it is, which works and is of this organization.
fn stored<'a>(cloud: &'a Cloud, place: Place<'_>) -> Result<(&'a SecretVersion, &'a Pat), String> {
    let Place { vault, secret, .. } = place;
    let current = versions(cloud, place)
        .last()
        .ok_or_else(|| format!("{vault} has no secret {secret}"))?;
    if !current.enabled {
        return Err(format!("version {} of {secret} is disabled", current.id));
    }
    let pat = cloud
        .pats
        .iter()
        .find(|pat| pat.secret.as_deref() == Some(current.value.as_str()))
        .ok_or_else(|| format!("version {} of {secret} is no PAT's text", current.id))?;
    let what = format!(
        "version {} of {secret} is {} ({}), which",
        current.id, pat.display_name, pat.authorization_id
    );
    let here = is_for(pat, account(cloud, place));
    if !is_live(cloud, pat) {
        return Err(format!("{what} ended on {} or was revoked", pat.valid_to));
    }
    if !here {
        return Err(format!("{what} is not of {}", place.organization));
    }
    Ok((current, pat))
}

/// The tags and the end of a version are those of the PAT whose text it holds.
fn records(version: &SecretVersion, pat: &Pat) {
    let tag = |name: &str| version.tags.get(name).map(String::as_str).unwrap_or_default();
    let ends = pat.valid_to.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let said = (
        tag("patkeeper-authorization-id").to_lowercase(),
        tag("patkeeper-display-name"),
        tag("patkeeper-valid-to"),
        version.expires.map(|ends| ends.timestamp()),
    );
    let is = (
        pat.authorization_id.to_lowercase(),
        pat.display_name.as_str(),
        ends.as_str(),
        Some(pat.valid_to.timestamp()),
    );
    assert_eq!(
        said, is,
        "version {} says (left) something else than what its PAT is",
        version.id
    );
}

/// Every version, oldest first; none of a deleted secret.
fn versions<'a>(cloud: &'a Cloud, place: Place<'_>) -> &'a [SecretVersion] {
    cloud
        .vault(place.vault)
        .and_then(|vault| vault.secret(place.secret))
        .filter(|secret| secret.deleted.is_none())
        .map_or(&[], |secret| secret.versions.as_slice())
}

fn account<'a>(cloud: &'a Cloud, place: Place<'_>) -> Option<&'a str> {
    let organization = cloud.organization(place.organization)?;
    Some(&organization.account_id)
}

/// Whether a PAT is for this organization and not for all.
fn is_for(pat: &Pat, account: Option<&str>) -> bool {
    let accounts = pat.target_accounts.as_deref().unwrap_or_default();
    accounts.iter().any(|known| Some(known.as_str()) == account)
}

fn is_live(cloud: &Cloud, pat: &Pat) -> bool {
    pat.revoked.is_none() && pat.valid_to > cloud.now()
}

/// The PAT that a version records, and those that it says are to be revoked.
fn known_ids(version: &SecretVersion) -> Vec<String> {
    let recorded = version.tags.get("patkeeper-authorization-id").cloned();
    recorded.into_iter().chain(superseded(version)).collect()
}

/// The ids that a version says are to be revoked.
#[must_use]
pub fn superseded(version: &SecretVersion) -> Vec<String> {
    let lists = ["", "-2", "-3"].map(|number| version.tags.get(&format!("patkeeper-supersedes{number}")));
    let items = lists.into_iter().flatten().flat_map(|list| list.split(' '));
    items
        .filter_map(|item| Some(item.split_once('@')?.0.to_owned()))
        .collect()
}

/// The names that tags say may have been minted: the second part of an intent, and those without a clear answer.
fn names(tags: &BTreeMap<String, String>) -> Vec<String> {
    let intent = tags
        .get("patkeeper-intent")
        .and_then(|intent| intent.split('/').nth(1));
    let unsettled = tags
        .get("patkeeper-unsettled")
        .into_iter()
        .flat_map(|list| list.split('/'))
        .filter_map(|item| Some(item.rsplit_once('@')?.0));
    intent.into_iter().chain(unsettled).map(str::to_owned).collect()
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
