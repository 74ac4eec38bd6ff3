//! Switches for what the real service's documentation leaves open, and the policies it documents.

use chrono::TimeDelta;

use super::meter::RateLimit;
use crate::refusal::Refusal;

/// How a list says that nothing follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListEnd {
    /// `"continuationToken": ""`, as in the published example.
    #[default]
    Empty,
    /// `null`.
    Null,
    /// No such property.
    Absent,
}

/// What an absent, malformed or unknown credential gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignIn {
    /// 203 and the HTML sign-in page.
    #[default]
    Page,
    /// 302 to the sign-in page.
    Redirect,
    /// 401 and JSON.
    Anonymous,
}

/// What the PAT API tells an app-only token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppTokens {
    /// 403 `InvalidAccessException`.
    #[default]
    Refused,
    /// 302 to the sign-in page (a report of 2023).
    Redirected,
    /// `TF401444`: the identity was never added to the organization.
    NotInOrganization,
    /// Let in, with PATs of their own: the service does not do this today.
    Allowed,
}

/// What connection data says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ConnectionData {
    /// Answered to everyone who is signed in.
    #[default]
    Answered,
    /// Refused.
    Refused(Refusal),
}

/// What an authorization id that is not in the books gets on GET and PUT (DELETE always gets the exception).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownId {
    /// 200 with a `patTokenError`.
    #[default]
    InBand,
    /// 404 `SessionTokenNotFoundException`.
    NotFound,
}

/// What app identities may do as administrators: whether the real service lets them is not established.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppAccess {
    /// Refused as a service principal.
    #[default]
    Refused,
    /// As the permissions of their own say: those in [`Organization::administrators`](super::Organization) and
    /// `audit_readers`, by object id.
    Permitted,
}

/// What a list of ids to revoke gets that has one in it which is not in the organization's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownRevocation {
    /// 404 `SessionTokenNotFoundException`, and nothing of the list is revoked.
    #[default]
    Refused,
    /// 204, and the others are revoked.
    Ignored,
}

/// What the audit log says while auditing is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuditOff {
    /// 200 without entries, as if nothing had ever happened.
    #[default]
    Empty,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
}

/// When a fresh PAT begins to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activation {
    /// At once.
    #[default]
    Immediate,
    /// After this time on the cloud's clock.
    After(TimeDelta),
    /// After this many refused uses.
    AfterUses(u32),
}

/// The rate-limit headers put on every answer of Azure DevOps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateHeaders {
    /// `X-RateLimit-Resource`.
    pub resource: String,
    /// `X-RateLimit-Delay`: seconds with milliseconds, for example `2.500`.
    pub delay: String,
    /// `X-RateLimit-Limit`.
    pub limit: u32,
    /// `X-RateLimit-Remaining`.
    pub remaining: u32,
    /// `X-RateLimit-Reset`, Unix seconds.
    pub reset: i64,
}

/// How the service behaves where its documentation is silent.
#[derive(Debug, Clone, PartialEq)]
pub struct Manners {
    /// End of a list.
    pub list_end: ListEnd,
    /// PATs a page when `$top` is not sent.
    pub page_default: usize,
    /// PATs a page at most, whatever `$top` says; the documented limit is 100.
    pub page_cap: usize,
    /// Whether a list shows PATs of the tenant's other organizations.
    pub list_foreign: bool,
    /// 204, or 200 as the OpenAPI file declares.
    pub revoke_status: u16,
    /// Answer to an absent, malformed or unknown credential.
    pub sign_in: SignIn,
    /// Answer to an app-only token.
    pub app_tokens: AppTokens,
    /// Connection data.
    pub connection_data: ConnectionData,
    /// GET and PUT of an unknown authorization id.
    pub unknown_id: UnknownId,
    /// When a fresh PAT begins to work.
    pub activation: Activation,
    /// What app identities may do in token administration.
    pub apps_administer: AppAccess,
    /// Whether app identities may read the audit log.
    pub apps_audit: AppAccess,
    /// Session tokens a page when `pageSize` is not sent.
    pub session_page_default: usize,
    /// Session tokens a page at most, whatever `pageSize` says.
    pub session_page_cap: usize,
    /// Whether an administrator's list shows a user's PATs of the tenant's other organizations.
    pub sessions_foreign: bool,
    /// Ids of unknown or other organizations' PATs among those to revoke.
    pub unknown_revocation: UnknownRevocation,
    /// Ids that one request may revoke; more of them get 400.
    pub revocation_cap: usize,
    /// How long an administrator's revocation takes to act; the documentation says up to an hour.
    pub revocation_lag: TimeDelta,
    /// Identities that a page of Graph is cut from, before `subjectTypes` selects.
    pub graph_page: usize,
    /// Graph's first page and every so many after it are empty; 0: none is.
    pub graph_empty_every: usize,
    /// The audit log while auditing is off.
    pub audit_off: AuditOff,
    /// Whether the audit log's answer stands inside `"value"`, as in the published example, or at top level.
    pub audit_wrapped: bool,
    /// Every so many entries of the audit log have an escape that JSON does not know; 0: none has.
    pub audit_bad_escapes: usize,
    /// Limits each caller of Azure DevOps.
    pub rate_limit: Option<RateLimit>,
    /// Rate-limit headers on every answer.
    pub rate_headers: Option<RateHeaders>,
    /// `Retry-After` in seconds on every successful answer.
    pub retry_after_on_success: Option<u32>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            list_end: ListEnd::default(),
            page_default: 20,
            page_cap: 100,
            list_foreign: true,
            revoke_status: 204,
            sign_in: SignIn::default(),
            app_tokens: AppTokens::default(),
            connection_data: ConnectionData::default(),
            unknown_id: UnknownId::default(),
            activation: Activation::default(),
            apps_administer: AppAccess::default(),
            apps_audit: AppAccess::default(),
            session_page_default: 20,
            session_page_cap: 100,
            sessions_foreign: true,
            unknown_revocation: UnknownRevocation::default(),
            revocation_cap: 1000,
            revocation_lag: TimeDelta::zero(),
            graph_page: 500,
            graph_empty_every: 3,
            audit_off: AuditOff::default(),
            audit_wrapped: false,
            audit_bad_escapes: 25,
            rate_limit: None,
            rate_headers: None,
            retry_after_on_success: None,
        }
    }
}

/// What happens to a lifetime over the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverLifespan {
    /// Shortened without a word.
    #[default]
    Clamp,
    /// `patLifespanPolicyViolation`, as until March 2024.
    Refuse,
}

/// Whether PATs may be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Creation {
    /// Yes.
    #[default]
    Allowed,
    /// No: `disablePatCreationPolicyViolation`.
    Disabled,
    /// No: `accessDenied`.
    AccessDenied,
}

/// The policies that act on an organization, the tenant's included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies {
    /// Maximum lifetime in days.
    pub max_lifespan_days: Option<u32>,
    /// What happens above it.
    pub over_lifespan: OverLifespan,
    /// Refuses `allOrgs` with `globalPatPolicyViolation`.
    pub restrict_global: bool,
    /// Refuses `allOrgs` at creation with `globalPATCreationBlocked`.
    pub block_global_creation: bool,
    /// Refuses `app_token` with `fullScopePatPolicyViolation`.
    pub restrict_full_scope: bool,
    /// Creation.
    pub creation: Creation,
}
