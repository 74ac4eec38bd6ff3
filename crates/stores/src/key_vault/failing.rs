//! What is said where the vault refuses, does not answer, or answers what cannot be understood.

use azure_core::Error;
use azure_core::error::ErrorKind;
use patkeeper_core::advice;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::text::fit;
use patkeeper_core::vault::SecretName;
use patkeeper_http::{Echo, HttpError, azure};
use secrecy::{ExposeSecret, SecretString};

use super::refusal::{About, Doing, Refusal};
use super::{KeyVault, credential};
use crate::NotDone;

impl KeyVault {
    /// The failure where nobody can say whether a value or a change was stored.
    pub(super) fn unclear(&self, name: &SecretName, put: Failure, read: &str) -> NotDone {
        let failure = Failure::new(
            FailureKind::Service,
            format!(
                "It is not known whether the Key Vault '{}' has stored the secret '{name}'.",
                self.vault
            ),
        )
        .with_code("storeUnclear")
        .with_why(format!(
            "{}. Asked afterwards, {read}. Either it was never stored, or it still will be",
            put.what.trim_end_matches('.')
        ))
        .with_way_out("run the step again in some minutes")
        .with_way_out(format!(
            "look at the secret's versions: az keyvault secret list-versions --vault-name {} --name {name}",
            self.vault
        ));
        NotDone {
            failure: match put.service_words {
                Some(words) => failure.with_service_words(words),
                None => failure,
            },
            unclear: true,
        }
    }

    pub(super) fn refusal(&self, error: &Error, value: Option<&SecretString>) -> Option<Refusal> {
        let ErrorKind::HttpResponse {
            raw_response: Some(answer),
            ..
        } = error.kind()
        else {
            return None;
        };
        Some(Refusal::read(answer, &self.echo(value)))
    }

    fn echo(&self, value: Option<&SecretString>) -> Echo {
        let token = self.credential.last();
        let sent = token.as_ref().into_iter().chain(value);
        Echo::of(sent.map(ExposeSecret::expose_secret))
    }

    pub(super) fn failure(
        &self,
        (doing, name): (Doing, &SecretName),
        error: &Error,
        refusal: Option<Refusal>,
    ) -> Failure {
        if let Some(told) = credential::told(error) {
            return told.clone();
        }
        if let Some(error) = azure::no_answer(error) {
            return self.no_answer(error);
        }
        let facts = self.credential.facts();
        let about = About {
            vault: &self.vault,
            cloud: self.cloud,
            name,
            doing,
            facts: &facts,
        };
        if let Some(refusal) = refusal {
            return refusal.failure(&about);
        }
        // What is left is the vault's challenge, which names whom to ask for a token and for what. Of the SDK's words only
        // that is shown: the others advise to leave this check out.
        let words = error.to_string();
        let resource = words.split('\'').nth(1).unwrap_or("something else");
        about
            .failure(FailureKind::Service, "challengeResource")
            .with_why(format!(
                "what it asks a token for, {}, is not a resource that the vault's host belongs to, so none was sent; \
                 whatever answered may not be Key Vault",
                fit(resource, 120)
            ))
            .with_way_out("check the vault's name, and the proxy and DNS of the agent's machine")
    }

    /// A vault that does not exist has no address, so this is what a wrong name looks like.
    fn no_answer(&self, error: &HttpError) -> Failure {
        let mut failure = error.failure();
        match error {
            // Rust's own words on Unix, then those of Windows.
            HttpError::Connect { why, .. }
                if why.contains("lookup address") || why.contains("No such host") =>
            {
                let what = format!("The Key Vault '{}' was not found: {error}.", self.vault);
                let ways = failure.ways_out;
                failure = match advice::find("VaultNotFound") {
                    Some(row) => row.failure(what),
                    None => Failure::new(FailureKind::Service, what),
                };
                // That a name leads nowhere may as well be the network's fault: nobody has refused anything.
                failure.kind = FailureKind::Service;
                failure.ways_out.extend(ways);
            }
            HttpError::Connect { .. } | HttpError::Proxy { sign_in: false, .. } => failure.ways_out.insert(
                0,
                format!(
                    "check the vault's name: '{}' in the cloud {}",
                    self.vault,
                    self.cloud.name()
                ),
            ),
            _ => {}
        }
        failure
    }

    pub(super) fn not_understood(&self, doing: Doing, name: &SecretName) -> Failure {
        Failure::new(
            FailureKind::Service,
            format!(
                "The Key Vault '{}' answered what cannot be understood when {} the secret '{name}'.",
                self.vault,
                doing.gerund()
            ),
        )
        .with_code("notUnderstood")
        .with_why("the answer is no secret as Key Vault sends one; something between may have answered in its place")
        .with_way_out("run the step again; if it stays so, look at the proxy between")
    }
}
