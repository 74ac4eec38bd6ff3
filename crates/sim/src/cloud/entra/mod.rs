//! Microsoft Entra's books: tenants, apps, and what was issued to whom.

mod app;
mod grant;
mod instance;
mod issue;

pub use app::{App, AppSecret, AppSeed, FederatedCredential};
pub use instance::Instance;

pub(crate) use app::EXCHANGE_AUDIENCE;
pub(crate) use grant::{Assertion, Code, Decision, Device, Grant, RefreshToken};
pub(crate) use instance::Resource;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Cloud;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// GUID.
    pub id: String,
    /// Its domain, which addresses it as well.
    pub domain: Option<String>,
    /// The cloud it is in.
    pub instance: Instance,
}

/// Who sits at the browser.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Browser {
    /// Nobody: the sign-in page stays as it is.
    #[default]
    Nobody,
    /// This user (id), who is signed in and agrees.
    User(String),
    /// Somebody who presses Cancel.
    Declines,
}

/// How Entra words that a device's sign-in was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Declined {
    /// `authorization_declined`, as Entra's documentation has it.
    #[default]
    AuthorizationDeclined,
    /// `access_denied`, as the standard has it.
    AccessDenied,
}

/// Entra's books and switches.
#[derive(Debug)]
pub struct Entra {
    /// Tenants besides those that organizations, users and apps name.
    pub tenants: Vec<Tenant>,
    /// App registrations and managed identities.
    pub apps: Vec<App>,
    /// Who meets the authorization page, and decides on device codes when `device_polls` is set.
    pub browser: Browser,
    /// Whether whoever is at the browser consents to what was never consented to.
    pub consents_when_asked: bool,
    /// Life of access tokens.
    pub token_life: TimeDelta,
    /// Life of an authorization code.
    pub code_life: TimeDelta,
    /// Life of a device code.
    pub device_life: TimeDelta,
    /// `interval` of a device code, in seconds. While the clock runs, who polls sooner is told `slow_down`.
    pub device_interval: u32,
    /// After so many polls the browser's user decides; `None`: only [`Cloud::approve_device`] and
    /// [`Cloud::decline_device`] do.
    pub device_polls: Option<u32>,
    /// So many polls from now on are answered with `slow_down`.
    pub slow_down: u32,
    /// The word for a declined device code.
    pub declined: Declined,
    /// Whether a redeemed refresh token brings a new one.
    pub rotates: bool,
    /// A refresh token that nobody used for so long has expired.
    pub inactivity: TimeDelta,
    /// Whether an assertion is taken for the refresh token grant; not documented for this service.
    pub assertions_redeem: bool,
    /// Whether a federated token that fits no credential is refused with the codes that tell the part
    /// (700211, 700212, 700213, 7002138), and not with 70021.
    pub precise_federation: bool,
    /// Whether ids and time stand on lines of their own in error descriptions.
    pub multiline_errors: bool,
    pub(crate) user_refusals: BTreeMap<String, u32>,
    /// When each user's sign-ins were last revoked.
    pub(crate) valid_from: BTreeMap<String, DateTime<Utc>>,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) devices: BTreeMap<String, Device>,
    pub(crate) refresh_tokens: BTreeMap<String, RefreshToken>,
    pub(crate) assertions: BTreeMap<String, Assertion>,
}

impl Default for Entra {
    fn default() -> Self {
        Self {
            tenants: Vec::new(),
            apps: Vec::new(),
            browser: Browser::default(),
            consents_when_asked: false,
            token_life: TimeDelta::seconds(4100),
            code_life: TimeDelta::minutes(10),
            device_life: TimeDelta::minutes(15),
            device_interval: 5,
            device_polls: None,
            slow_down: 0,
            declined: Declined::default(),
            rotates: true,
            inactivity: TimeDelta::days(90),
            assertions_redeem: true,
            precise_federation: false,
            multiline_errors: false,
            user_refusals: BTreeMap::new(),
            valid_from: BTreeMap::new(),
            codes: BTreeMap::new(),
            devices: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            assertions: BTreeMap::new(),
        }
    }
}

impl Cloud {
    /// The GUID of the cloud's first tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Adds a tenant; returns its GUID.
    pub fn add_tenant(&mut self, instance: Instance, domain: &str) -> String {
        let id = self.guid();
        self.entra.tenants.push(Tenant {
            id: id.clone(),
            domain: Some(domain.to_owned()),
            instance,
        });
        id
    }

