//! The adapter against the simulated service, over a proxy and TLS as behind a company's proxy.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod administrator;
mod rotation;
mod service;

use std::sync::Arc;

use patkeeper_core::failure::Failure;
use patkeeper_core::organization::Organization;
use patkeeper_devops::AzureDevOps;
use patkeeper_http::{BoxFuture, Client, Settings, TokenSource};
use patkeeper_sim::Sim;
use secrecy::SecretString;

struct Token(String);

impl TokenSource for Token {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Failure>> {
        Box::pin(std::future::ready(Ok(self.0.clone().into())))
    }

    fn how(&self) -> &'static str {
        "access token"
    }
}

/// A client that reaches nothing but the simulator.
fn client(sim: &Sim) -> Client {
    let env = sim.agent_env();
    let settings = Settings::from_agent(|name| {
        env.iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    });
    Client::new(&settings.unwrap()).unwrap()
}

/// A way into the organization acme, with a token that it need not know.
fn acme_with(sim: &Sim, token: String) -> AzureDevOps {
    let acme = Organization::parse("acme").unwrap();
    AzureDevOps::new(client(sim), acme, Arc::new(Token(token)))
}
