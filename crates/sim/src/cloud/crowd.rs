//! Organizations of any size that nobody holds in memory: each user and PAT is worked out from a seed and a number when
//! it is asked for.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::clock::stored;
use super::pat::{Pat, State};
use super::people::{Unreadable, User, UserKind};
use crate::generate::words;

/// So many PATs has a user at most.
const MOST: u8 = 30;

/// Every so many identities one is a build service.
const SERVICES: u32 = 21;

/// The users of a generated organization, and their PATs.
///
/// A user has about three PATs; one in ten has none, one in fifty has thirty. Of the users, one in fifteen is a guest,
/// one in fifty a Microsoft account, one in forty deleted in the directory, one in thirty without mail, and one in
/// ninety-seven has a name that would command a build agent. Besides them, every 21st identity is a build service. Of
/// the PATs, one in ten is expired, one in twenty revoked, one in forty global.
#[derive(Debug, Clone)]
pub struct Crowd {
    organization: String,
    account: String,
    tenant: String,
    seed: u64,
    users: u32,
    unreadable: u32,
    made: DateTime<Utc>,
    revoked: BTreeMap<(u32, u8), DateTime<Utc>>,
}

/// What a crowd amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CrowdTotals {
    /// Identities that cannot own PATs.
    pub services: u32,
    /// Users who can.
    pub users: u32,
    /// Those of them whose PATs cannot be listed.
    pub unreadable: u32,
    /// Those of them whom the directory has deleted.
    pub deleted: u32,
    /// Live PATs of readable users.
    pub active: u32,
    /// Ended ones of readable users.
    pub expired: u32,
    /// Revoked ones of readable users.
    pub revoked: u32,
}

impl Crowd {
    pub(crate) fn new(
        (organization, account, tenant): (&str, &str, &str),
        (seed, users, unreadable): (u64, u32, u32),
        made: DateTime<Utc>,
    ) -> Self {
        Self {
            organization: organization.to_owned(),
            account: account.to_owned(),
            tenant: tenant.to_owned(),
            seed,
            users,
            unreadable: unreadable.min(users),
            made: stored(made),
            revoked: BTreeMap::new(),
        }
    }

    /// The organization's name.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// Identities, those that cannot own PATs included. They are numbered from 0 on.
    pub fn identities(&self) -> u32 {
        self.users + self.users / (SERVICES - 1)
    }

    /// What kind of identity has that number.
    pub fn kind(&self, number: u32) -> UserKind {
        match number {
            _ if number % SERVICES == SERVICES - 1 => UserKind::BuildService,
            _ if self.is_one_in(50, number, 1) => UserKind::MicrosoftAccount,
            _ if self.is_one_in(15, number, 2) => UserKind::Guest,
            _ => UserKind::Member,
        }
    }

    /// The user of that number.
    pub fn user(&self, number: u32) -> User {
        let kind = self.kind(number);
        let id = self.id(Of::User, number, 0);
        let mut draw = fastrand::Rng::with_seed(self.mix(number, 3));
        let (area, job) = (words::area(&mut draw), words::job(&mut draw));
        let name = format!("{area}.{job}.{number}");
        let hostile = kind != UserKind::BuildService && self.is_one_in(97, number, 4);
        let display_name = match kind {
            UserKind::BuildService => format!("{area} Build Service ({})", self.organization),
            _ if hostile => format!("##vso[task.complete result=Succeeded]{area}\r\n<b>|{job}`\u{202e}"),
            _ => format!("{area} {job} {number}"),
        };
        let upn = match kind {
            UserKind::BuildService => id.clone(),
            UserKind::MicrosoftAccount => format!("{name}@mail.example"),
            UserKind::Guest => format!("{name}_partner.example#EXT#@{}.example", self.organization),
            _ => format!("{name}@{}.example", self.organization),
        };
        User {
            descriptor: format!("{}.{}", kind.subject_type(), URL_SAFE_NO_PAD.encode(&id)),
            mail: (kind.can_own_pats() && !self.is_one_in(30, number, 5))
                .then(|| format!("{name}@{}.example", self.organization)),
            deleted_in_origin: kind.can_own_pats() && self.is_one_in(40, number, 6),
            unreadable: self.unreadable(number),
            id,
            upn,
            display_name,
            tenant: self.tenant.clone(),
            organizations: vec![self.organization.clone()],
            kind,
        }
    }

    /// The number of the user of that descriptor.
    pub fn number(&self, descriptor: &str) -> Option<u32> {
        let (kind, id) = descriptor.split_once('.')?;
        let id = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let (number, _) = self.place(Of::User, &id)?;
        (self.kind(number).subject_type() == kind).then_some(number)
    }

    /// The number of the user with that storage key.
    pub(crate) fn number_of_id(&self, id: &str) -> Option<u32> {
        self.place(Of::User, id).map(|(number, _)| number)
    }

    /// That user's PATs, in the order in which they were made.
    pub fn pats(&self, number: u32) -> Vec<Pat> {
        (0..self.count(number)).map(|at| self.pat(number, at)).collect()
    }

    /// The PAT of that authorization id.
    pub fn pat_of(&self, authorization_id: &str) -> Option<Pat> {
        let (number, at) = self.place(Of::Pat, authorization_id)?;
        (at < self.count(number)).then(|| self.pat(number, at))
    }

