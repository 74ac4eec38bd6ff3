//! Who asks, and whether they may.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Call;
use crate::cloud::{AppTokens, Bearer, BearerKind, Cloud, Pat, SignIn, User, is_devops_audience, scope};
use crate::refusal::Refusal;
use crate::request::Request;

/// What the `Authorization` header says.
enum Caller<'a> {
    /// No credential.
    Anonymous,
    /// One that was never issued, or is malformed.
    Unknown,
    Bearer(&'a Bearer),
    /// A PAT over Basic: its authorization id.
    Pat(String),
}

fn caller<'a>(cloud: &'a Cloud, request: &Request) -> Caller<'a> {
    let Some(header) = request.header("authorization") else {
        return Caller::Anonymous;
    };
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => cloud
            .bearers
            .get(token.trim())
            .map_or(Caller::Unknown, Caller::Bearer),
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => basic(cloud, pair.trim()),
        _ => Caller::Unknown,
    }
}

fn basic<'a>(cloud: &'a Cloud, pair: &str) -> Caller<'a> {
    let decoded = STANDARD
        .decode(pair)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    let password = decoded.split_once(':').map_or("", |(_, password)| password);
    let known = cloud
        .pats
        .iter()
        .find(|pat| pat.secret.as_deref() == Some(password));
    known.map_or(Caller::Unknown, |pat| Caller::Pat(pat.authorization_id.clone()))
}

/// The caller for the log.
pub(crate) fn identity(cloud: &Cloud, request: &Request) -> String {
    match caller(cloud, request) {
        Caller::Anonymous => "anonymous".to_owned(),
        Caller::Unknown => "unknown".to_owned(),
        Caller::Pat(id) => format!("pat:{id}"),
        Caller::Bearer(bearer) => match &bearer.kind {
            BearerKind::User(id) => format!("user:{}", cloud.user(id).map_or(id.as_str(), |user| &user.upn)),
            BearerKind::App(name) => format!("app:{name}"),
            BearerKind::Job(name) => format!("job:{name}"),
        },
    }
}

fn sign_in(cloud: &Cloud) -> Refusal {
    match cloud.manners.sign_in {
        SignIn::Page => Refusal::SignInPage,
        SignIn::Redirect => Refusal::SignInRedirect,
        SignIn::Anonymous => Refusal::Anonymous,
    }
}

fn is_live(cloud: &Cloud, call: &Call<'_>, bearer: &Bearer) -> bool {
    bearer.expires > cloud.now()
        && is_devops_audience(&bearer.audience)
        && bearer.tenant.eq_ignore_ascii_case(&call.organization.tenant)
}

fn is_member(cloud: &Cloud, call: &Call<'_>, user: &str) -> bool {
    cloud
        .user(user)
        .is_some_and(|user| user.is_in(&call.organization.name))
}

/// Refuses an app of the books whose service principal was not added to the organization. Tokens of apps that
/// are in no book pass.
fn app_member(cloud: &Cloud, call: &Call<'_>, bearer: &Bearer) -> Result<(), Refusal> {
    let app = bearer
        .client_id
        .as_deref()
        .and_then(|client_id| cloud.app(client_id));
    match app {
        Some(app) if !app.is_in(&call.organization.name) => Err(not_in_organization(bearer, &app.object_id)),
        _ => Ok(()),
    }
}

fn not_in_organization(bearer: &Bearer, who: &str) -> Refusal {
    Refusal::NotInOrganization(format!("{0}\\{0}\\{who}", bearer.tenant))
}

/// The user behind a request to the PAT API; everybody else is refused, as by the service: it wants a user's
/// own Entra token with both `vso.pats` and `vso.pats_manage` (or a first-party client's `user_impersonation`).
pub(super) fn pat_owner(cloud: &Cloud, call: &Call<'_>) -> Result<String, Refusal> {
    let bearer = match caller(cloud, call.request) {
        Caller::Anonymous | Caller::Unknown => return Err(sign_in(cloud)),
        Caller::Pat(_) => return Err(Refusal::WrongTokenType),
        Caller::Bearer(bearer) => bearer,
    };
    if !is_live(cloud, call, bearer) {
        return Err(Refusal::BearerRefused);
    }
    match &bearer.kind {
        BearerKind::Job(_) => Err(Refusal::WrongTokenType),
        BearerKind::App(name) => {
            app_member(cloud, call, bearer)?;
            match cloud.manners.app_tokens {
                AppTokens::Refused => Err(Refusal::ServicePrincipal),
                AppTokens::Redirected => Err(Refusal::SignInRedirect),
                AppTokens::NotInOrganization => Err(not_in_organization(bearer, name)),
                AppTokens::Allowed => Ok(bearer.object_id.clone()),
            }
        }
        BearerKind::User(id) => {
            let has = |wanted: &str| bearer.scopes.split(' ').any(|scope| scope == wanted);
            let scoped = has("user_impersonation") || (has("vso.pats") && has("vso.pats_manage"));
            if scoped && is_member(cloud, call, id) {
                Ok(id.clone())
            } else {
                Err(Refusal::BearerRefused)
            }
        }
    }
}

/// The job's own token behind a request: its text.
pub(super) fn job_token(cloud: &Cloud, call: &Call<'_>) -> Result<String, Refusal> {
    match caller(cloud, call.request) {
        Caller::Anonymous | Caller::Unknown => Err(sign_in(cloud)),
        Caller::Pat(_) => Err(Refusal::PatRefused),
        Caller::Bearer(bearer)
            if matches!(bearer.kind, BearerKind::Job(_)) && is_live(cloud, call, bearer) =>
        {
            Ok(bearer.text.clone())
        }
        Caller::Bearer(_) => Err(Refusal::BearerRefused),
    }
}

