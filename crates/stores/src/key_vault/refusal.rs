//! Every way Key Vault says no, and what to do about each.
//!
//! Shapes: "Key Vault REST API error codes", and answers published by its users: `{"error": {"code", "message",
//! "innererror": {"code"}}}`, where `innererror` comes in two spellings.

use azure_core::http::RawResponse;
use patkeeper_core::advice::{self, Advice, Origin};
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::{SecretName, VaultName};
use patkeeper_http::{Echo, TokenFacts, words};
use serde_json::Value;

/// The built-in role that allows all that Patkeeper does in a vault. Whatever it reads there it also replaces, so a
/// role to read alone would only put the next refusal off.
const ROLE: &str = "Key Vault Secrets Officer";

/// What was asked of the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Read,
    List,
    Write,
    Change,
}

impl Doing {
    fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list the versions of",
            Self::Write => "store",
            Self::Change => "change",
        }
    }

    /// The same, as what is being done.
    pub(crate) fn gerund(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::List => "listing the versions of",
            Self::Write => "storing",
            Self::Change => "changing",
        }
    }

    /// The permission of an access policy that allows it.
    fn permission(self) -> &'static str {
        match self {
            Self::Read => "get",
            Self::List => "list",
            Self::Write | Self::Change => "set",
        }
    }
}

/// An answer that is no success, in Key Vault's terms.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    code: String,
    inner: String,
    message: String,
    /// `"message" (code, HTTP 403, request …)`.
    words: String,
}

/// Who asked what of which vault.
pub(crate) struct About<'a> {
    pub(crate) vault: &'a VaultName,
    pub(crate) cloud: Cloud,
    pub(crate) name: &'a SecretName,
    pub(crate) doing: Doing,
    pub(crate) facts: &'a TokenFacts,
}

impl Refusal {
    /// Reads an answer; what `echo` knows is taken out of its words.
    pub(crate) fn read(answer: &RawResponse, echo: &Echo) -> Self {
        let status = u16::from(answer.status());
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let error = body.get("error").unwrap_or(&Value::Null);
        let inner = error.get("innererror").or_else(|| error.get("innerError"));
        let code = words::id(text(error, "code"), echo);
        let inner = words::id(inner.map_or("", |inner| text(inner, "code")), echo);
        let message = words::message(text(error, "message"), echo);
        let header = |name: &str| {
            let mut headers = answer.headers().iter();
            headers
                .find(|(known, _)| known.as_str().eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        };
        let mut ids = vec![code.clone(), inner.clone(), format!("HTTP {status}")];
        let found = words::ids(header, echo).into_iter();
        ids.extend(found.map(|(called, id)| format!("{called} {id}")));
        let words = words::quoted(Some(&message), &ids, echo);
        Self {
            status,
            code,
            inner,
            message,
            words,
        }
    }

    /// Whether it says that there is no such secret, which a page of a proxy never says.
    pub(crate) fn is_no_secret(&self) -> bool {
        self.status == 404 && self.code == "SecretNotFound"
    }

    /// Whether it says that the version cannot be read because it is disabled.
    pub(crate) fn is_disabled(&self) -> bool {
        self.status == 403
            && (self.inner == "SecretDisabled" || self.message.contains("not allowed on a disabled secret"))
    }

    /// Whether it says that reading is not among the caller's rights.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.status == 403
    }

    /// Whether it was surely refused, and nothing written.
    pub(crate) fn is_clear(&self) -> bool {
        (400..500).contains(&self.status) && self.status != 408
    }

    /// The failure that people read.
    pub(crate) fn failure(&self, about: &About<'_>) -> Failure {
        let failure = self
            .row()
            .map_or_else(|| self.unnamed(about), |row| self.named(row, about));
        failure.with_service_words(self.words.clone())
    }

