//! The JSON of the answers.
//!
//! Lists are read entry by entry: one that cannot be understood is named and the others still count.
//! Shapes: Azure DevOps REST API specification 7.2, area `tokens`, and connection data as clients read it.

use patkeeper_core::advice::PatTokenError;
use patkeeper_core::owner::SubjectDescriptor;
use patkeeper_core::pat::{AuthorizationId, Listed, Pat, Reach};
use patkeeper_core::scope::ScopeSet;
use patkeeper_core::time;
use patkeeper_http::Echo;
use secrecy::SecretString;
use serde_json::Value;

/// Longest continuation token that is taken, in bytes; it must fit into a URL.
pub(crate) const LONGEST_CONTINUATION: usize = 8 * 1024;

/// One page of a list: `PagedPatTokens`, or what token administration answers.
#[derive(Debug, Default)]
pub struct Page {
    /// Entries understood.
    pub pats: Vec<Pat>,
    /// Entries not understood.
    pub odd: Vec<OddEntry>,
    /// Those that were revoked before their time; the lifecycle API has a list of its own for them.
    pub revoked: Vec<AuthorizationId>,
    /// Where the list goes on; `None` after the last page (`""`, null and absent alike).
    pub next: Option<String>,
}

impl Page {
    /// Takes what was sent out of the texts that are quoted, and shortened, of entries that are not understood.
    pub(crate) fn quote(&mut self, echo: impl FnOnce() -> Echo) {
        if self.odd.is_empty() {
            return;
        }
        let echo = echo();
        let quoted = self.odd.iter_mut().flat_map(|odd| [&mut odd.name, &mut odd.id]);
        quoted.flatten().for_each(|text| *text = echo.out_of(text));
    }
}

/// An entry of a list that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddEntry {
    /// Its display name, when there is one. Text of a stranger.
    pub name: Option<String>,
    /// Its authorization id, when there is one.
    pub id: Option<String>,
    /// What is wrong, without quoting it.
    pub why: &'static str,
}

/// A fresh PAT. The only answer that holds a secret.
#[derive(Debug)]
pub struct Minted {
    /// What the service says it made; compare it with what was asked, since policies shorten it silently.
    pub pat: Pat,
    /// The secret.
    pub secret: SecretString,
}

/// Why an answer of a single PAT is no PAT.
#[derive(Debug, PartialEq, Eq)]
pub enum NoPat {
    /// `patTokenError` says so, with the service's message where it has one (7.2).
    Refused(PatTokenError, Option<String>),
    /// Its shape is not understood.
    Odd(&'static str),
    /// A PAT was made but its secret is not in the answer: it is to be revoked by this id.
    NoSecret(AuthorizationId),
}

/// Reads a page of a list.
///
/// # Errors
/// JSON that is not a page: says why, and quotes nothing.
pub fn decode_list(value: &Value, listed: Listed) -> Result<Page, &'static str> {
    let Some(entries) = value.get("patTokens").and_then(Value::as_array) else {
        return Err("it holds no list 'patTokens'");
    };
    let mut page = Page {
        next: continuation(value)?,
        ..Page::default()
    };
    for entry in entries {
        match decode_pat(entry, listed) {
            Ok(pat) => page.pats.push(pat),
            Err(why) => page.odd.push(OddEntry {
                name: text(entry, "displayName").map(ToOwned::to_owned),
                id: text(entry, "authorizationId").map(ToOwned::to_owned),
                why,
            }),
        }
    }
    Ok(page)
}

fn continuation(page: &Value) -> Result<Option<String>, &'static str> {
    match page.get("continuationToken") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.len() <= LONGEST_CONTINUATION => Ok(Some(text.clone())),
        // Taking this for the end would hide the PATs of the pages that follow.
        Some(_) => Err("its continuationToken is not understood"),
    }
}

/// Reads a PAT of a list or of a single answer.
fn decode_pat(entry: &Value, listed: Listed) -> Result<Pat, &'static str> {
    if !entry.is_object() {
        return Err("it is no object");
    }
    let id = text(entry, "authorizationId")
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let date = |name| text(entry, name).and_then(time::parse);
    Ok(Pat {
        authorization_id: AuthorizationId::new(id.ok_or("it has no authorizationId")?),
        display_name: optional_text(entry, "displayName")
            .ok_or("its displayName is no text")?
            .to_owned(),
        scopes: ScopeSet::parse(optional_text(entry, "scope").ok_or("its scope is no text")?),
        valid_from: date("validFrom").ok_or("its validFrom is missing or no date")?,
        valid_to: date("validTo").ok_or("its validTo is missing or no date")?,
        reach: reach(entry.get("targetAccounts")).ok_or("its targetAccounts is no list of ids")?,
        listed,
    })
}

/// Null and absent mean every organization; an empty list does not.
fn reach(value: Option<&Value>) -> Option<Reach> {
    match value {
        None | Some(Value::Null) => Some(Reach::AllOrganizations),
        Some(Value::Array(ids)) => {
            let ids: Vec<&str> = ids.iter().map(Value::as_str).collect::<Option<_>>()?;
            Some(organizations(&ids))
        }
        Some(_) => None,
    }
}

