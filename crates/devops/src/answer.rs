//! Telling an answer from a sign-in page, a refusal or trouble, before its JSON is believed.

use patkeeper_core::advice::{self, Advice};
use patkeeper_core::purpose::Purpose;
use patkeeper_core::reading::IdentityKind;
use patkeeper_http::{Echo, Response, TokenFacts, words};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::error::{Reason, Words};
use crate::tenant;

/// How much of a page is looked at, in bytes.
const LONGEST_LOOK: usize = 64 * 1024;

/// What was asked, as far as the meaning of an answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The organization as a whole.
    Organization,
    /// One PAT: a 404 may mean that it is gone.
    OnePat,
    /// The organization's users.
    Users,
    /// One user's PATs: a 404 may mean that the user is gone.
    User,
    /// Anybody's PATs.
    AnyonesPats,
    /// The audit log, which may be switched off.
    AuditLog,
}

impl About {
    /// What for a sign-in must be good.
    pub(crate) fn purpose(self) -> Purpose {
        match self {
            Self::Organization | Self::OnePat => Purpose::Rotate,
            Self::Users | Self::User | Self::AnyonesPats => Purpose::Organization,
            Self::AuditLog => Purpose::Audit,
        }
    }
}

/// Why an answer is none; `None`: it is a 2xx that may be decoded. Its words come without the token sent.
pub(crate) fn fault(
    answer: &Response,
    about: About,
    facts: &TokenFacts,
    token: &SecretString,
) -> Option<(Reason, Words)> {
    let said = Said::of(answer);
    let page = is_page(answer);
    if matches!(answer.status, 200..=202 | 204..=299) && !page && !said.is_error() {
        return None;
    }
    let words = said.words(&echo(token));
    let by_words = || reason(&words, answer, about, facts);
    let reason = match answer.status {
        // 203 is how Azure DevOps shows its sign-in page; nothing that we ask for is ever answered with it.
        203 | 300..=399 => unknown_token(answer, about, facts),
        200..=299 if page && is_sign_in(answer) => unknown_token(answer, about, facts),
        200..=299 if page => Reason::ForeignPage,
        200..=299 => by_words().unwrap_or(Reason::NotUnderstood("it is an error, sent as a success")),
        429 => Reason::RateLimited,
        400..=404 if about == About::AuditLog && is_auditing_off(&words) => Reason::AuditingOff,
        401 | 403 => by_words().unwrap_or_else(|| refused(answer, about, facts)),
        404 => by_words().unwrap_or_else(|| not_found(answer, about, &words)),
        408 | 500.. => by_words().unwrap_or(Reason::ServiceError),
        _ => by_words().unwrap_or(Reason::BadRequest),
    };
    Some((reason, words))
}

/// What an answer says of itself, for support.
pub(crate) fn words(answer: &Response, echo: &Echo) -> Words {
    Said::of(answer).words(echo)
}

/// What takes the token out of words. Making it costs more than an answer that nobody quotes.
pub(crate) fn echo(token: &SecretString) -> Echo {
    Echo::of([token.expose_secret()])
}

/// An answer, looked at for words.
struct Said<'a> {
    answer: &'a Response,
    body: Option<Value>,
}

impl<'a> Said<'a> {
    fn of(answer: &'a Response) -> Self {
        // Error bodies come with and without a content type, so what parses counts.
        let body = if is_page(answer) {
            None
        } else {
            serde_json::from_slice(answer.body()).ok()
        };
        Self { answer, body }
    }

    fn text(&self, name: &str) -> Option<&str> {
        let value = self.body.as_ref()?.get(name)?.as_str()?.trim();
        (!value.is_empty()).then_some(value)
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let value = self.answer.header(name).map(str::trim);
        value.filter(|value| !value.is_empty())
    }

    /// Whether the body is an error object.
    fn is_error(&self) -> bool {
        let has = |name| self.body.as_ref().is_some_and(|body| body.get(name).is_some());
        self.text("typeKey").is_some() || (self.text("message").is_some() && has("errorCode"))
    }

    fn words(&self, echo: &Echo) -> Words {
        let header = || self.header("x-tfs-serviceerror").map(unescape);
        let message = self.text("message").map(str::to_owned).or_else(header);
        let mut ids = words::ids(|name| self.answer.header(name), echo).into_iter();
        Words {
            message: message.map(|text| words::message(&text, echo)),
            type_key: self.text("typeKey").map(|text| words::id(text, echo)),
            activity: ids.find_map(|(called, id)| (called == words::ACTIVITY).then_some(id)),
            status: (self.answer.status != 200).then_some(self.answer.status),
            follows_a_lost_one: self.answer.follows_a_lost_one,
        }
    }
}

/// The reason that the words themselves give, as the table of advice knows them.
fn reason(words: &Words, answer: &Response, about: About, facts: &TokenFacts) -> Option<Reason> {
    let by_message = words.message.as_deref().and_then(advice::recognize);
    let by_type = words.type_key.as_deref().and_then(advice::find);
    by_message
        .and_then(|row| named(row, answer, about, facts))
        .or_else(|| named(by_type?, answer, about, facts))
}

