//! Whole organizations: large ones from a seed, and the one of the demo; and the pipeline that signs in to one.
//!
//! No PAT made here has a token, so nothing in them looks like a secret. All times are relative to the
//! cloud's clock.

mod crowd;
mod demo;
mod pipeline;
pub(crate) mod words;

use chrono::{DateTime, TimeDelta, Utc};

use crate::cloud::{Cloud, PatSeed};

pub use crowd::{CrowdPlan, crowd};
pub use demo::{demo, demo_secrets};
pub use pipeline::{Pipeline, pipeline};

/// Who can be asked about a generated organization.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The organization's name.
    pub organization: String,
    /// Its account id.
    pub account_id: String,
    /// The id of the user who owns all the PATs.
    pub user: String,
    /// That user's access token: both scopes of the PAT API, good for one hour.
    pub token: String,
}

/// How many PATs of which kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Source of names, scopes and times.
    pub seed: u64,
    /// Live PATs of the organization, a fiftieth of them global.
    pub active: usize,
    /// Ended within the last 120 days.
    pub expired: usize,
    /// Revoked.
    pub revoked: usize,
    /// Live PATs of another organization of the tenant, which lists show as well.
    pub foreign: usize,
}

impl Plan {
    /// `count` PATs that a list of the organization's active and expired ones shows, one in twenty expired,
    /// none of another organization.
    pub fn of(seed: u64, count: usize) -> Self {
        let expired = count / 20;
        Self {
            seed,
            active: count - expired,
            expired,
            revoked: 0,
            foreign: 0,
        }
    }
}

/// Adds an organization with a user and that user's PATs. The same plan on the same clock gives the same PATs.
pub fn organization(cloud: &mut Cloud, name: &str, plan: &Plan) -> Generated {
    let account_id = cloud.add_organization(name);
    let user = cloud.add_user(name, &format!("svc-build@{name}.example"), "Build Service");
    let mut draw = Draw {
        rng: fastrand::Rng::with_seed(plan.seed),
        now: cloud.now(),
        number: 0,
    };
    for index in 0..plan.active {
        let seed = draw.live(&user, name);
        cloud.add_pat(if index % 50 == 49 { seed.global() } else { seed });
    }
    for _ in 0..plan.expired {
        let seed = draw.expired(&user, name);
        cloud.add_pat(seed);
    }
    for _ in 0..plan.revoked {
        let (seed, ago) = (draw.live(&user, name), draw.hours(1, 90 * 24));
        let now = cloud.now();
        cloud.add_pat(seed.revoked(now - ago));
    }
    if plan.foreign > 0 {
        let other = format!("{name}-labs");
        cloud.join(&user, &other);
        for _ in 0..plan.foreign {
            let seed = draw.live(&user, &other);
            cloud.add_pat(seed);
        }
    }
    let token = cloud.user_token(&user);
    Generated {
        organization: name.to_owned(),
        account_id,
        user,
        token,
    }
}

/// Draws PATs.
struct Draw {
    rng: fastrand::Rng,
    now: DateTime<Utc>,
    number: usize,
}

impl Draw {
    fn hours(&mut self, from: i64, to: i64) -> TimeDelta {
        TimeDelta::hours(self.rng.i64(from..=to))
    }

    /// Most live as long as Microsoft's form proposes, a few too long.
    fn lifetime(&mut self) -> TimeDelta {
        TimeDelta::days(self.rng.choice([30, 60, 90, 90, 90, 180, 365]).unwrap_or(90))
    }

    fn live(&mut self, user: &str, organization: &str) -> PatSeed {
        let lifetime = self.lifetime();
        let left = self.hours(2, lifetime.num_hours());
        self.pat(user, organization, self.now + left - lifetime, self.now + left)
    }

    fn expired(&mut self, user: &str, organization: &str) -> PatSeed {
        let (lifetime, ago) = (self.lifetime(), self.hours(1, 120 * 24));
        self.pat(user, organization, self.now - ago - lifetime, self.now - ago)
    }

    /// Names are unique; every third one says its generation.
    fn pat(&mut self, user: &str, organization: &str, starts: DateTime<Utc>, ends: DateTime<Utc>) -> PatSeed {
        self.number += 1;
        let rng = &mut self.rng;
        let (area, job, place) = (words::area(rng), words::job(rng), words::place(rng));
        let base = format!("{area}-{job}{place}-{:04}", self.number);
        let name = match self.number % 3 {
            0 => format!("{base}-{}-{:08x}", starts.format("%Y-%m-%d"), self.rng.u32(..)),
            _ => base,
        };
        let scope = words::scope(&mut self.rng);
        PatSeed::new(user, organization, &name, scope)
            .starts(starts)
            .ends(ends)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cloud::{Clock, State, scope};

    fn cloud() -> Cloud {
        Cloud::new(1, Clock::Fixed("2026-11-21T12:00:00Z".parse().unwrap()))
    }

    #[test]
    fn a_plan_is_kept_to_the_number() {
        let mut cloud = cloud();
        let plan = Plan {
            seed: 3,
            active: 200,
            expired: 40,
            revoked: 5,
            foreign: 7,
        };
        let made = organization(&mut cloud, "acme", &plan);
        let now = cloud.now();
        let count = |state| {
            let here = |pat: &&crate::Pat| pat.is_for(&made.account_id) && pat.state(now) == state;
            cloud.pats.iter().filter(here).count()
        };
        assert_eq!(
            (count(State::Active), count(State::Expired), count(State::Revoked)),
            (200, 40, 5)
        );
        assert_eq!(cloud.pats.len(), 252);
        assert_eq!(
            cloud
                .pats
                .iter()
                .filter(|pat| pat.target_accounts.is_none())
                .count(),
            4
        );
    }

    #[test]
    fn a_seed_gives_the_same_organization_again_and_another_seed_another() {
        let pats = |seed| {
            let mut cloud = cloud();
            organization(&mut cloud, "acme", &Plan::of(seed, 60));
            cloud
                .pats
                .into_iter()
                .map(|pat| (pat.display_name, pat.scope, pat.valid_to))
                .collect::<Vec<_>>()
        };
        assert_eq!(pats(1), pats(1));
        assert_ne!(pats(1), pats(2));
    }

    #[test]
    fn every_generated_pat_could_exist() {
        let mut cloud = cloud();
        organization(&mut cloud, "acme", &Plan::of(9, 500));
        demo(&mut cloud);
        let names: BTreeSet<_> = cloud.pats.iter().map(|pat| &pat.display_name).collect();
        assert_eq!(names.len(), cloud.pats.len());
        for pat in &cloud.pats {
            assert!(pat.valid_from < pat.valid_to, "{pat:?}");
            assert!(pat.valid_from <= cloud.now(), "{pat:?}");
            assert!(pat.scope.split(' ').all(scope::is_known), "{pat:?}");
            // Of generations a vault may keep the text; of all others nobody knows it any more.
            assert!(
                pat.secret.is_none() || pat.display_name.contains("-202"),
                "{}",
                pat.display_name
            );
        }
    }
}