/// A list of accounts. An id that is none cannot say that a PAT belongs elsewhere, so the list then says nothing.
pub(crate) fn organizations(ids: &[&str]) -> Reach {
    let ids = ids.iter().map(|id| account_id(id)).collect::<Option<_>>();
    Reach::Organizations(ids.unwrap_or_default())
}

/// A GUID in the one form that compares, whichever of its usual forms the service chose. The nil GUID names
/// nothing: it is what a program writes that does not know.
fn account_id(text: &str) -> Option<String> {
    let id = uuid::Uuid::try_parse(text.trim()).ok()?;
    (!id.is_nil()).then(|| id.hyphenated().to_string())
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// Empty when null or absent; `None` when it is something else than text.
fn optional_text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    match value.get(name) {
        None | Some(Value::Null) => Some(""),
        Some(value) => value.as_str(),
    }
}

/// Reads the answer about one PAT (get, update). A 200 may carry a refusal.
///
/// # Errors
/// See [`NoPat`].
pub fn decode_one(value: &Value) -> Result<Pat, NoPat> {
    pat_of(value)
}

/// Reads the answer to a creation.
///
/// # Errors
/// See [`NoPat`].
pub fn decode_minted(mut value: Value) -> Result<Minted, NoPat> {
    let pat = pat_of(&value)?;
    match value
        .get_mut("patToken")
        .and_then(|pat| pat.get_mut("token"))
        .map(Value::take)
    {
        Some(Value::String(secret)) if !secret.trim().is_empty() => Ok(Minted {
            pat,
            secret: SecretString::from(secret),
        }),
        _ => Err(NoPat::NoSecret(pat.authorization_id)),
    }
}

/// What `patTokenError` of any answer says, whatever its letter case; `None` when there is none in it.
#[must_use]
pub fn refusal(value: &Value) -> Option<(PatTokenError, Option<String>)> {
    let called = |name| {
        let fields = value.as_object().into_iter().flatten();
        fields.filter_map(move |(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    };
    let error = called("patTokenError").find_map(|value| match value {
        Value::String(text) => PatTokenError::parse(text),
        Value::Null => None,
        // An enum by number: its meaning is not documented, so only zero is taken for `none`.
        Value::Number(number) if number.as_i64() == Some(0) => None,
        other => Some(PatTokenError::Other(other.to_string().chars().take(80).collect())),
    })?;
    let mut messages = called("patTokenErrorMessage").filter_map(Value::as_str);
    let message = messages.find(|text| !text.trim().is_empty());
    Some((error, message.map(ToOwned::to_owned)))
}

/// Whether it is an answer about a PAT at all, whatever it says.
pub(crate) fn is_pat_result(value: &Value) -> bool {
    let keys = value.as_object().into_iter().flat_map(|object| object.keys());
    keys.into_iter()
        .any(|key| key.eq_ignore_ascii_case("patTokenError") || key.eq_ignore_ascii_case("patToken"))
}

/// A reason outweighs a PAT that comes with it.
fn pat_of(value: &Value) -> Result<Pat, NoPat> {
    if let Some((error, message)) = refusal(value) {
        return Err(NoPat::Refused(error, message));
    }
    match value.get("patToken") {
        None | Some(Value::Null) => Err(NoPat::Odd("it holds neither a PAT nor a reason")),
        Some(pat) => decode_pat(pat, Listed::Active).map_err(NoPat::Odd),
    }
}

/// What connection data tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The organization's account id, a lower-case GUID (`instanceId`).
    pub id: String,
    /// The id of who is signed in, in this organization, as the service writes it.
    pub user_id: Option<String>,
    /// Their UPN or display name. Text of a stranger.
    pub user_name: Option<String>,
    /// Their descriptor.
    pub descriptor: Option<SubjectDescriptor>,
}

/// Reads connection data: `instanceId`, and who is signed in.
///
/// # Errors
/// JSON that is not connection data.
pub fn decode_account(value: &Value) -> Result<Account, &'static str> {
    // Every PAT is measured by this id: one that is none would drop them all as another organization's.
    let id = text(value, "instanceId").and_then(account_id);
    let texts = |paths: &[&str]| {
        let texts = paths.iter().filter_map(|path| value.pointer(path)?.as_str());
        let mut given = texts.filter(|text| !text.trim().is_empty());
        given.next().map(ToOwned::to_owned)
    };
    Ok(Account {
        id: id.ok_or("it holds no instanceId, or one that is no id")?,
        user_id: texts(&["/authenticatedUser/id"]),
        user_name: texts(&[
            "/authenticatedUser/properties/Account/$value",
            "/authenticatedUser/providerDisplayName",
        ]),
        descriptor: texts(&["/authenticatedUser/subjectDescriptor"])
            .as_deref()
            .and_then(SubjectDescriptor::parse),
    })
}

/// Whether connection data says that nobody is signed in: organizations with public projects answer everybody, even
/// with a token that is none, as `System:PublicAccess`.
pub(crate) fn is_anonymous(connection: &Value) -> bool {
    let user = |name: &str| {
        connection
            .pointer(&format!("/authenticatedUser/{name}"))?
            .as_str()
    };
    user("descriptor").is_some_and(|text| text.starts_with("System:PublicAccess"))
        || user("id").is_some_and(|id| id.eq_ignore_ascii_case(ANONYMOUS))
}

/// The id of whom the service does not know.
pub(crate) const ANONYMOUS: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

#[cfg(test)]
mod tests;