    /// The tenant of that GUID or domain, in whichever cloud.
    pub(crate) fn find_tenant(&self, name: &str) -> Option<Tenant> {
        let listed = self.entra.tenants.iter().find(|known| {
            known.id.eq_ignore_ascii_case(name)
                || known
                    .domain
                    .as_ref()
                    .is_some_and(|domain| domain.eq_ignore_ascii_case(name))
        });
        if let Some(known) = listed {
            return Some(known.clone());
        }
        let named = std::iter::once(&self.tenant)
            .chain(self.organizations.iter().map(|known| &known.tenant))
            .chain(self.users.iter().map(|known| &known.tenant))
            .chain(self.entra.apps.iter().map(|known| &known.tenant))
            .find(|id| id.eq_ignore_ascii_case(name));
        named.map(|id| Tenant {
            id: id.clone(),
            domain: None,
            instance: Instance::Public,
        })
    }

    /// Adds an app registration; returns its client id.
    pub fn add_app(&mut self, seed: AppSeed) -> String {
        let now = self.now();
        let client_id = seed.client_id.unwrap_or_else(|| self.guid());
        for (text, _) in &seed.secrets {
            self.remember(text);
        }
        let app = App {
            client_id: client_id.clone(),
            object_id: self.guid(),
            display_name: seed.display_name,
            tenant: seed.tenant.unwrap_or_else(|| self.tenant.clone()),
            public: seed.public,
            secrets: seed
                .secrets
                .into_iter()
                .map(|(text, ends_in)| AppSecret {
                    text,
                    ends: now + ends_in,
                })
                .collect(),
            federated: seed.federated,
            redirects: seed.redirects,
            consented: seed.consented,
            organizations: seed.organizations,
            refuses: None,
        };
        self.entra.apps.push(app);
        client_id
    }

    /// The app of that client id.
    pub fn app(&self, client_id: &str) -> Option<&App> {
        self.entra
            .apps
            .iter()
            .find(|app| app.client_id.eq_ignore_ascii_case(client_id))
    }

    /// The same, to alter it.
    pub fn app_mut(&mut self, client_id: &str) -> Option<&mut App> {
        self.entra
            .apps
            .iter_mut()
            .find(|app| app.client_id.eq_ignore_ascii_case(client_id))
    }

    /// Makes a client secret of today's format for an app, valid for so long.
    pub fn add_app_secret(&mut self, client_id: &str, valid_for: TimeDelta) -> String {
        let text = self.mint.client_secret();
        let ends = self.now() + valid_for;
        self.remember(&text);
        if let Some(app) = self.app_mut(client_id) {
            app.secrets.push(AppSecret {
                text: text.clone(),
                ends,
            });
        }
        text
    }

    /// Adds an app's service principal to an organization.
    pub fn join_app(&mut self, client_id: &str, organization: &str) {
        self.add_organization(organization);
        if let Some(app) = self.app_mut(client_id) {
            app.organizations.push(organization.to_owned());
        }
    }

    /// Refuses an app (7000222, 53003, 700016, …), or with `None` no longer.
    pub fn refuse_app(&mut self, client_id: &str, code: Option<u32>) {
        if let Some(app) = self.app_mut(client_id) {
            app.refuses = code;
        }
    }

    /// Refuses a user's sign-ins and refresh tokens (50076, 50079, 50057, 53003, …), or with `None` no longer.
    pub fn refuse_user(&mut self, user: &str, code: Option<u32>) {
        match code {
            Some(code) => self.entra.user_refusals.insert(user.to_owned(), code),
            None => self.entra.user_refusals.remove(user),
        };
    }

    /// Revokes a user's sessions: refresh tokens issued until now are refused with 50173.
    pub fn revoke_sessions(&mut self, user: &str) {
        let now = self.now();
        self.entra.valid_from.insert(user.to_owned(), now);
    }

    /// Refuses a refresh token (700082, 65001, …), or with `None` no longer.
    pub fn refuse_refresh_token(&mut self, text: &str, code: Option<u32>) {
        if let Some(known) = self.entra.refresh_tokens.get_mut(text) {
            known.refused = code;
        }
    }

    /// Codes that people would now type at the device page, with the client id that each belongs to.
    pub fn pending_devices(&self) -> Vec<(String, String)> {
        let pending = |device: &&Device| device.decision == Decision::Pending;
        self.entra
            .devices
            .values()
            .filter(pending)
            .map(|device| (device.user_code.clone(), device.client_id.clone()))
            .collect()
    }

    /// A user types this code, signs in and agrees.
    pub fn approve_device(&mut self, user_code: &str, user: &str) {
        self.decide(user_code, Decision::SignedIn(user.to_owned()));
    }

    /// Somebody types this code and presses Cancel.
    pub fn decline_device(&mut self, user_code: &str) {
        self.decide(user_code, Decision::Declined);
    }

    fn decide(&mut self, user_code: &str, decision: Decision) {
        if let Some(device) = self
            .entra
            .devices
            .values_mut()
            .find(|device| device.user_code == user_code)
        {
            device.decision = decision;
        }
    }
}