    /// The row of the table of advice. The code decides; the same refusals also came without one that says more than
    /// `Forbidden` or `Conflict`.
    fn row(&self) -> Option<&'static Advice> {
        if !matches!(self.status, 401 | 403 | 409) {
            return None;
        }
        let code = match self.inner.as_str() {
            // As vaults with access policies say it now, and once said it.
            "AccessDenied" => "ForbiddenByPolicy",
            "ObjectIsBeingRecovered" => "ObjectIsBeingDeleted",
            inner => inner,
        };
        advice::find(code)
            .or_else(|| advice::recognize(&self.message))
            .filter(|row| row.origin == Origin::KeyVault)
    }

    fn named(&self, row: &'static Advice, about: &About<'_>) -> Failure {
        let failure = advised(row, about.what(), about.vault, about.name);
        let permission = about.doing.permission();
        let detail = match row.code() {
            "ForbiddenByRbac" => format!("{} needs the role '{ROLE}'", about.principal()),
            "ForbiddenByPolicy" => {
                format!("{} needs the secret permission '{permission}'", about.principal())
            }
            "AKV10032" => format!(
                "that of {} is {}",
                about.facts.who(),
                about.facts.tenant.as_deref().unwrap_or("not known")
            ),
            _ => return failure,
        };
        failure.with_why(format!("{}; {detail}", row.meaning))
    }

    fn unnamed(&self, about: &About<'_>) -> Failure {
        match self.status {
            401 => about
                .failure(FailureKind::Refused, "vaultTokenRefused")
                .with_why("it does not accept the token")
                .with_way_out(format!(
                    "check that the sign-in is one for the cloud {}, where this vault is",
                    about.cloud.name()
                ))
                .with_way_out("check the clock of the agent's machine"),
            403 => {
                let permission = about.doing.permission();
                about
                    .failure(FailureKind::Refused, "Forbidden")
                    .with_why(format!("{} may not", about.principal()))
                    .with_way_out(format!("give it the role '{ROLE}' on the vault or the secret"))
                    .with_way_out(format!(
                        "where the vault uses access policies instead of roles, the secret permission '{permission}'"
                    ))
            }
            409 => about
                .failure(FailureKind::Service, "Conflict")
                .with_why("something else is changing this secret at the moment")
                .with_way_out("run the step again in a minute"),
            429 => about
                .failure(FailureKind::Service, "throttled")
                .with_why(
                    "the vault gets more requests than it takes; all pipelines that use it share its limits",
                )
                .with_way_out("run the step again later")
                .with_way_out("spread the pipelines that read this vault over time, or over several vaults"),
            408 | 500.. => about
                .failure(FailureKind::Service, "vaultFailed")
                .with_why("Key Vault itself failed")
                .with_way_out("run the step again; if it stays so, look at Azure's status page"),
            _ => about
                .failure(FailureKind::Service, "vaultRefused")
                .with_way_out(format!(
                    "check that '{}' is the vault you mean, and that nothing between answers in its place",
                    about.vault
                )),
        }
    }
}

impl About<'_> {
    /// `The Key Vault 'acme-kv' did not let us read the secret 'pat'.`
    fn what(&self) -> String {
        let (vault, verb, name) = (self.vault, self.doing.verb(), self.name);
        let to_whom = match &self.facts.kind {
            Some(_) => self.facts.who(),
            None => "us".to_owned(),
        };
        format!("The Key Vault '{vault}' did not let {to_whom} {verb} the secret '{name}'.")
    }

    pub(crate) fn failure(&self, kind: FailureKind, code: &str) -> Failure {
        Failure::new(kind, self.what()).with_code(code)
    }

    /// Whose rights are too few, with the id that roles and policies are given to.
    fn principal(&self) -> String {
        let who = self.facts.who();
        match &self.facts.object_id {
            Some(id) if !who.contains(id.as_str()) => format!("{who} (object id {id})"),
            _ => who,
        }
    }
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A row of the table of advice, about this secret.
fn advised(row: &Advice, what: String, vault: &VaultName, name: &SecretName) -> Failure {
    let mut failure = row.failure(what);
    for way in &mut failure.ways_out {
        *way = way
            .replace("<vault>", vault.name())
            .replace("<secret>", name.as_str());
    }
    failure
}

/// A deleted secret holds its name.
pub(crate) fn deleted(vault: &VaultName, name: &SecretName) -> Failure {
    let what =
        format!("The secret '{name}' in the Key Vault '{vault}' is deleted, and still holds its name.");
    match advice::find("ObjectIsDeletedButRecoverable") {
        Some(row) => advised(row, what, vault, name),
        None => Failure::new(FailureKind::Refused, what),
    }
}
