//! Key Vaults: who may do what with them, and every version of every secret in them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Cloud, Instance};

/// The name and the cloud of a vault's host (lower case).
fn parts(host: &str) -> Option<(&str, Instance)> {
    let (name, suffix) = host.split_once('.')?;
    let clouds = [Instance::Public, Instance::UsGovernment, Instance::China];
    let cloud = clouds
        .into_iter()
        .find(|cloud| cloud.vault().strip_prefix("https://") == Some(suffix))?;
    (!name.is_empty()).then_some((name, cloud))
}

/// Whether `host` (lower case) has the form of a Key Vault's.
pub(crate) fn is_vault_host(host: &str) -> bool {
    parts(host).is_some()
}

/// What a caller may be allowed to do with secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Read a secret's value.
    Get,
    /// Write a version, and change what is said about one.
    Set,
    /// List secrets and versions, without values.
    List,
    /// Delete.
    Delete,
    /// Take a deletion back.
    Recover,
    /// Delete for good.
    Purge,
}

impl Right {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Get,
        Self::Set,
        Self::List,
        Self::Delete,
        Self::Recover,
        Self::Purge,
    ];
}

/// How a vault grants rights; it decides how a refusal reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VaultAccess {
    /// Azure roles: `ForbiddenByRbac`.
    #[default]
    Roles,
    /// The older access policies: `AccessDenied`.
    Policies,
}

/// From where a vault may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VaultNetwork {
    /// From everywhere.
    #[default]
    Open,
    /// Its firewall does not know the caller's address: `ForbiddenByFirewall`.
    Firewall,
    /// Only over private endpoints: `ForbiddenByConnection`.
    Private,
}

/// The next requests are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultThrottle {
    /// How many requests are answered 429.
    pub requests: u32,
    /// `Retry-After` in seconds; the real service often sends none.
    pub retry_after: Option<u32>,
}

/// A Key Vault.
#[derive(Debug, Clone)]
pub struct Vault {
    /// Host name, lower case: `acme-kv.vault.azure.net`.
    pub host: String,
    /// The Entra tenant's GUID, of which its callers' tokens must be.
    pub tenant: String,
    /// How it grants rights.
    pub access: VaultAccess,
    /// From where it may be reached.
    pub network: VaultNetwork,
    /// Who may do what. A caller is named as in [`super::BearerKind`], or by `appid` or `oid` of its token.
    pub grants: Vec<(String, Right)>,
    /// Secrets, deleted ones included.
    pub secrets: Vec<VaultSecret>,
    /// Days in which a deleted secret can be recovered and its name cannot be used.
    pub retention_days: u32,
    /// How long a deletion is under way: until then the secret is neither there nor among the deleted ones.
    pub deletion_takes: TimeDelta,
    /// Entries on a page of a list; the service's most, and what it gives when not asked for fewer, is 25.
    pub page_size: usize,
    /// Begins every list with an empty page that has a `nextLink`, as the service now and then does.
    pub empty_page_first: bool,
    /// Answers 429.
    pub throttle: Option<VaultThrottle>,
}

impl Vault {
    /// The part of the host that is its name.
    pub fn name(&self) -> &str {
        parts(&self.host).map_or(self.host.as_str(), |(name, _)| name)
    }

    /// The cloud it is in.
    pub fn instance(&self) -> Instance {
        parts(&self.host).map_or(Instance::Public, |(_, cloud)| cloud)
    }

    /// Where its challenge sends callers to sign in: `https://login.microsoftonline.com/<tenant>`.
    pub fn authority(&self) -> String {
        format!("https://{}/{}", self.instance().host(), self.tenant)
    }