/// Who reads a resource other than PATs.
pub(super) enum Reader {
    /// A user, by bearer token or by their PAT.
    User(String),
    /// A service principal or the job's identity.
    Service {
        /// Display name.
        name: String,
        /// Its id, the same in every token.
        id: String,
    },
    /// Nobody, where that is allowed.
    Public,
}

impl Reader {
    fn service(name: &str, bearer: &Bearer) -> Self {
        Self::Service {
            name: name.to_owned(),
            id: bearer.object_id.clone(),
        }
    }
}

/// The reader of a resource that needs `needed`; `None`: any credential that is good for the organization.
pub(super) fn reader(cloud: &mut Cloud, call: &Call<'_>, needed: Option<&str>) -> Result<Reader, Refusal> {
    let bearer = match caller(cloud, call.request) {
        Caller::Anonymous | Caller::Unknown => return Err(sign_in(cloud)),
        Caller::Pat(id) => return pat_reader(cloud, call, &id, needed),
        Caller::Bearer(bearer) => bearer,
    };
    if !is_live(cloud, call, bearer) {
        return Err(Refusal::BearerRefused);
    }
    match &bearer.kind {
        // What an identity of its own may do is set by permissions in the organization, not by scopes.
        BearerKind::App(name) => {
            app_member(cloud, call, bearer)?;
            Ok(Reader::service(name, bearer))
        }
        BearerKind::Job(name) => Ok(Reader::service(name, bearer)),
        BearerKind::User(id) => {
            let scoped = needed.is_none_or(|needed| scope::allows(&bearer.scopes, needed));
            if scoped && is_member(cloud, call, id) {
                Ok(Reader::User(id.clone()))
            } else {
                Err(Refusal::BearerRefused)
            }
        }
    }
}

/// The same for what everybody may read where projects are public.
pub(super) fn visitor(cloud: &mut Cloud, call: &Call<'_>, needed: Option<&str>) -> Result<Reader, Refusal> {
    match reader(cloud, call, needed) {
        Err(Refusal::SignInPage | Refusal::SignInRedirect | Refusal::Anonymous | Refusal::PatRefused)
            if call.organization.public =>
        {
            Ok(Reader::Public)
        }
        other => other,
    }
}

/// The person behind a request above all organizations. A PAT that is for some of them is no good there.
pub(super) fn person(cloud: &Cloud, request: &Request, needed: &str) -> Result<User, Refusal> {
    let now = cloud.now();
    match caller(cloud, request) {
        Caller::Anonymous | Caller::Unknown => Err(sign_in(cloud)),
        Caller::Pat(id) => {
            let good = |pat: &&Pat| {
                pat.works(now) && pat.target_accounts.is_none() && scope::allows(&pat.scope, needed)
            };
            let owner = cloud.pat(&id).filter(good).and_then(|pat| cloud.user(&pat.owner));
            owner.cloned().ok_or(Refusal::PatRefused)
        }
        Caller::Bearer(bearer) => {
            let live = bearer.expires > now && is_devops_audience(&bearer.audience);
            let user = match &bearer.kind {
                BearerKind::User(id) if live && scope::allows(&bearer.scopes, needed) => cloud.user(id),
                BearerKind::User(_) | BearerKind::App(_) | BearerKind::Job(_) => None,
            };
            user.cloned().ok_or(Refusal::BearerRefused)
        }
    }
}

/// `X-VSS-UserData`: who asks, as every answer says it to whom the service knows; of a name what a header can carry.
pub(super) fn user_data(cloud: &Cloud, call: &Call<'_>) -> Option<String> {
    let data = who(cloud, call)?;
    Some(data.chars().filter(|c| !c.is_control()).collect())
}

fn who(cloud: &Cloud, call: &Call<'_>) -> Option<String> {
    let user = match caller(cloud, call.request) {
        Caller::Anonymous | Caller::Unknown => return None,
        Caller::Pat(id) => {
            let works = |pat: &&Pat| pat.works(cloud.now()) && pat.is_for(&call.organization.account_id);
            cloud.pat(&id).filter(works)?.owner.clone()
        }
        Caller::Bearer(bearer) if !is_live(cloud, call, bearer) => return None,
        Caller::Bearer(bearer) => match &bearer.kind {
            BearerKind::User(id) => id.clone(),
            BearerKind::App(name) | BearerKind::Job(name) => {
                return Some(format!("{}:{name}", bearer.object_id));
            }
        },
    };
    Some(format!("{user}:{}", cloud.user(&user)?.upn))
}

/// All ways in which a PAT may be no good look alike.
fn pat_reader(cloud: &mut Cloud, call: &Call<'_>, id: &str, needed: Option<&str>) -> Result<Reader, Refusal> {
    let now = cloud.now();
    let pat = cloud.pat_mut(id).ok_or(Refusal::PatRefused)?;
    if pat.refusals_left > 0 {
        pat.refusals_left -= 1;
        return Err(Refusal::PatRefused);
    }
    let good = pat.works(now)
        && pat.is_for(&call.organization.account_id)
        && needed.is_none_or(|needed| scope::allows(&pat.scope, needed));
    let owner = pat.owner.clone();
    if good && is_member(cloud, call, &owner) {
        Ok(Reader::User(owner))
    } else {
        Err(Refusal::PatRefused)
    }
}
