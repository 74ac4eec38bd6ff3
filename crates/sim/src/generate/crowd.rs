//! An organization of any size, with an administrator.

use super::Generated;
use crate::cloud::{Cloud, Crowd, UserSeed};

/// How many users of a generated organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrowdPlan {
    /// Source of names, scopes and times.
    pub seed: u64,
    /// Users who can own PATs, beside the administrator; [`Crowd`] says how they are made up.
    pub users: u32,
    /// So many of them cannot be read: 403, 500 and a hostile body in turn.
    pub unreadable: u32,
}

impl CrowdPlan {
    /// All of them readable.
    pub fn of(seed: u64, users: u32) -> Self {
        Self {
            seed,
            users,
            unreadable: 0,
        }
    }
}

/// Gives an organization, which is added when missing, a crowd of users, and an administrator without PATs, whose token
/// may do everything. The same plan on the same clock gives the same users and PATs. They are worked out when they are
/// asked for: memory does not grow with their number, but for one byte a user once they are read.
pub fn crowd(cloud: &mut Cloud, name: &str, plan: &CrowdPlan) -> Generated {
    let account_id = cloud.add_organization(name);
    let administrator =
        UserSeed::new(name, &format!("admin@{name}.example"), "Administrator").administrator();
    let user = cloud.enroll(administrator);
    let tenant = cloud
        .organization(name)
        .map_or(String::new(), |known| known.tenant.clone());
    let crowd = Crowd::new(
        (name, &account_id, &tenant),
        (plan.seed, plan.users, plan.unreadable),
        cloud.now(),
    );
    cloud
        .crowds
        .retain(|known| !known.organization().eq_ignore_ascii_case(name));
    cloud.crowds.push(crowd);
    let token = cloud.full_token(&user);
    Generated {
        organization: name.to_owned(),
        account_id,
        user,
        token,
    }
}
