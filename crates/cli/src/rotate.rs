//! PatRotate, wired: inputs to adapters to what came of it, whoever started it.

mod outcome;

use std::time::Duration;

use chrono::Utc;
use patkeeper_agent::Front;
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::PatRotateInputs;
use patkeeper_agent::registry::pat_rotate;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::news::News;
use patkeeper_core::purpose::Purpose;
use patkeeper_core::render;
use patkeeper_core::rotation::{Observed, Outcome, RotationId, RotationReport, RunId, Settings, Step};
use patkeeper_devops::{AzureDevOps, Probe};
use patkeeper_http::Client;
use patkeeper_lifecycle::rotate::ports::RotatedSecret as _;
use patkeeper_lifecycle::rotate::{Narrator, Rotated, Rotation};
use patkeeper_stores as stores;
use secrecy::SecretString;

use crate::alerts;
use crate::job::Around;
use crate::run::{self, Cancellation, Ending};

/// Runs PatRotate.
pub(crate) fn perform(inputs: PatRotateInputs, around: Around<'_>) -> Result<Ending, Failure> {
    let front = around.console.front();
    let probe = inputs
        .verify_url
        .as_deref()
        .map(|url| Probe::given(&inputs.settings.organization, url));
    let probe = probe.transpose().map_err(|error| {
        Failure::new(
            FailureKind::Input,
            format!("{}: {error}", front.label(pat_rotate::VERIFY_URL.name)),
        )
        .with_code("badInput")
    })?;
    run::until_done(around.console, async |cancellation: Cancellation| {
        run(&inputs, probe, &around, &cancellation).await
    })
}

/// Both ways in: to the PATs, and to the secret that keeps one.
struct Ways {
    pats: patkeeper_devops::Rotated,
    secret: stores::Rotated,
}

async fn run(
    inputs: &PatRotateInputs,
    probe: Option<Probe>,
    around: &Around<'_>,
    cancellation: &Cancellation,
) -> Result<Ending, Failure> {
    let (console, settings) = (around.console, &inputs.settings);
    let client = around.client()?;
    for warning in &inputs.warnings {
        console.warning(warning);
    }
    let ways = tokio::select! {
        biased;
        ways = sign_in(inputs, probe, around, &client) => ways,
        () = cancellation.requested() => Err(run::cancelled("No PAT was changed.")),
    };
    let (mut report, token, secret_id) = match ways {
        Ok(ways) => {
            let rotation = Rotation {
                settings,
                pats: &ways.pats,
                secret: &ways.secret,
                run: this_run(around)?,
                rotations: [RotationId::new(random()?), RotationId::new(random()?)],
                known_account_id: around.known_account(&settings.organization),
                now: Utc::now,
            };
            let told = Told { console, settings };
            let rotated = rotation.run(&told, cancellation.requested()).await;
            let Rotated { mut report, token } = rotated;
            let token = tokio::select! {
                biased;
                token = exposed(inputs, &ways.secret, &mut report, token) => token,
                () = cancellation.requested() => None,
            };
            let secret_id = report.version.as_deref().map(|version| ways.secret.id(version));
            (report, token, secret_id)
        }
        // Configuration is to be mended by who wrote it. Anything else may happen to a good pipeline on any day,
        // and then the team is told.
        Err(failure) if failure.kind == FailureKind::Input => return Err(failure),
        Err(failure) => (RotationReport::failed(settings, failure), None, None),
    };
    report.map_text(|text| console.scrub(text));
    if let Some(token) = &token {
        console.mask("the PAT", token);
    }

    console.log(&render::rotation::closing(&report));
    for warning in render::rotation::warnings(&report) {
        console.warning(&warning);
    }
    let summary = around.run(&pat_rotate::TASK, &client, Utc::now());
    outcome::leave(around, &report, &summary);
    outcome::set_outputs(console, &report, secret_id.as_deref(), token.as_ref());
    let sentence = report.sentence();
    if report.is_news() {
        let news = News::Rotation {
            report: &report,
            run: &summary,
            sentence: &sentence,
        };
        let told = tokio::select! {
            biased;
            () = cancellation.requested() => Vec::new(),
            told = alerts::tell(console, &inputs.channels, &client, &news) => told,
        };
        let told = render::closing(&told, &[]);
        if !told.is_empty() {
            console.text(&told);
        }
    }
    Ok(outcome::end(console, &report))
}

async fn sign_in(
    inputs: &PatRotateInputs,
    probe: Option<Probe>,
    around: &Around<'_>,
    client: &Client,
) -> Result<Ways, Failure> {
    let place = around.place(client);
    let signing_in = place.sign_in(&inputs.sign_in);
    let tokens = signing_in.azure_devops(Purpose::Rotate).await?;
    let organization = inputs.settings.organization.clone();
    let service = AzureDevOps::new(client.clone(), organization, tokens);
    let vault = signing_in.vault(&inputs.vault)?;
    Ok(Ways {
        pats: patkeeper_devops::Rotated::new(service, probe),
        secret: stores::Rotated::new(vault, inputs.secret.clone(), Utc::now),
    })
}

/// Which run this is. Elsewhere than on an agent none is another's second attempt.
fn this_run(around: &Around<'_>) -> Result<RunId, Failure> {
    match around.context.run_id() {
        Some(run) => Ok(run),
        None => Ok(RunId::new(
            match around.console.front() {
                Front::Agent => "agent",
                Front::People => "terminal",
            },
            &format!("{:016x}", random()? >> 64),
            "patkeeper",
            1,
        )),
    }
}

fn random() -> Result<u128, Failure> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| {
        Failure::new(
            FailureKind::Service,
            format!("The machine gave no random numbers: {error}."),
        )
    })?;
    Ok(u128::from_le_bytes(bits))
}

/// The text that the output `token` gets: the recorded PAT's, whether it was minted in this run or before.
async fn exposed(
    inputs: &PatRotateInputs,
    secret: &stores::Rotated,
    report: &mut RotationReport,
    token: Option<SecretString>,
) -> Option<SecretString> {
    if !inputs.expose_token || report.dry_run {
        return None;
    }
    match (token, &report.failure, &report.record, &report.version) {
        (Some(token), ..) => Some(token),
        (None, None, Some(_), Some(version)) => match secret.value(version).await {
            Ok(value) => Some(value),
            Err(failure) => {
                report.failure = Some(failure);
                None
            }
        },
        _ => None,
    }
}

/// Tells the log while it happens.
struct Told<'a> {
    console: &'a Console,
    settings: &'a Settings,
}

impl Narrator for Told<'_> {
    fn mask(&self, what: &str, secret: &SecretString) {
        self.console.mask(what, secret);
    }

    fn opening(&self, observed: &Observed) {
        self.console
            .log(&render::rotation::opening(self.settings, observed));
    }

    fn step(&self, step: &Step, outcome: &Outcome, took: Duration, detail: Option<&str>) {
        let dry_run = self.settings.dry_run;
        self.console
            .log(&render::rotation::step(step, outcome, took, detail, dry_run));
    }
}
