//! The books: who exists, what they hold, and which rules apply.

mod audit;
mod bearer;
pub(crate) mod clock;
mod crowd;
mod entra;
mod hook;
mod machine;
mod manners;
mod meter;
mod mint;
mod organization;
mod pat;
mod people;
mod pipeline;
pub(crate) mod scope;
mod session;
mod vault;

pub use audit::{AuditEvent, AuditSeed};
pub use bearer::{Bearer, BearerKind, TokenSpec};
pub use clock::Clock;
pub use crowd::{Crowd, CrowdTotals};
pub use entra::{App, AppSecret, AppSeed, Browser, Declined, Entra, FederatedCredential, Instance, Tenant};
pub use hook::{Delivery, Hook};
pub use machine::{Machine, ManagedIdentity};
pub use manners::{
    Activation, AppAccess, AppTokens, AuditOff, ConnectionData, Creation, ListEnd, Manners, OverLifespan,
    Policies, RateHeaders, SignIn, UnknownId, UnknownRevocation,
};
pub use meter::RateLimit;
pub use organization::Organization;
pub use pat::{Pat, PatSeed};
pub use people::{Unreadable, User, UserKind, UserSeed};
pub use pipeline::{JobSeed, OidcIssuer, PipelineJob, ServiceConnection};
pub use session::{CrowdReads, Reads, SshKey};
pub use vault::{
    Right, SecretSeed, SecretVersion, Vault, VaultAccess, VaultNetwork, VaultSecret, VaultThrottle,
};

pub(crate) use audit::Actor;
pub(crate) use bearer::is_devops_audience;
pub(crate) use entra::{Decision, EXCHANGE_AUDIENCE, Grant, Resource};
pub(crate) use machine::NoIdentity;
pub(crate) use meter::Metered;
pub(crate) use pat::State;
pub(crate) use pipeline::NEW_ISSUER_AUDIENCE;
pub(crate) use vault::is_vault_host;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use bearer::Who;
use clock::stored;
use meter::Meters;
use mint::Mint;
use pat::Accounts;

/// Everything the simulator knows. Public fields may be altered at will.
#[derive(Debug)]
pub struct Cloud {
    /// The clock.
    pub clock: Clock,
    /// Behavior where the documentation is silent.
    pub manners: Manners,
    /// Organizations.
    pub organizations: Vec<Organization>,
    /// Users.
    pub users: Vec<User>,
    /// PATs, in order of creation.
    pub pats: Vec<Pat>,
    /// SSH keys, in order of creation.
    pub ssh_keys: Vec<SshKey>,
    /// Users of generated organizations, one crowd an organization at most.
    pub crowds: Vec<Crowd>,
    /// Access tokens, by their text.
    pub bearers: BTreeMap<String, Bearer>,
    /// What arrived at webhooks.
    pub deliveries: Vec<Delivery>,
    /// Key Vaults.
    pub vaults: Vec<Vault>,
    /// Microsoft Entra.
    pub entra: Entra,
    /// Service connections of Azure DevOps.
    pub connections: Vec<ServiceConnection>,
    /// Jobs that may ask for a federated token.
    pub jobs: Vec<PipelineJob>,
    /// The machine that pipelines run on.
    pub machine: Machine,
    pub(crate) reads: Reads,
    pub(crate) meters: Meters,
    events: Vec<AuditEvent>,
    secrets: BTreeSet<String>,
    tenant: String,
    mint: Mint,
}

impl Cloud {
    pub(crate) fn new(seed: u64, clock: Clock) -> Self {
        let mut mint = Mint::new(seed);
        Self {
            clock,
            manners: Manners::default(),
            organizations: Vec::new(),
            users: Vec::new(),
            pats: Vec::new(),
            ssh_keys: Vec::new(),
            crowds: Vec::new(),
            bearers: BTreeMap::new(),
            deliveries: Vec::new(),
            vaults: Vec::new(),
            entra: Entra::default(),
            connections: Vec::new(),
            jobs: Vec::new(),
            machine: Machine::default(),
            reads: Reads::default(),
            meters: Meters::default(),
            events: Vec::new(),
            secrets: BTreeSet::new(),
            tenant: mint.guid(),
            mint,
        }
    }

    /// The cloud's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new GUID.
    pub fn guid(&mut self) -> String {
        self.mint.guid()
    }

    /// Every secret that was issued, seeded, or proven by a client so far, for searches of what a run has
    /// written: tokens, codes, assertions, client secrets, PATs.
    pub fn secrets(&self) -> Vec<String> {
        let pats = self.pats.iter().filter_map(|pat| pat.secret.clone());
        let all: BTreeSet<String> = self
            .bearers
            .keys()
            .cloned()
            .chain(pats)
            .chain(self.secrets.iter().cloned())
            .collect();
        all.into_iter().collect()
    }