/// The reason of a row of the table, where an answer as a whole can have it.
fn named(row: &Advice, answer: &Response, about: About, facts: &TokenFacts) -> Option<Reason> {
    Some(match row.code() {
        // Only the lifecycle API is known to be closed to apps; elsewhere a user may be told the same.
        "InvalidAccessException" if about.purpose() == Purpose::Rotate => Reason::AppOnly,
        "InvalidAccessException" | "TF400813" => {
            blame_token(answer, about, facts).unwrap_or(Reason::NotAuthorized)
        }
        "UnauthorizedRequestException" => blame_token(answer, about, facts).unwrap_or(Reason::Anonymous),
        "TF401444" => Reason::NeverSignedIn,
        "VS403463" => Reason::ConditionalAccess,
        "TF400733" => Reason::RateLimited,
        "TF400898" => Reason::InternalError,
        "SessionTokenNotFoundException" => Reason::NotFound,
        _ => return None,
    })
}

/// A refusal without words.
fn refused(answer: &Response, about: About, facts: &TokenFacts) -> Reason {
    blame_token(answer, about, facts).unwrap_or(Reason::Refused)
}

/// The sign-in page: for a token that is not known at all, for a client-credentials token (reported in 2023), and
/// perhaps for one whose time is over. Which it is, the token tells better than the page.
fn unknown_token(answer: &Response, about: About, facts: &TokenFacts) -> Reason {
    match blame_token(answer, about, facts) {
        Some(
            reason @ (Reason::TokenExpired(_)
            | Reason::AppOnly
            | Reason::WrongAudience(_)
            | Reason::WrongTenant { .. }
            | Reason::NoTenant),
        ) => reason,
        _ => Reason::SignInPage,
    }
}

/// What the refused token itself gives as a likely cause. It is looked at after a refusal only.
fn blame_token(answer: &Response, about: About, facts: &TokenFacts) -> Option<Reason> {
    // By the clock of who refused it, so no allowance for clocks that differ.
    if let (Some(date), Some(ended)) = (answer.date(), facts.expires)
        && ended < date
    {
        return Some(Reason::TokenExpired(ended));
    }
    if let (Some(false), Some(audience)) = (facts.is_for_azure_devops(), &facts.audience) {
        return Some(Reason::WrongAudience(audience.clone()));
    }
    let other_tenant = || tenant::named_in(answer).and_then(|tenant| tenant::blame(tenant, facts));
    if facts.kind == Some(IdentityKind::App) {
        // That the lifecycle API is closed to apps comes first: no tenant changes it.
        let closed = about.purpose() == Purpose::Rotate;
        return Some(if closed { None } else { other_tenant() }.unwrap_or(Reason::AppOnly));
    }
    if let Some(reason) = other_tenant() {
        return Some(reason);
    }
    let missing = facts.missing_scopes(about.purpose());
    (!missing.is_empty()).then_some(Reason::MissingScopes(missing))
}

/// A 404 with a page, or for what every organization has, is about the organization.
fn not_found(answer: &Response, about: About, words: &Words) -> Reason {
    match about {
        About::OnePat if !is_page(answer) => Reason::NotFound,
        About::User if names_the_user(words) => Reason::NoSuchUser,
        _ => Reason::OrganizationNotFound,
    }
}

/// Whether a 404 speaks of the user that was asked for, not of the address that was asked.
fn names_the_user(words: &Words) -> bool {
    let speaks = |text: &str, of: &[&str]| {
        let text = text.to_ascii_lowercase();
        of.iter().any(|word| text.contains(word))
    };
    let of_user = ["identity", "identities", "subject", "descriptor", "user"];
    let of_address = ["resource", "controller", "route", "page", "url", "http"];
    let is_about = |text: &str| speaks(text, &of_user) && !speaks(text, &of_address);
    let by_type = words.type_key.as_deref().is_some_and(is_about);
    // What is quoted there may be a name, or the path.
    let message = words.message.as_deref().map(without_quotations);
    by_type || message.as_deref().is_some_and(is_about)
}

/// A text without what stands in quotation marks.
fn without_quotations(text: &str) -> String {
    text.split(['"', '\'']).step_by(2).collect::<Vec<_>>().join(" ")
}

/// Whether a refusal says that auditing is switched off. How the service says so is not documented.
fn is_auditing_off(words: &Words) -> bool {
    let said = [&words.message, &words.type_key].map(|text| text.as_deref().unwrap_or_default());
    let said = said.join(" ").to_ascii_lowercase();
    let off = [
        "not enabled",
        "notenabled",
        "disabled",
        "turned off",
        "switched off",
        "not turned on",
        "not available",
        "notavailable",
        "is off",
    ];
    said.contains("audit") && off.iter().any(|words| said.contains(words))
}

fn is_page(answer: &Response) -> bool {
    answer.content_type.contains("html")
}

/// Whether a page is about signing in. Azure DevOps's own is titled `Azure DevOps Services | Sign In`; the body
/// of a page is not searched for such words, because JSON under a wrong content type may hold any PAT's name.
fn is_sign_in(answer: &Response) -> bool {
    let start = answer.body().get(..LONGEST_LOOK).unwrap_or(answer.body());
    let page = String::from_utf8_lossy(start).to_ascii_lowercase();
    let title = page
        .split_once("<title")
        .and_then(|(_, rest)| rest.split_once("</title"));
    let title = title.map_or("", |(title, _)| title);
    page.trim_start().starts_with('<')
        && (["sign in", "signin", "sign-in", "log in", "login"]
            .iter()
            .any(|word| title.contains(word))
            || page.contains("_signin")
            || page.contains("login.microsoftonline.com"))
}

/// `X-TFS-ServiceError` is URL-encoded. What is no valid escape stays as it is.
fn unescape(text: &str) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, hex(after.first()), hex(after.get(1))) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _, _) => plain.push(b' '),
            _ => plain.push(byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests;
