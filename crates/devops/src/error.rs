//! One name for each decision, and what is said of it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use patkeeper_core::advice::{self, PatTokenError};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::pat::AuthorizationId;
use patkeeper_http::{AZURE_DEVOPS, HttpError};

use crate::answer::About;
use crate::permission;

/// What could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// Listing the signed-in user's PATs.
    List,
    /// Reading one PAT.
    Get(AuthorizationId),
    /// Making one of this name.
    Create(String),
    /// Changing one.
    Update(AuthorizationId),
    /// Ending one.
    Revoke(AuthorizationId),
    /// Asking which account and user this is.
    Connection,
    /// Looking for PATs that have ended.
    ListEnded,
    /// Listing the organization's users.
    ListUsers,
    /// Listing the PATs of a user of this name, bounded.
    ListOf(String),
    /// Ending so many of anybody's PATs.
    RevokeMany(usize),
    /// Reading the audit log.
    Audit,
}

impl Doing {
    /// What the meaning of an answer depends on.
    pub(crate) fn about(&self) -> About {
        match self {
            Self::Get(_) | Self::Update(_) | Self::Revoke(_) => About::OnePat,
            Self::List | Self::ListEnded | Self::Create(_) | Self::Connection => About::Organization,
            Self::ListUsers => About::Users,
            Self::ListOf(_) => About::User,
            Self::RevokeMany(_) => About::AnyonesPats,
            Self::Audit => About::AuditLog,
        }
    }

    /// Whether an empty body is an answer.
    pub(crate) fn is_revoking(&self) -> bool {
        matches!(self, Self::Revoke(_) | Self::RevokeMany(_))
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("list PATs"),
            Self::Get(id) => write!(f, "read the PAT {id}"),
            Self::Create(name) => write!(f, "make the PAT '{name}'"),
            Self::Update(id) => write!(f, "change the PAT {id}"),
            Self::Revoke(id) => write!(f, "revoke the PAT {id}"),
            Self::Connection => f.write_str("tell which account and user this is"),
            Self::ListEnded => f.write_str("list PATs that have ended"),
            Self::ListUsers => f.write_str("list the users"),
            Self::ListOf(user) => write!(f, "list the PATs of {user}"),
            Self::RevokeMany(1) => f.write_str("revoke a PAT through token administration"),
            Self::RevokeMany(count) => write!(f, "revoke {count} PATs through token administration"),
            Self::Audit => f.write_str("read the audit log"),
        }
    }
}

/// The service's own words and ids, for support. Text of a stranger, bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Its message.
    pub message: Option<String>,
    /// `typeKey` of its error.
    pub type_key: Option<String>,
    /// The activity that its support can look up.
    pub activity: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The request was sent before and may have been carried out then.
    pub follows_a_lost_one: bool,
}

impl Words {
    /// As `"message" (typeKey, activity …)`; `None` when nothing was said.
    #[must_use]
    pub fn quoted(&self) -> Option<String> {
        let activity = self.activity.as_ref().map(|id| format!("activity {id}"));
        let status = self.status.map(|status| format!("HTTP {status}"));
        let ids: Vec<String> = [self.type_key.clone(), status, activity]
            .into_iter()
            .flatten()
            .collect();
        match (&self.message, ids.is_empty()) {
            (None, true) => None,
            (None, false) => Some(ids.join(", ")),
            (Some(message), true) => Some(format!("\"{message}\"")),
            (Some(message), false) => Some(format!("\"{message}\" ({})", ids.join(", "))),
        }
    }
}

