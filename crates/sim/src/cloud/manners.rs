//! Switches for what the real service's documentation leaves open, and the policies it documents.

use chrono::TimeDelta;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
