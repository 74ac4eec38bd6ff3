//! The organization that the demo shows: one of everything, most of it healthy.

use chrono::{DateTime, TimeDelta, Utc};

use super::Generated;
use crate::cloud::{Cloud, PatSeed, SecretSeed};

/// Healthy PATs: name, scopes, days left.
const HEALTHY: &[(&str, &str, i64)] = &[
    ("api-contract-tests", "vso.test_write", 44),
    ("artifact-cleanup", "vso.packaging", 71),
    ("backlog-export", "vso.work", 52),
    ("build-status-wall", "vso.build", 83),
    ("catalog-mirror", "vso.code", 61),
    ("changelog-writer", "vso.wiki_write", 47),
    ("code-search-index", "vso.code", 78),
    ("dashboard-sync", "vso.dashboards", 66),
    ("dependency-scan", "vso.code vso.packaging", 58),
    ("docs-publisher", "vso.wiki_write", 39),
    ("environment-check", "vso.variablegroups_read", 74),
    ("feed-statistics", "vso.packaging", 49),
    ("grafana-builds", "vso.build", 55),
    ("incident-board", "vso.work", 63),
    ("issue-triage", "vso.work", 80),
    ("license-audit", "vso.code", 41),
    ("metrics-collector", "vso.analytics", 69),
    ("mobile-nightly-status", "vso.build", 36),
    ("onboarding-checklist", "vso.work", 57),
    ("pool-capacity", "vso.agentpools", 76),
    ("pr-reminder", "vso.code", 45),
    ("release-calendar", "vso.release", 64),
    ("release-notes", "vso.work vso.code", 51),
    ("repo-inventory", "vso.code", 85),
    ("review-metrics", "vso.code", 72),
    ("roadmap-export", "vso.work", 40),
    ("sprint-summary", "vso.work", 67),
    ("status-page", "vso.build", 54),
    ("terraform-plan-comment", "vso.code_status", 60),
    ("test-coverage", "vso.test", 82),
    ("translation-sync", "vso.code", 43),
    ("wiki-backup", "vso.wiki", 77),
];

/// Adds the organization `acme`: 42 PATs that an audit judges (one expired, one critical, two with few days
/// left, two that were replaced), and beside them one that was revoked, one that ended long ago, and one of
/// another organization of the same tenant.
pub fn demo(cloud: &mut Cloud) -> Generated {
    let account_id = cloud.add_organization("acme");
    let user = cloud.add_user("acme", "svc-build@acme.example", "Build Service");
    cloud.join(&user, "acme-labs");
    let stage = Stage {
        user: user.clone(),
        now: cloud.now(),
    };
    for seed in stage
        .troubled()
        .into_iter()
        .chain(stage.replaced())
        .chain(stage.healthy())
        .chain(stage.aside())
    {
        cloud.add_pat(seed);
    }
    let token = cloud.user_token(&user);
    Generated {
        organization: "acme".to_owned(),
        account_id,
        user,
        token,
    }
}

/// Puts two of the demo's PATs into a vault, each in a secret of its base name, as the rotation that made it has left
/// it: one that has ended since, and one that is healthy.
pub fn demo_secrets(cloud: &mut Cloud, generated: &Generated, vault: &str) {
    for (base, rotation) in [
        ("ci-deploy-prod", "5e1d90aa000040008000000000000001"),
        ("shop-front-build", "3f9c01ab000040008000000000000002"),
    ] {
        let mark = rotation.get(..8).unwrap_or(rotation);
        let recorded = cloud
            .pats
            .iter()
            .find(|pat| pat.display_name.ends_with(mark))
            .cloned();
        let Some((pat, value)) = recorded.and_then(|pat| Some((pat.clone(), pat.secret?))) else {
            continue;
        };
        let owner = format!("{} svc-build@acme.example", generated.user);
        let ends = pat.valid_to.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let secret = [
            ("authorization-id", pat.authorization_id.as_str()),
            ("display-name", &pat.display_name),
            ("organization", &generated.organization),
            ("owner", &owner),
            ("scopes", &pat.scope),
            ("valid-to", &ends),
            ("rotation-id", rotation),
        ]
        .into_iter()
        .fold(SecretSeed::new(base, &value), |secret, (tag, text)| {
            secret.tag(&format!("patkeeper-{tag}"), text)
        });
        let secret = secret
            .content_type("application/vnd.patkeeper.pat")
            .expires(pat.valid_to);
        cloud.put_secret(vault, secret);
    }
}

struct Stage {
    user: String,
    now: DateTime<Utc>,
}

impl Stage {
    /// A PAT with so many whole days left (negative: since it ended) that lived or lives so many days.
    fn pat(&self, name: &str, scope: &str, left: i64, lifetime: i64) -> PatSeed {
        // Some hours more than the whole days, so that the count does not fall while the demo runs.
        let hours = if left < 0 { -3 } else { 5 };
        let ends = self.now + TimeDelta::days(left) + TimeDelta::hours(hours);
        PatSeed::new(&self.user, "acme", name, scope)
            .starts(ends - TimeDelta::days(lifetime))
            .ends(ends)
    }

    /// A PAT whose name says the day of its creation.
    fn generation(&self, base: &str, mark: &str, scope: &str, left: i64, lifetime: i64) -> PatSeed {
        let made = self.now + TimeDelta::days(left - lifetime);
        self.pat(
            &format!("{base}-{}-{mark}", made.format("%Y-%m-%d")),
            scope,
            left,
            lifetime,
        )
        .usable()
    }

    fn troubled(&self) -> Vec<PatSeed> {
        vec![
            self.generation("ci-deploy-prod", "5e1d90aa", "vso.build_execute", -3, 90),
            self.pat("nuget-feed-sync", "vso.packaging_write", 5, 90),
            self.pat("legacy-all-orgs", "vso.code", 100, 365).global(),
            self.pat("board-bot", "vso.work_write", 21, 180),
            self.pat("legacy-sync", "app_token", 48, 90),
            self.pat("vendor-bridge", "app_token", 70, 90),
        ]
    }

    /// Two that are still alive although their successor is there.
    fn replaced(&self) -> Vec<PatSeed> {
        vec![
            self.generation("shop-front-build", "77ab01cd", "vso.build", 12, 90),
            self.generation("shop-front-build", "3f9c01ab", "vso.build", 79, 90),
            self.generation("gateway-status", "0c4be2f7", "vso.build", 4, 90),
            self.generation("gateway-status", "91d2aa63", "vso.build", 75, 90),
        ]
    }

    fn healthy(&self) -> Vec<PatSeed> {
        HEALTHY
            .iter()
            .map(|(name, scope, left)| self.pat(name, scope, *left, 90))
            .collect()
    }

    /// What an audit of `acme` does not judge.
    fn aside(&self) -> Vec<PatSeed> {
        let mut labs = self.pat("labs-playground", "vso.code_full", 25, 90);
        labs.organization = "acme-labs".to_owned();
        vec![
            self.pat("contractor-laptop", "app_token", 30, 90)
                .revoked(self.now - TimeDelta::days(8)),
            self.pat("hackathon-2026", "vso.code_write", -75, 30),
            labs,
        ]
    }
}
