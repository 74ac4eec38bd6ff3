//! Whoever is signed in to the Azure CLI, for the account that this runs as.

mod answer;
mod child;
mod environment;

use std::ffi::OsString;
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions};
use patkeeper_core::advice;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{BoxFuture, Echo, Proxy, words};

use crate::cache::{Credential, Fetched};
use crate::{exchange, refusal};
use child::Child;

/// How long `az` may take. It asks Microsoft Entra where its own token has run out.
const LIMIT: Duration = Duration::from_secs(60);
/// From this length on a run of letters and digits in what `az` says may be a token. An id has 36.
const LIKE_A_TOKEN: usize = 40;

const TRY_IT: &str = "run 'az account get-access-token --query expiresOn' on the agent, as the account that the agent runs as, and see what it says";

/// The Azure CLI.
pub(crate) struct AzureCli {
    environment: Vec<(OsString, OsString)>,
}

/// What became of `az`. Its errors come from here: the library's quote what it printed.
#[derive(Clone, Default)]
pub(crate) struct Ran(Arc<Mutex<Option<End>>>);

pub(crate) enum End {
    /// It ended by itself, with what it printed as an error.
    Ended {
        success: bool,
        code: Option<i32>,
        said: String,
    },
    /// Its time was up.
    TimeUp,
    /// It could not be started.
    NotStarted(std::io::ErrorKind),
}

impl Ran {
    fn note(&self, end: End) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }

    fn take(&self) -> Option<End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl AzureCli {
    /// `variables` are the process's; `proxy` is the agent's.
    pub(crate) fn new(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        proxy: Option<&Proxy>,
    ) -> Result<Self, Failure> {
        let environment = environment::of(variables, proxy);
        if !environment::has_az(&environment) {
            return Err(not_installed());
        }
        Ok(Self { environment })
    }

    async fn get(&self, scope: &str) -> Result<Fetched, Failure> {
        let ran = Ran::default();
        let child = Child::new(self.environment.clone(), LIMIT, ran.clone());
        let options = AzureCliCredentialOptions {
            executor: Some(Arc::new(child)),
            ..AzureCliCredentialOptions::default()
        };
        let credential = AzureCliCredential::new(Some(options)).map_err(|_| failure(None))?;
        match credential.get_token(&[scope], None).await {
            Ok(token) if !token.token.secret().is_empty() => Ok(exchange::fetched(&token)),
            Ok(_) | Err(_) => Err(failure(ran.take())),
        }
    }
}

impl Credential for AzureCli {
    fn fetch<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<Fetched, Failure>> {
        Box::pin(self.get(scope))
    }

    fn how(&self) -> &'static str {
        "Azure CLI"
    }
}

impl End {
    fn of(output: &Output) -> Self {
        Self::Ended {
            success: output.status.success(),
            code: output.status.code(),
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn failure(end: Option<End>) -> Failure {
    match end {
        // 127 is how a POSIX shell says it, 9009 how Windows' does.
        Some(End::Ended { code: Some(127 | 9009), .. }) => not_installed(),
        Some(End::Ended { success: false, said, code }) => refused(&said, code),
        Some(End::Ended { .. }) => Failure::new(
            FailureKind::Refused,
            "The Azure CLI gave no token: what it printed is not what az account get-access-token prints",
        )
        .with_code("notUnderstood")
        .with_why("a wrapper or extension prints something around it; what it printed is not shown, because it may hold a token")
        .with_way_out("update it: az upgrade")
        .with_way_out("look at what 'az version --output json' prints: it must be JSON alone"),
        Some(End::TimeUp) => Failure::new(
            FailureKind::Service,
            format!("The Azure CLI gave no token within {} s", LIMIT.as_secs()),
        )
        .with_code("timeout")
        .with_why("it may wait for Microsoft Entra, which its network or proxy settings do not let it reach, or for a question that nobody is there to answer")
        .with_way_out(TRY_IT),
        Some(End::NotStarted(kind)) => Failure::new(
            FailureKind::Refused,
            format!("The Azure CLI could not be started: {kind}"),
        )
        .with_code("azNotStarted")
        .with_way_out("check that the account that the agent runs as may start programs through the system's shell"),
        None => Failure::new(FailureKind::Bug, "Microsoft's library did not run the Azure CLI"),
    }
}

fn not_installed() -> Failure {
    Failure::new(
        FailureKind::Refused,
        "The Azure CLI (az) is not on the PATH of this step",
    )
    .with_code("azNotInstalled")
    .with_way_out("install it on the agent's machine, and sign in there as the account that the agent runs as: az login --allow-no-subscriptions")
    .with_way_out("or choose another signIn: refreshToken, serviceConnection, managedIdentity")
}

/// `az` said no. What it says of Microsoft Entra's codes is Entra's own.
fn refused(said: &str, code: Option<i32>) -> Failure {
    let what = "The Azure CLI gave no token";
    let entra = refusal::named(said).find_map(|code| advice::find(&code));
    let wants_sign_in = said.contains("az login");
    let signed_out = || advice::find("azNotSignedIn").filter(|_| wants_sign_in);
    let failure = match entra.or_else(signed_out) {
        Some(row) => row.failure(what),
        None => Failure::new(FailureKind::Refused, what)
            .with_code("azFailed")
            .with_way_out(TRY_IT),
    };
    let failure = if entra.is_some() { again(failure) } else { failure };
    let ended = code.map_or("no exit code".to_owned(), |code| format!("exit code {code}"));
    failure.with_service_words(words::quoted(
        Some(&without_tokens(said)),
        &[ended],
        &Echo::default(),
    ))
}

/// The table's ways out are for a refresh token of ours; this one is az's own.
fn again(mut failure: Failure) -> Failure {
    failure.ways_out.retain(|way| !way.contains("patkeeper sign-in"));
    failure.with_way_out(
        "sign in again as the account that the agent runs as, to the organization's tenant: az login --tenant <tenant> --allow-no-subscriptions",
    )
}

/// What `az` said, without what may be a token: which it used is not known here.
fn without_tokens(said: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.~+=".contains(c);
    let mut clean = String::new();
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        clean.push_str(if is_part(first) && run.len() >= LIKE_A_TOKEN {
            "***"
        } else {
            run
        });
        rest = after;
    }
    clean
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
