//! Users of organizations, of every kind that Graph lists.

use crate::cloud::Cloud;

/// What kind of identity a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserKind {
    /// A member of the organization's Entra tenant (`aad.`).
    #[default]
    Member,
    /// A guest of the tenant (`aad.`).
    Guest,
    /// A Microsoft account (`msa.`).
    MicrosoftAccount,
    /// A project's build service (`svc.`, domain `Build`). It cannot own PATs.
    BuildService,
    /// An identity of the service itself (`svc.`, domain `LOCAL AUTHORITY`). It cannot own PATs.
    ServiceIdentity,
}

impl UserKind {
    /// What stands before the dot of a descriptor, and what Graph's `subjectTypes` selects by.
    pub fn subject_type(self) -> &'static str {
        match self {
            Self::Member | Self::Guest => "aad",
            Self::MicrosoftAccount => "msa",
            Self::BuildService | Self::ServiceIdentity => "svc",
        }
    }

    /// Whether such an identity can own PATs.
    pub fn can_own_pats(self) -> bool {
        !matches!(self, Self::BuildService | Self::ServiceIdentity)
    }
}

/// Why token administration does not list a user's PATs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// 403 with an exception.
    Forbidden,
    /// 500 with an exception.
    Failing,
    /// 404: the user is in Graph, and token administration has never heard of them.
    Unknown,
    /// 200 `application/json` with a text that is none, and with commands for a build agent in it.
    Hostile,
}

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// GUID: the storage key, and the id that connection data tells.
    pub id: String,
    /// Subject descriptor, for example `aad.…`.
    pub descriptor: String,
    /// User principal name.
    pub upn: String,
    /// Display name.
    pub display_name: String,
    /// The Entra tenant's GUID.
    pub tenant: String,
    /// Names of the organizations that the user may enter.
    pub organizations: Vec<String>,
    /// What kind of identity.
    pub kind: UserKind,
    /// Mail address, where Graph tells one.
    pub mail: Option<String>,
    /// Whether the directory has deleted the user (`isDeletedInOrigin`).
    pub deleted_in_origin: bool,
    /// Whether and why their PATs cannot be listed by an administrator.
    pub unreadable: Option<Unreadable>,
}

impl User {
    /// Whether the user may enter the organization.
    pub(crate) fn is_in(&self, organization: &str) -> bool {
        self.organizations
            .iter()
            .any(|name| name.eq_ignore_ascii_case(organization))
    }
}

/// A user to add.
#[derive(Debug, Clone)]
pub struct UserSeed {
    organization: String,
    upn: String,
    display_name: String,
    kind: UserKind,
    mail: Option<String>,
    deleted_in_origin: bool,
    unreadable: Option<Unreadable>,
    administrator: bool,
}

impl UserSeed {
    /// A member of the tenant whose mail address is the UPN.
    pub fn new(organization: &str, upn: &str, display_name: &str) -> Self {
        Self {
            organization: organization.to_owned(),
            upn: upn.to_owned(),
            display_name: display_name.to_owned(),
            kind: UserKind::Member,
            mail: upn.contains('@').then(|| upn.to_owned()),
            deleted_in_origin: false,
            unreadable: None,
            administrator: false,
        }
    }

    /// Of this kind.
    #[must_use]
    pub fn kind(mut self, kind: UserKind) -> Self {
        self.kind = kind;
        self
    }

    /// Graph knows no mail address.
    #[must_use]
    pub fn without_mail(mut self) -> Self {
        self.mail = None;
        self
    }

    /// Deleted in the directory, and still in the organization.
    #[must_use]
    pub fn deleted_in_origin(mut self) -> Self {
        self.deleted_in_origin = true;
        self
    }

    /// An administrator cannot list their PATs.
    #[must_use]
    pub fn unreadable(mut self, why: Unreadable) -> Self {
        self.unreadable = Some(why);
        self
    }

    /// A Project Collection Administrator.
    #[must_use]
    pub fn administrator(mut self) -> Self {
        self.administrator = true;
        self
    }
}

impl Cloud {
    /// Adds a user to an organization, which is added when missing; returns the user's id.
    pub fn add_user(&mut self, organization: &str, upn: &str, display_name: &str) -> String {
        self.enroll(UserSeed::new(organization, upn, display_name))
    }

    /// Adds a user of any kind; the organization is added when missing. Returns the user's id.
    pub fn enroll(&mut self, seed: UserSeed) -> String {
        self.add_organization(&seed.organization);
        let tenant = self
            .organization(&seed.organization)
            .map_or_else(|| self.tenant.clone(), |known| known.tenant.clone());
        let id = self.mint.guid();
        let descriptor = format!(
            "{}.{}",
            seed.kind.subject_type(),
            self.mint.guid().replace('-', "")
        );
        if seed.administrator {
            self.make_administrator(&seed.organization, &id);
        }
        self.users.push(User {
            id: id.clone(),
            descriptor,
            upn: seed.upn,
            display_name: seed.display_name,
            tenant,
            organizations: vec![seed.organization],
            kind: seed.kind,
            mail: seed.mail,
            deleted_in_origin: seed.deleted_in_origin,
            unreadable: seed.unreadable,
        });
        id
    }

    /// Lets a user into one more organization, which is added when missing.
    pub fn join(&mut self, user: &str, organization: &str) {
        self.add_organization(organization);
        if let Some(known) = self.user_mut(user) {
            known.organizations.push(organization.to_owned());
        }
    }

    /// The user of that id. Those of a [`Crowd`](super::Crowd) are in no book.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The same, to alter them.
    pub fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Makes a user a Project Collection Administrator; with that comes the audit log.
    pub fn make_administrator(&mut self, organization: &str, user: &str) {
        self.add_organization(organization);
        if let Some(known) = self.organization_mut(organization) {
            known.administrators.push(user.to_owned());
        }
    }

    /// Gives a user the permission "View audit log".
    pub fn let_read_audit(&mut self, organization: &str, user: &str) {
        self.add_organization(organization);
        if let Some(known) = self.organization_mut(organization) {
            known.audit_readers.push(user.to_owned());
        }
    }

    /// Issues a user's token that may do all that the user may (`user_impersonation`, as first-party clients such as
    /// the Azure CLI have it), for one hour.
    pub fn full_token(&mut self, user: &str) -> String {
        self.token(super::TokenSpec::user(user).scopes("user_impersonation"))
    }
}
