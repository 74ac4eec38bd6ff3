//! What every run has in common, whoever started it: how it ends.

use std::future::Future;

use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::Inputs;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::StepResult;
use patkeeper_core::render::{self, LogLine};
use patkeeper_http as http;
use tokio::sync::watch;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ending {
    /// The agent's result.
    pub(crate) result: StepResult,
    /// The process's exit code.
    pub(crate) exit_code: u8,
    /// One sentence, shown beside the step.
    pub(crate) message: String,
}

/// Says what failed, and ends the run with it.
pub(crate) fn failed(console: &Console, failure: &Failure) -> Ending {
    console.error_with_code(failure.code.as_deref(), &words(failure));
    Ending {
        result: StepResult::Failed,
        exit_code: failure.kind.exit_code(),
        message: failure.what.clone(),
    }
}

/// The failure as people read it.
pub(crate) fn words(failure: &Failure) -> String {
    let lines = render::failure(failure)
        .into_iter()
        .filter_map(|line| match line {
            LogLine::Text(text) => Some(text),
            LogLine::GroupStart(_) | LogLine::GroupEnd => None,
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// The inputs, their secrets masked before any value of theirs is looked at. What is refused earlier, such as a macro
/// left unresolved, is told without a secret's value.
pub(crate) fn masked(console: &Console, inputs: Inputs) -> Inputs {
    for (name, secret) in inputs.secrets() {
        console.mask(&name, secret);
    }
    inputs
}

/// Masks the proxy's password, and says what people must know of the network before anything is sent.
pub(crate) fn tell_of_network(console: &Console, network: &http::Settings) {
    if let Some(password) = network.proxy.as_ref().and_then(|proxy| proxy.password.as_ref()) {
        console.mask("the proxy's password", password);
    }
    for warning in network.warnings() {
        console.warning(&warning);
    }
}

/// The network as machine and agent say it is, read through `variable`.
pub(crate) fn network(variable: impl Fn(&str) -> Option<String>) -> Result<http::Settings, Failure> {
    http::Settings::from_agent(variable).map_err(|error| error.failure())
}

/// Has a panic reported, and the process ended with the code that stands for a bug. The packaged binary does not
/// unwind, so this is the last that runs.
pub(crate) fn report_bugs(console: &Console) {
    #[expect(
        clippy::exit,
        reason = "a panic hook has no other way to choose the exit code"
    )]
    console.install_panic_hook(|| std::process::exit(i32::from(FailureKind::Bug.exit_code())));
}

/// The agent's, or a person's, request to stop.
#[derive(Clone)]
pub(crate) struct Cancellation(watch::Receiver<bool>);

impl Cancellation {
    fn listen() -> Self {
        let (tell, told) = watch::channel(false);
        tokio::spawn(async move {
            asked_to_stop().await;
            let _ = tell.send(true);
            // Without a sender nobody could be told later.
            tell.closed().await;
        });
        Self(told)
    }

    /// For whom it is enough to look: `true` once the request is there.
    pub(crate) fn told(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }

    /// Is there once the request is, and stays so.
    pub(crate) async fn requested(&self) {
        let mut told = self.0.clone();
        if told.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Runs work that ends by itself when it is asked to stop.
pub(crate) fn until_done<W: Future<Output = Result<Ending, Failure>>>(
    console: &Console,
    work: impl FnOnce(Cancellation) -> W,
) -> Result<Ending, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(
                FailureKind::Service,
                format!("The machine gave no resources to start: {error}."),
            )
        })?;
    let _ = patkeeper_agent::debug::install(console);
    let end = runtime.block_on(async { work(Cancellation::listen()).await });
    // A name that is still being looked up cannot be given up, only left behind.
    runtime.shutdown_background();
    end
}

/// Runs the work to its end, or to the agent's cancellation, whichever is first. `stands` says what is so then.
pub(crate) fn to_the_end(
    console: &Console,
    stands: &str,
    work: impl Future<Output = Result<Ending, Failure>>,
) -> Result<Ending, Failure> {
    until_done(console, async |cancellation: Cancellation| {
        tokio::select! {
            // What is done counts even if the signal came in the same moment.
            biased;
            ending = work => ending,
            () = cancellation.requested() => Err(cancelled(stands)),
        }
    })
}

/// The run was cancelled; `stands` says what is so.
pub(crate) fn cancelled(stands: &str) -> Failure {
    Failure::new(
        FailureKind::Cancelled,
        format!("Cancelled: no further request was begun. {stands}"),
    )
}

/// Waits for the agent's, or a person's, request to stop.
#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Waits for the agent's, or a person's, request to stop.
#[cfg(windows)]
async fn asked_to_stop() {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let (Ok(mut interrupt), Ok(mut stop)) = (ctrl_c(), ctrl_break()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = stop.recv() => {}
    }
}