    /// The secret of that name, without regard to letter case, deleted or not.
    pub fn secret(&self, name: &str) -> Option<&VaultSecret> {
        self.secrets
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// The same, to alter it.
    pub fn secret_mut(&mut self, name: &str) -> Option<&mut VaultSecret> {
        self.secrets
            .iter_mut()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// Adds a version, and the secret where it is missing.
    pub(crate) fn add_version(&mut self, name: &str, version: SecretVersion) {
        match self.secret_mut(name) {
            Some(secret) => secret.versions.push(version),
            None => self.secrets.push(VaultSecret {
                name: name.to_owned(),
                versions: vec![version],
                deleted: None,
                managed: false,
            }),
        }
    }
}

/// A secret: a name with versions.
#[derive(Debug, Clone)]
pub struct VaultSecret {
    /// As it was first written.
    pub name: String,
    /// Oldest first. The service itself lists them by id.
    pub versions: Vec<SecretVersion>,
    /// When it was deleted.
    pub deleted: Option<DateTime<Utc>>,
    /// Whether it belongs to a certificate: then it cannot be written.
    pub managed: bool,
}

impl VaultSecret {
    /// The newest version.
    pub fn current(&self) -> Option<&SecretVersion> {
        self.versions.last()
    }

    /// The version of that id, without regard to letter case.
    pub fn version(&self, id: &str) -> Option<&SecretVersion> {
        self.versions
            .iter()
            .find(|known| known.id.eq_ignore_ascii_case(id))
    }

    /// The same, to alter it.
    pub fn version_mut(&mut self, id: &str) -> Option<&mut SecretVersion> {
        self.versions
            .iter_mut()
            .find(|known| known.id.eq_ignore_ascii_case(id))
    }
}

/// A version of a secret.
#[derive(Debug, Clone)]
pub struct SecretVersion {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The secret itself.
    pub value: String,
    /// `contentType`, free text.
    pub content_type: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether its value can be read.
    pub enabled: bool,
    /// `nbf`; whole seconds. The service hands the value out all the same.
    pub not_before: Option<DateTime<Utc>>,
    /// `exp`; whole seconds. The service hands the value out all the same.
    pub expires: Option<DateTime<Utc>>,
    /// Written; whole seconds on the wire, so that two versions of one second cannot be told apart by it.
    pub created: DateTime<Utc>,
    /// Last changed; whole seconds on the wire.
    pub updated: DateTime<Utc>,
}

/// A version to put into the books.
#[derive(Debug, Clone)]
pub struct SecretSeed {
    name: String,
    value: String,
    content_type: Option<String>,
    tags: BTreeMap<String, String>,
    enabled: bool,
    expires: Option<DateTime<Utc>>,
}

impl SecretSeed {
    /// An enabled version without expiry, content type and tags.
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            content_type: None,
            tags: BTreeMap::new(),
            enabled: true,
            expires: None,
        }
    }

    /// With this content type.
    #[must_use]
    pub fn content_type(mut self, content_type: &str) -> Self {
        self.content_type = Some(content_type.to_owned());
        self
    }

    /// With one tag more.
    #[must_use]
    pub fn tag(mut self, name: &str, value: &str) -> Self {
        self.tags.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Ending then.
    #[must_use]
    pub fn expires(mut self, time: DateTime<Utc>) -> Self {
        self.expires = Some(time);
        self
    }

    /// Disabled.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }
}

impl Cloud {
    /// Adds a vault of the cloud's first tenant (a sovereign cloud's: of the first tenant added there), in which
    /// nobody has a right yet. `name` is that of a vault of the public cloud, or a whole host such as `acme.vault.azure.cn`.
    /// One of that name is kept.
    pub fn add_vault(&mut self, name: &str) {
        if self.vault(name).is_some() {
            return;
        }
        let host = host(name);
        let cloud = parts(&host).map_or(Instance::Public, |(_, cloud)| cloud);
        let mut tenants = self.entra.tenants.iter();
        let own = tenants.find(|known| cloud != Instance::Public && known.instance == cloud);
        let tenant = own.map_or_else(|| self.tenant.clone(), |own| own.id.clone());
        self.vaults.push(Vault {
            host,
            tenant,
            access: VaultAccess::default(),
            network: VaultNetwork::default(),
            grants: Vec::new(),
            secrets: Vec::new(),
            retention_days: 90,
            deletion_takes: TimeDelta::zero(),
            page_size: 25,
            empty_page_first: false,
            throttle: None,
        });
    }

    /// The vault of that name or host, without regard to letter case.
    pub fn vault(&self, name: &str) -> Option<&Vault> {
        let host = host(name);
        self.vaults.iter().find(|known| known.host == host)
    }

    /// The same, to alter it.
    pub fn vault_mut(&mut self, name: &str) -> Option<&mut Vault> {
        let host = host(name);
        self.vaults.iter_mut().find(|known| known.host == host)
    }

    /// Gives `caller` rights in a vault, which is added when missing. A caller is a user's id, an app's or a job's
    /// name as in [`super::BearerKind`], or the `appid` or `oid` of its tokens.
    pub fn grant(&mut self, vault: &str, caller: &str, rights: &[Right]) {
        self.add_vault(vault);
        if let Some(vault) = self.vault_mut(vault) {
            let granted = rights.iter().map(|right| (caller.to_owned(), *right));
            vault.grants.extend(granted);
        }
    }

    /// Writes a version past all rules into a vault, which is added when missing; returns the version's id.
    pub fn put_secret(&mut self, vault: &str, seed: SecretSeed) -> String {
        self.add_vault(vault);
        let (id, now) = (self.version_id(), self.now());
        self.remember(&seed.value);
        let version = SecretVersion {
            id: id.clone(),
            value: seed.value,
            content_type: seed.content_type,
            tags: seed.tags,
            enabled: seed.enabled,
            not_before: None,
            expires: seed.expires,
            created: now,
            updated: now,
        };
        if let Some(vault) = self.vault_mut(vault) {
            vault.add_version(&seed.name, version);
        }
        id
    }

    pub(crate) fn version_id(&mut self) -> String {
        self.mint.guid().replace('-', "")
    }
}

fn host(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.contains('.') {
        name
    } else {
        format!("{name}.vault.azure.net")
    }
}
