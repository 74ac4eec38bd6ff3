//! `patkeeper sign-in`: a person signs in once, and the refresh token goes straight into the vault.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::Utc;
use clap::ArgMatches;
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::sign_in::command::SignInCommand;
use patkeeper_agent::registry::sign_in_command::COMMAND;
use patkeeper_core::cloud::Cloud;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::StepResult;
use patkeeper_core::organization::Organization;
use patkeeper_core::pat::Listed;
use patkeeper_core::text::fit;
use patkeeper_devops::AzureDevOps;
use patkeeper_entra::GivenToken;
use patkeeper_entra::delegated::{
    App, PATIENCE, Proof, Show, SignedIn, authorization_code, device_code, scopes,
};
use patkeeper_http::{Client, Settings};

use super::Place;
use super::kept;
use crate::people;
use crate::run::{self, Ending};

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> ExitCode {
    people::command(&COMMAND, matches, |console| {
        let inputs = run::masked(console, people::inputs(&COMMAND, matches)?);
        let command = SignInCommand::read(&inputs)?;
        let network = people::network()?;
        run::to_the_end(
            console,
            "What was stored is said above; nothing else was changed.",
            sign_in(&command, &network, console),
        )
    })
}

async fn sign_in(command: &SignInCommand, network: &Settings, console: &Console) -> Result<Ending, Failure> {
    run::tell_of_network(console, network);
    let client = Client::new(network).map_err(|error| error.failure())?;
    let here = Place {
        console,
        client: &client,
        proxy: network.proxy.as_ref(),
        variables: &[],
    };
    // Asked first: it would be a pity to sign in and then have no place for what came of it.
    let identity = here.azure_cli()?;
    let vault = here.vault(&command.vault, Cloud::Public, &identity)?;
    match vault.get(&command.secret).await {
        Ok(Some(kept)) => console.mask("refresh token", &kept.value),
        Ok(None) => {}
        // A new version makes good for it.
        Err(failure) if failure.code.as_deref() == Some("SecretDisabled") => {}
        Err(failure) => return Err(failure),
    }

    let app = App {
        tenant: command.tenant.clone(),
        client_id: command.client_id.clone(),
        proof: command.client_secret.clone().map_or(Proof::None, Proof::Secret),
    };
    let (setup, scopes) = (here.setup(Cloud::Public), scopes(command.purpose));
    let shown = Shown(console.clone());
    let signed_in = if command.device_code {
        device_code(&setup, &app, &scopes, &shown).await?
    } else {
        authorization_code(&setup, &app, &scopes, &shown, PATIENCE).await?
    };
    let who = fit(&signed_in.facts.who(), 120);
    console.text(&format!("Signed in as {who}."));
    match &command.organization {
        Some(organization) => let_in(&client, organization, &signed_in, &who).await?,
        None => console
            .text("Whether an organization lets this account in was not asked; --organization does that."),
    }

    let tags = tags(command, &who);
    let stored = vault
        .set(
            &command.secret,
            &signed_in.refresh_token,
            &kept::metadata(Utc::now(), tags),
        )
        .await
        .map_err(|not_stored| not_stored.failure)?;
    console.text(&format!("The refresh token is stored: {stored}"));
    console.text("");
    for line in yaml(command) {
        console.text(&line);
    }
    console.text("");
    Ok(Ending {
        result: StepResult::Succeeded,
        exit_code: 0,
        message: format!(
            "Done. Run a pipeline with it well within every {} days, and it stays good.",
            kept::LIFE.num_days()
        ),
    })
}

/// Asks for what the pipelines will ask for: the account's own PATs there.
async fn let_in(
    client: &Client,
    organization: &Organization,
    signed_in: &SignedIn,
    who: &str,
) -> Result<(), Failure> {
    let token = GivenToken::new(&signed_in.access_token, "the access token")?;
    let azure_devops = AzureDevOps::new(client.clone(), organization.clone(), Arc::new(token));
    match azure_devops.page(Listed::Active, None).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let mut failure = error.failure();
            let what = match failure.kind {
                FailureKind::Refused => format!("{organization} does not let {who} manage PATs"),
                _ => format!("Whether {organization} lets {who} manage PATs could not be learned"),
            };
            failure.what = format!("{what}, so nothing was stored. {}", failure.what);
            Err(failure)
        }
    }
}

/// For whoever finds the secret in the vault.
fn tags(command: &SignInCommand, who: &str) -> BTreeMap<String, String> {
    [
        ("patkeeper-account", who),
        ("patkeeper-client-id", &command.client_id),
        ("patkeeper-tenant-id", &command.tenant),
        ("patkeeper-for", command.purpose.name()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// What a pipeline writes to use it.
fn yaml(command: &SignInCommand) -> Vec<String> {
    let organization = command.organization.as_ref();
    let mut lines = vec![
        "What a pipeline writes to use it:".to_owned(),
        String::new(),
        "  - task: PatMonitor@1".to_owned(),
        "    inputs:".to_owned(),
    ];
    let mut input = |name: &str, value: &str| lines.push(format!("      {name}: {value}"));
    if let Some(organization) = organization {
        input("organization", organization.name());
    }
    input("signIn", "refreshToken");
    input(
        "azureSubscription",
        "<the service connection that may read and write this vault>",
    );
    input("tenantId", &command.tenant);
    input("clientId", &command.client_id);
    input(
        "refreshTokenVault",
        &kept::as_named(&command.vault, Cloud::Public),
    );
    input("refreshTokenSecret", command.secret.as_str());
    if command.client_secret.is_some() {
        input("clientAuthentication", "federated");
    }
    lines
}

/// Shows a person what to do, where everything else is shown.
struct Shown(Console);

impl Show for Shown {
    fn page(&self, url: &str) {
        self.0.text(
            "Open this page in a browser on this machine, and sign in as the account whose PATs are meant:",
        );
        self.0.text("");
        self.0.text(&format!("  {url}"));
        self.0.text("");
    }

    fn code(&self, url: &str, code: &str) {
        self.0
            .text("Open this page on any device, and sign in as the account whose PATs are meant:");
        self.0.text("");
        self.0.text(&format!("  {url}"));
        self.0.text(&format!("  Code: {code}"));
        self.0.text("");
    }
}