    /// Adds to [`Self::secrets`].
    pub fn remember(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.insert(secret.to_owned());
        }
    }

    /// Issues a user's token with both scopes that the PAT API wants, for one hour.
    pub fn user_token(&mut self, user: &str) -> String {
        self.token(TokenSpec::user(user))
    }

    /// Issues an app-only token for one hour.
    pub fn app_token(&mut self, name: &str) -> String {
        self.token(TokenSpec::app(name))
    }

    /// Issues a token.
    pub fn token(&mut self, spec: TokenSpec) -> String {
        let now = self.now();
        let fresh = self.mint.guid();
        let user = match &spec.kind {
            BearerKind::User(id) => self.user(id),
            BearerKind::App(_) | BearerKind::Job(_) => None,
        };
        let tenant = spec
            .tenant
            .clone()
            .or_else(|| user.map(|user| user.tenant.clone()))
            .unwrap_or_else(|| self.tenant.clone());
        let issuer = self
            .find_tenant(&tenant)
            .map_or(Instance::Public, |known| known.instance)
            .token_issuer();
        let object_id = match (user, &spec.object_id) {
            (Some(user), _) => user.id.clone(),
            (None, Some(id)) => id.clone(),
            (None, None) => fresh,
        };
        let who = match (&spec.kind, user) {
            (_, Some(user)) => Who {
                id: &object_id,
                name: &user.display_name,
                upn: &user.upn,
            },
            (BearerKind::User(name) | BearerKind::App(name) | BearerKind::Job(name), None) => Who {
                id: &object_id,
                name,
                upn: name,
            },
        };
        let claims = bearer::claims(&spec, issuer, &tenant, &who, now);
        let text = self.mint.jwt(&claims);
        let bearer = Bearer {
            text: text.clone(),
            kind: spec.kind,
            audience: spec.audience,
            scopes: spec.scopes,
            tenant,
            expires: now + spec.valid_for,
            object_id,
            client_id: spec.client_id,
        };
        self.bearers.insert(text.clone(), bearer);
        text
    }

    /// Puts a PAT into the books, past all policies; returns its authorization id.
    pub fn add_pat(&mut self, seed: PatSeed) -> String {
        let now = self.now();
        let own = self.add_organization(&seed.organization);
        let (starts, ends) = seed.times(now);
        let authorization_id = seed.authorization_id.unwrap_or_else(|| self.mint.guid());
        let secret = seed.with_secret.then(|| self.mint.pat_secret());
        self.pats.push(Pat {
            authorization_id: authorization_id.clone(),
            owner: seed.owner,
            display_name: seed.display_name,
            scope: seed.scope,
            valid_from: stored(starts),
            valid_to: stored(ends),
            target_accounts: match seed.accounts {
                Accounts::Own => Some(vec![own]),
                Accounts::Global => None,
                Accounts::These(ids) => Some(ids),
            },
            revoked: seed.revoked,
            secret,
            usable_from: starts,
            refusals_left: 0,
        });
        authorization_id
    }

    /// The PAT of that authorization id, without regard to letter case.
    pub fn pat(&self, authorization_id: &str) -> Option<&Pat> {
        self.pats
            .iter()
            .find(|pat| pat.authorization_id.eq_ignore_ascii_case(authorization_id))
    }

    /// The same, to alter it.
    pub fn pat_mut(&mut self, authorization_id: &str) -> Option<&mut Pat> {
        self.pats
            .iter_mut()
            .find(|pat| pat.authorization_id.eq_ignore_ascii_case(authorization_id))
    }

    /// The token of a PAT that has one: made by `PatSeed::usable` or through the API.
    pub fn secret_of(&self, authorization_id: &str) -> Option<&str> {
        self.pat(authorization_id)?.secret.as_deref()
    }

    /// A PAT made through the API.
    pub(crate) fn create_pat(&mut self, owner: &str, new: NewPat) -> Pat {
        let now = self.now();
        let (delay, refusals) = match self.manners.activation {
            Activation::Immediate => (TimeDelta::zero(), 0),
            Activation::After(delay) => (delay, 0),
            Activation::AfterUses(uses) => (TimeDelta::zero(), uses),
        };
        let pat = Pat {
            authorization_id: self.mint.guid(),
            owner: owner.to_owned(),
            display_name: new.display_name,
            scope: new.scope,
            valid_from: stored(now),
            valid_to: stored(new.valid_to),
            target_accounts: new.target_accounts,
            revoked: None,
            secret: Some(self.mint.pat_secret()),
            usable_from: now + delay,
            refusals_left: refusals,
        };
        self.pats.push(pat.clone());
        pat
    }
}

/// What the API lets a user choose.
pub(crate) struct NewPat {
    pub(crate) display_name: String,
    pub(crate) scope: String,
    pub(crate) valid_to: DateTime<Utc>,
    pub(crate) target_accounts: Option<Vec<String>>,
}
