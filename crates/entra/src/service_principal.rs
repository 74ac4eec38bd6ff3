//! An app that signs in as itself: a service connection, with the connection's assertion or with a secret.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientMethodOptions, ClientOptions};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::tenant::could_be_id;
use patkeeper_http::{BoxFuture, Echo, azure};
use secrecy::{ExposeSecret, SecretString};

use crate::cache::{Credential, Fetched};
use crate::exchange::{self, Heard, Outcome};
use crate::{OidcRequest, Setup, refusal};

/// An app of a tenant.
pub(crate) struct ServicePrincipal {
    setup: Setup,
    tenant: String,
    client_id: String,
    means: Means,
}

/// What the app proves itself with.
pub(crate) enum Means {
    Assertion(Arc<OidcRequest>),
    Secret(SecretString),
}

impl ServicePrincipal {
    pub(crate) fn new(setup: &Setup, tenant: &str, client_id: &str, means: Means) -> Result<Self, Failure> {
        if !could_be_id(tenant) {
            return Err(bad(format!(
                "'{tenant}' is no tenant: it takes the tenant's id or domain"
            )));
        }
        if !could_be_id(client_id) {
            return Err(bad(format!("'{client_id}' is no client id")));
        }
        if matches!(&means, Means::Secret(secret) if secret.expose_secret().is_empty()) {
            return Err(bad(format!("The client secret of the app {client_id} is empty")));
        }
        Ok(Self {
            setup: setup.clone(),
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            means,
        })
    }

    async fn get(&self, scope: &str) -> Result<Fetched, Failure> {
        let heard = Heard::default();
        let mut client_options = heard.on(azure::options(&self.setup.client, azure::Way::Out));
        client_options.cloud = exchange::cloud(self.setup.cloud);
        // The assertion is had before the library asks for it, so that a failure needs no way through its errors.
        let (proof, credential) = match &self.means {
            Means::Assertion(oidc) => {
                let assertion = oidc.assertion().await?;
                let credential = self.with_assertion(assertion.clone(), client_options);
                (assertion, credential)
            }
            Means::Secret(secret) => (secret.clone(), self.with_secret(secret, client_options)),
        };
        let echo = || Echo::of([proof.expose_secret()]);
        let doing = format!(
            "sign in the app {} in tenant {} ({})",
            self.client_id,
            self.tenant,
            self.how()
        );
        let outcome = match &credential {
            Ok(credential) => heard.ask(&**credential, scope).await,
            Err(_) => Outcome::NotAsked,
        };
        match outcome {
            Outcome::Token(fetched) => Ok(fetched),
            Outcome::Answered(answer) => Err(refusal::failure(&answer, &doing, &echo())),
            Outcome::NoAnswer(error) => Err(refusal::no_answer(&error, &doing)),
            Outcome::NotAsked => Err(Failure::new(
                FailureKind::Bug,
                format!("Microsoft's library does not {doing}, though nothing is wrong with it"),
            )),
        }
    }

    // A credential for each token: the library keeps tokens too, by the machine's clock, and would go on giving one
    // that is to be replaced.
    fn with_assertion(
        &self,
        assertion: SecretString,
        client_options: ClientOptions,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let credential = ClientAssertionCredential::new(
            self.tenant.clone(),
            self.client_id.clone(),
            Assertion(assertion),
            Some(ClientAssertionCredentialOptions { client_options }),
        )?;
        Ok(credential)
    }

    fn with_secret(
        &self,
        secret: &SecretString,
        client_options: ClientOptions,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let credential = ClientSecretCredential::new(
            &self.tenant,
            self.client_id.clone(),
            Secret::new(secret.expose_secret().to_owned()),
            Some(ClientSecretCredentialOptions { client_options }),
        )?;
        Ok(credential)
    }
}

impl Credential for ServicePrincipal {
    fn fetch<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<Fetched, Failure>> {
        Box::pin(self.get(scope))
    }

    fn how(&self) -> &'static str {
        match self.means {
            Means::Assertion(_) => "service connection (federated)",
            Means::Secret(_) => "service connection (client secret)",
        }
    }
}

/// An assertion that is there already.
#[derive(Debug)]
struct Assertion(SecretString);

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.expose_secret().to_owned())
    }
}

fn bad(what: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Input, what)
        .with_code("badInput")
        .with_way_out("check the service connection: edit it, and verify it there")
}

#[cfg(test)]
mod tests;
