//! An organization's users, shared out over the parallel jobs of a pipeline.

use serde::{Deserialize, Serialize};

use crate::owner::SubjectDescriptor;

/// One job's share of the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Slice {
    /// Which one, from 1.
    pub position: u32,
    /// Of how many.
    pub of: u32,
}

impl Slice {
    /// `None`: there is no such share.
    #[must_use]
    pub fn new(position: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&position).then_some(Self { position, of })
    }

    /// Whether a user is in it. Each one is in exactly one of the shares, the same in every run.
    #[must_use]
    pub fn holds(self, user: &SubjectDescriptor) -> bool {
        spread(user.as_str().as_bytes()) % u64::from(self.of.max(1))
            == u64::from(self.position.saturating_sub(1))
    }
}

impl std::fmt::Display for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.position, self.of)
    }
}

/// FNV-1a, and the finishing steps of MurmurHash3: FNV alone leaves the low bits, which a remainder is made of, uneven.
pub(crate) fn spread(bytes: &[u8]) -> u64 {
    let mut hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    for factor in [0xff51_afd7_ed55_8ccd_u64, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> impl Iterator<Item = SubjectDescriptor> {
        (0..8_000).map(|number| SubjectDescriptor::parse(&format!("aad.user{number:05}")).unwrap())
    }

    #[test]
    fn every_user_is_in_exactly_one_share_and_the_shares_are_about_equal() {
        for of in [1, 2, 3, 7, 8, 64] {
            let mut counts = vec![0_u32; of as usize];
            for user in users() {
                let holders: Vec<u32> = (1..=of)
                    .filter(|position| Slice::new(*position, of).unwrap().holds(&user))
                    .collect();
                assert_eq!(holders.len(), 1, "{user} in {holders:?} of {of}");
                counts[holders[0] as usize - 1] += 1;
            }
            let mean = 8_000 / of;
            for count in counts {
                assert!(
                    count.abs_diff(mean) <= mean / 2,
                    "{count} of {mean} in {of} shares"
                );
            }
        }
    }

    #[test]
    fn a_share_never_changes_since_jobs_of_two_versions_may_run_side_by_side() {
        let user = SubjectDescriptor::parse("aad.user00001").unwrap();
        let position = (1..=8).find(|position| Slice::new(*position, 8).unwrap().holds(&user));
        assert_eq!(position, Some(7));
    }

    #[test]
    fn there_is_no_share_zero_and_none_beyond_the_last() {
        assert_eq!(Slice::new(0, 8), None);
        assert_eq!(Slice::new(9, 8), None);
        assert_eq!(Slice::new(1, 0), None);
    }
}
