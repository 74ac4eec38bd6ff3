//! Every way Key Vault says no, and what to do about each.
//!
//! Shapes: "Key Vault REST API error codes", and answers published by its users: `{"error": {"code", "message",
//! "innererror": {"code"}}}`, where `innererror` comes in two spellings.

use azure_core::http::RawResponse;
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::{SecretName, VaultName};
use patkeeper_http::{Echo, TokenFacts};
use serde_json::Value;

/// Most characters of the service's message that are quoted. One about a missing role has some 700.
const LONGEST_QUOTE: usize = 1_000;

/// What was asked of the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Read,
    Write,
}

impl Doing {
    fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "store",
        }
    }

    /// The built-in role that allows it, and the permission of an access policy.
    fn right(self) -> (&'static str, &'static str) {
        match self {
            Self::Read => ("Key Vault Secrets User", "get"),
            Self::Write => ("Key Vault Secrets Officer", "set"),
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
        let text = |of: &Value, name: &str| {
            let text = of.get(name).and_then(Value::as_str).unwrap_or_default();
            quote(text, echo)
        };
        let inner = error.get("innererror").or_else(|| error.get("innerError"));
        let (code, message) = (text(error, "code"), text(error, "message"));
        let inner = inner.map(|inner| text(inner, "code")).unwrap_or_default();
        let request = answer
            .headers()
            .iter()
            .find(|(name, _)| name.as_str().eq_ignore_ascii_case("x-ms-request-id"))
            .map(|(_, id)| format!("request {}", quote(id.as_str(), echo)));
        let ids = [
            Some(code.clone()),
            Some(inner.clone()),
            Some(format!("HTTP {status}")),
            request,
        ];
        let ids: Vec<String> = ids.into_iter().flatten().filter(|id| !id.is_empty()).collect();
        let ids = ids.join(", ");
        let words = if message.is_empty() {
            ids
        } else {
            format!("\"{message}\" ({ids})")
        };
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

    /// Whether it was surely refused, and nothing written.
    pub(crate) fn is_clear(&self) -> bool {
        (400..500).contains(&self.status) && self.status != 408
    }

    /// The failure that people read.
    pub(crate) fn failure(&self, about: &About<'_>) -> Failure {
        let failure = match self.status {
            401 => self.unauthorized(about),
            403 => self.forbidden(about),
            409 => self.conflict(about),
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
        };
        failure.with_service_words(self.words.clone())
    }

    fn unauthorized(&self, about: &About<'_>) -> Failure {
        let failure = about.failure(FailureKind::Refused, "vaultTokenRefused");
        if self.message.contains("AKV10032") {
            let tenant = about.facts.tenant.as_deref().unwrap_or("another tenant");
            return failure
                .with_code("AKV10032")
                .with_why(format!(
                    "the vault belongs to another Entra tenant than {} (tenant {tenant})",
                    about.facts.who()
                ))
                .with_way_out("check the vault's name")
                .with_way_out("sign in with an identity of the vault's own tenant: another service connection, or az login --tenant …");
        }
        failure
            .with_why("it does not accept the token")
            .with_way_out(format!(
                "check that the sign-in is one for the cloud {}, where this vault is",
                about.cloud.name()
            ))
            .with_way_out("check the clock of the agent's machine")
    }

    fn forbidden(&self, about: &About<'_>) -> Failure {
        let says = |codes: &[&str], words: &str| {
            codes.contains(&self.inner.as_str()) || self.message.contains(words)
        };
        let (role, permission) = about.doing.right();
        let (who, vault) = (about.facts.who(), about.vault);
        if says(&["SecretDisabled"], "disabled secret") {
            return about
                .failure(FailureKind::Service, "SecretDisabled")
                .with_why("its current version is disabled")
                .with_way_out("enable that version, or store a new one")
                .with_way_out("if someone disabled it on purpose, ask why first");
        }
        let failure = about.failure(FailureKind::Refused, "Forbidden");
        if says(&["ForbiddenByFirewall"], "Client address is not authorized") {
            return failure
                .with_code("ForbiddenByFirewall")
                .with_why("the vault's firewall does not let this agent's address in")
                .with_way_out("run the step on an agent inside the vault's network")
                .with_way_out("or add the agent's address to the vault's firewall (Networking page)");
        }
        if says(&["ForbiddenByConnection"], "Public network access is disabled") {
            return failure
                .with_code("ForbiddenByConnection")
                .with_why("the vault is reached by private link only, and the agent is outside")
                .with_way_out("run the step on an agent inside the vault's network")
                .with_way_out("or allow public network access from chosen addresses (Networking page)");
        }
        if says(
            &["ForbiddenByRbac"],
            "not authorized to perform action on resource",
        ) {
            return failure
                .with_code("ForbiddenByRbac")
                .with_why(format!("{who} lacks the role that allows it"))
                .with_way_out(format!(
                    "give it the role '{role}' on the vault {vault}, or on this secret alone{}",
                    assignee(about)
                ))
                .with_way_out("if it has just been given, wait some minutes: roles take up to ten to count");
        }
        if says(&["ForbiddenByPolicy", "AccessDenied"], "does not have secrets") {
            return failure
                .with_code("AccessDenied")
                .with_why(format!(
                    "the vault's access policy does not give {who} the secret permission '{permission}'"
                ))
                .with_way_out(format!(
                    "add it on the vault's Access policies page: secret permission '{permission}'{}",
                    assignee(about)
                ))
                .with_way_out(format!(
                    "or move the vault to Azure RBAC and give the role '{role}'"
                ));
        }
        failure
            .with_why(format!("{who} may not"))
            .with_way_out(format!(
                "give it the role '{role}' on the vault {vault}{}",
                assignee(about)
            ))
            .with_way_out(format!(
                "where the vault uses access policies instead of roles, the secret permission '{permission}'"
            ))
    }

    fn conflict(&self, about: &About<'_>) -> Failure {
        let failure = about.failure(FailureKind::Service, "Conflict");
        let (vault, name) = (about.vault, about.name);
        let moving = self.inner == "ObjectIsBeingDeleted"
            || self.inner == "ObjectIsBeingRecovered"
            || self.message.contains("is currently being");
        if moving {
            return failure
                .with_code("ObjectIsBeingChanged")
                .with_why("a secret of that name is just being deleted or recovered")
                .with_way_out("run the step again in a minute");
        }
        if self.inner == "ObjectIsDeletedButRecoverable" || self.message.contains("deleted but recoverable") {
            return failure
                .with_code("ObjectIsDeletedButRecoverable")
                .with_why("a secret of that name was deleted, and the vault keeps the name for it for some time")
                .with_way_out(format!(
                    "recover it: az keyvault secret recover --vault-name {vault} --name {name}"
                ))
                .with_way_out("or use another secret name")
                .with_way_out(format!(
                    "or, if nobody needs it, purge it: az keyvault secret purge --vault-name {vault} --name {name}"
                ));
        }
        failure.with_way_out("run the step again")
    }
}

impl About<'_> {
    /// `The Key Vault acme-kv did not let us read the secret 'pat'.`
    pub(crate) fn failure(&self, kind: FailureKind, code: &str) -> Failure {
        let (vault, verb, name) = (self.vault, self.doing.verb(), self.name);
        let to_whom = match &self.facts.kind {
            Some(_) => self.facts.who(),
            None => "us".to_owned(),
        };
        Failure::new(
            kind,
            format!("The Key Vault '{vault}' did not let {to_whom} {verb} the secret '{name}'."),
        )
        .with_code(code)
    }
}

fn assignee(about: &About<'_>) -> String {
    about
        .facts
        .object_id
        .as_ref()
        .map(|id| format!(" (object id {id})"))
        .unwrap_or_default()
}

/// Words of the service in one line, without what it was sent, and only then shortened.
fn quote(text: &str, echo: &Echo) -> String {
    let text = echo.out_of(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut quote: String = text.chars().take(LONGEST_QUOTE).collect();
    if quote.len() < text.len() {
        quote.push('…');
    }
    quote
}