/// Why the service did not do it. One variant for each decision that follows from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// There is no token to send.
    #[error("no token: {}", .0.what)]
    NoToken(Box<Failure>),
    /// Its sign-in page instead of an answer.
    #[error("the sign-in page came instead of an answer")]
    SignInPage,
    /// Some other page instead of an answer.
    #[error("a web page came instead of an answer")]
    ForeignPage,
    /// A service principal or managed identity, where only users are let in.
    #[error("only users are let in")]
    AppOnly,
    /// The token's time was over then.
    #[error("the token has run out")]
    TokenExpired(DateTime<Utc>),
    /// The token is for another service: this one. Text of a stranger.
    #[error("the token is for another service")]
    WrongAudience(String),
    /// The token is of another tenant than the organization.
    #[error("the token is of another tenant")]
    WrongTenant {
        /// The token's, a GUID.
        token: String,
        /// The organization's, a GUID.
        organization: String,
    },
    /// The organization is connected to no tenant, and takes no Entra token.
    #[error("the organization has no tenant")]
    NoTenant,
    /// The token lacks these scopes.
    #[error("the token lacks {}", .0.join(" and "))]
    MissingScopes(Vec<&'static str>),
    /// No sign-in arrived.
    #[error("no sign-in arrived")]
    Anonymous,
    /// TF400813: not a member, or not allowed.
    #[error("not authorized")]
    NotAuthorized,
    /// TF401444: the account has never signed in to the organization.
    #[error("the account has never signed in to the organization")]
    NeverSignedIn,
    /// VS403463: Conditional Access.
    #[error("a Conditional Access policy")]
    ConditionalAccess,
    /// 401 or 403 without a word that is known.
    #[error("refused without a known reason")]
    Refused,
    /// 429, TF400733.
    #[error("rate limit")]
    RateLimited,
    /// No such organization.
    #[error("no such organization")]
    OrganizationNotFound,
    /// No such PAT.
    #[error("no such PAT")]
    NotFound,
    /// Token administration does not know the user.
    #[error("no such user")]
    NoSuchUser,
    /// The organization has no audit log to read.
    #[error("auditing is off")]
    AuditingOff,
    /// `patTokenError` inside a 200.
    #[error("{0}")]
    Pat(PatTokenError),
    /// 400 and other statuses that blame the request.
    #[error("the request was not accepted")]
    BadRequest,
    /// 5xx and 408, after all tries.
    #[error("the service failed")]
    ServiceError,
    /// TF400898.
    #[error("the service failed inside")]
    InternalError,
    /// An answer that is not what it should be.
    #[error("the answer is not understood: {0}")]
    NotUnderstood(&'static str),
    /// A PAT was made without its secret being told.
    #[error("the new PAT {0} came without its secret")]
    NoSecret(AuthorizationId),
    /// The same place to go on from came twice, or pages without end.
    #[error("the list does not end")]
    EndlessList,
    /// A list that took longer than this over all its pages, waits that the service asked for included.
    #[error("the list took longer than {} s", .0.as_secs())]
    SlowList(Duration),
}

impl Reason {
    /// The row of the table of advice, where the reason has one of its own.
    fn code(&self) -> Option<&str> {
        Some(match self {
            Self::Http(_)
            | Self::NoToken(_)
            | Self::NoSecret(_)
            | Self::SlowList(_)
            | Self::NoSuchUser
            | Self::AuditingOff => return None,
            Self::SignInPage => "signInPage",
            Self::ForeignPage => "foreignPage",
            Self::AppOnly => "InvalidAccessException",
            Self::TokenExpired(_) => "tokenExpired",
            Self::WrongAudience(_) => "wrongAudience",
            Self::WrongTenant { .. } => "wrongTenant",
            Self::NoTenant => "noTenant",
            Self::MissingScopes(_) => "missingScopes",
            Self::Anonymous => "UnauthorizedRequestException",
            Self::NotAuthorized => "TF400813",
            Self::NeverSignedIn => "TF401444",
            Self::ConditionalAccess => "VS403463",
            Self::Refused => "notAuthorized",
            Self::RateLimited => "TF400733",
            Self::OrganizationNotFound => "organizationNotFound",
            Self::NotFound => "SessionTokenNotFoundException",
            Self::Pat(error) => error.code(),
            Self::BadRequest => "badRequest",
            Self::ServiceError => "serviceError",
            Self::InternalError => "TF400898",
            Self::NotUnderstood(_) => "notUnderstood",
            Self::EndlessList => "endlessList",
        })
    }
}

/// Something that Azure DevOps did not do, with all that can be said of it.
#[derive(Debug)]
pub struct DevOpsError {
    /// Why.
    pub reason: Reason,
    /// What it was asked for.
    pub doing: Doing,
    /// The organization's name.
    pub organization: String,
    /// Whose token it was, for messages.
    pub who: String,
    /// What the service said.
    pub words: Words,
}

impl DevOpsError {
    /// Whether the request may have been carried out though its answer does not say so: what was to be made
    /// must be looked for before it is made again.
    ///
    /// No doubt is left by a reason inside a 200, by 429, and by any other 4xx but 408. A sign-in page is no clear
    /// refusal: it may stand where the answer of the service stood.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match &self.reason {
            _ if self.words.follows_a_lost_one => true,
            Reason::Http(error) => !matches!(
                error,
                HttpError::NotBegun { .. }
                    | HttpError::Connect { .. }
                    | HttpError::Proxy { .. }
                    | HttpError::Certificate { .. }
                    | HttpError::Refused { .. }
            ),
            Reason::ServiceError | Reason::InternalError | Reason::NotUnderstood(_) | Reason::NoSecret(_) => {
                true
            }
            Reason::NoToken(_)
            | Reason::Pat(_)
            | Reason::RateLimited
            | Reason::EndlessList
            | Reason::SlowList(_) => false,
            _ => !matches!(self.words.status, Some(400..=407 | 409..=499)),
        }
    }

    /// The failure that people read.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let Self {
            reason,
            doing,
            organization,
            who,
            ..
        } = self;
        let refused = format!("Azure DevOps refused to {doing} in {organization} for {who}");
        let failed = format!("Azure DevOps failed to {doing} in {organization}");
        let failure = match reason {
            Reason::NoToken(failure) => return (**failure).clone(),
            Reason::Http(error) => {
                let mut failure = error.failure();
                failure.what = format!("Could not {doing} in {organization}: {error}");
                failure
            }
            Reason::NoSecret(id) => Failure::new(
                FailureKind::Service,
                format!("Azure DevOps made the PAT {id} in {organization} and did not tell its secret"),
            )
            .with_code("noSecret")
            .with_way_out(format!("revoke the PAT {id}")),
            Reason::SlowList(limit) => Failure::new(
                FailureKind::Service,
                format!(
                    "Azure DevOps took more than {} s to {doing} in {organization}",
                    limit.as_secs()
                ),
            )
            .with_code("slowList")
            .with_why(
                "it asked for long waits between the pages, as it does with an account that asks too much",
            )
            .with_way_out("run the step again later")
            .with_way_out("let fewer jobs use this account at the same time"),
            Reason::NoSuchUser => Failure::new(
                FailureKind::Service,
                format!(
                    "Token administration of {organization} does not know the user whose PATs were asked for"
                ),
            )
            .with_code("noSuchUser")
            .with_why("the user was removed, or was never in this organization"),
            Reason::AuditingOff => permission::auditing_off(organization),
            _ => match permission::missing(doing.about(), reason, &refused, who) {
                Some(failure) => failure,
                None => by_advice(reason, refused, failed),
            },
        };
        let failure = match reason {
            Reason::MissingScopes(missing) => {
                let why = failure.why.clone().unwrap_or_default();
                failure.with_why(format!("the token lacks {}: {why}", missing.join(" and ")))
            }
            Reason::TokenExpired(ended) => failure.with_why(format!(
                "the access token ran out on {}; one lasts about an hour, and a job may wait longer than that",
                ended.format("%Y-%m-%d at %H:%M UTC")
            )),
            Reason::WrongAudience(audience) => failure.with_why(format!(
                "the token was issued for '{audience}', not for Azure DevOps ({AZURE_DEVOPS})"
            )),
            Reason::WrongTenant {
                token,
                organization: connected,
            } => failure.with_why(format!(
                "the token was issued in the Entra tenant {token}, and {organization} is connected to the tenant \
                 {connected}"
            )),
            Reason::NotUnderstood(why) => failure.with_why(format!(
                "{why}. What the documentation does not say is not guessed at"
            )),
            Reason::Pat(error) => failure.with_code(error.code()),
            _ => failure,
        };
        match self.words.quoted() {
            Some(words) => failure.with_service_words(words),
            None => failure,
        }
    }
}

/// What the table of advice says of a reason.
fn by_advice(reason: &Reason, refused: String, failed: String) -> Failure {
    let row = reason.code().and_then(advice::find);
    let kind = row.map_or(FailureKind::Refused, |row| row.kind);
    let what = if kind == FailureKind::Refused {
        refused
    } else {
        failed
    };
    match row {
        Some(row) => row.failure(what),
        None => Failure::new(kind, what)
            .with_why("the service gives a reason that is newer than this version of Patkeeper")
            .with_way_out("read the service's words below"),
    }
}

impl fmt::Display for DevOpsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "could not {} in {}: {}",
            self.doing, self.organization, self.reason
        )
    }
}

impl std::error::Error for DevOpsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.reason)
    }
}

impl From<DevOpsError> for Failure {
    fn from(error: DevOpsError) -> Self {
        error.failure()
    }
}

#[cfg(test)]
mod tests;