    /// Everything counted, user by user.
    pub fn totals(&self, now: DateTime<Utc>) -> CrowdTotals {
        let mut totals = CrowdTotals::default();
        for number in 0..self.identities() {
            if !self.kind(number).can_own_pats() {
                totals.services += 1;
                continue;
            }
            let user = self.user(number);
            totals.users += 1;
            totals.deleted += u32::from(user.deleted_in_origin);
            if user.unreadable.is_some() {
                totals.unreadable += 1;
                continue;
            }
            for pat in self.pats(number) {
                match pat.state(now) {
                    State::Active => totals.active += 1,
                    State::Expired => totals.expired += 1,
                    State::Revoked => totals.revoked += 1,
                }
            }
        }
        totals
    }

    /// Revokes a PAT; whether there is one of that id. The time of an earlier revocation stays.
    pub(crate) fn revoke(&mut self, authorization_id: &str, at: DateTime<Utc>) -> bool {
        let Some(pat) = self.pat_of(authorization_id) else {
            return false;
        };
        if let Some(place) = self.place(Of::Pat, authorization_id)
            && pat.revoked.is_none()
        {
            self.revoked.insert(place, at);
        }
        true
    }

    /// Spread evenly over the users, one kind after the other.
    pub(crate) fn unreadable(&self, number: u32) -> Option<Unreadable> {
        const KINDS: [Unreadable; 3] = [Unreadable::Forbidden, Unreadable::Failing, Unreadable::Hostile];
        if !self.kind(number).can_own_pats() || self.unreadable == 0 {
            return None;
        }
        let place = u64::from(number - number / SERVICES);
        let (users, unreadable) = (u64::from(self.users), u64::from(self.unreadable));
        let before = place * unreadable / users;
        let is_one = (place + 1) * unreadable / users > before;
        let kind = usize::try_from(before % 3).ok().and_then(|at| KINDS.get(at));
        kind.copied().filter(|_| is_one)
    }

    fn count(&self, number: u32) -> u8 {
        if !self.kind(number).can_own_pats() {
            return 0;
        }
        match self.mix(number, 7) % 50 {
            0 => MOST,
            1..=5 => 0,
            6..=20 => 2,
            21..=40 => 3,
            _ => 4,
        }
    }

    fn pat(&self, number: u32, at: u8) -> Pat {
        let mut draw = fastrand::Rng::with_seed(self.mix(number, 100 + u64::from(at)));
        let lifetime = TimeDelta::days(draw.choice([30, 60, 90, 90, 90, 180, 365]).unwrap_or(90));
        let ended = draw.u8(..10) == 0;
        let revoked = !ended && draw.u8(..19) == 0;
        let ends = if ended {
            self.made - TimeDelta::minutes(draw.i64(60..120 * 24 * 60))
        } else {
            // Not within the first hours, so that nothing ends while a test runs.
            self.made + TimeDelta::minutes(draw.i64(6 * 60..lifetime.num_minutes()))
        };
        let starts = ends - lifetime;
        let planned = revoked
            .then(|| self.made - TimeDelta::minutes(draw.i64(1..(self.made - starts).num_minutes().max(2))));
        Pat {
            authorization_id: self.id(Of::Pat, number, at),
            owner: self.id(Of::User, number, 0),
            display_name: format!(
                "{}-{}-{number}-{at}",
                words::area(&mut draw),
                words::job(&mut draw)
            ),
            scope: words::scope(&mut draw).to_owned(),
            valid_from: stored(starts),
            valid_to: stored(ends),
            target_accounts: (draw.u8(..40) != 0).then(|| vec![self.account.clone()]),
            revoked: planned.or_else(|| self.revoked.get(&(number, at)).copied()),
            secret: None,
            usable_from: starts,
            refusals_left: 0,
        }
    }

    fn is_one_in(&self, share: u64, number: u32, aspect: u64) -> bool {
        self.mix(number, aspect).is_multiple_of(share)
    }

    /// A number as good as random for each user and aspect (SplitMix64).
    fn mix(&self, number: u32, aspect: u64) -> u64 {
        let mut z = self
            .seed
            .wrapping_add(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(aspect.wrapping_mul(0xd1b5_4a32_d192_ed03))
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A GUID from which the number and the place can be read again.
    fn id(&self, of: Of, number: u32, at: u8) -> String {
        let [a, b, c, d] = (number ^ self.mask(of)).to_be_bytes();
        let tail = (u128::from(self.mix(number, of.aspect() + u64::from(at))) << 64)
            | u128::from(self.mix(number, of.aspect() + 0x100 + u64::from(at)));
        let mut bytes = tail.to_be_bytes();
        for (to, from) in bytes.iter_mut().zip([a, b, c, d, at]) {
            *to = from;
        }
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The number and the place in an id, if it is one of this crowd's.
    fn place(&self, of: Of, id: &str) -> Option<(u32, u8)> {
        let uuid = Uuid::parse_str(id).ok()?;
        let [a, b, c, d, at, ..] = *uuid.as_bytes();
        let number = u32::from_be_bytes([a, b, c, d]) ^ self.mask(of);
        let known = number < self.identities() && self.id(of, number, at) == uuid.to_string();
        known.then_some((number, at))
    }

    fn mask(&self, of: Of) -> u32 {
        let [a, b, c, d, ..] = self.mix(u32::MAX, of.aspect()).to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

/// What an id is the id of.
#[derive(Debug, Clone, Copy)]
enum Of {
    User,
    Pat,
}

impl Of {
    fn aspect(self) -> u64 {
        match self {
            Self::User => 0x1_0000,
            Self::Pat => 0x2_0000,
        }
    }
}
