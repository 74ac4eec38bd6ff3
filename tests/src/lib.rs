//! An emulator of the Azure Pipelines agent, for tests of the packaged tasks.
//!
//! It runs what an agent runs: the files of the VSIX, through `node`, with an agent's environment; reads what
//! the step prints the way an agent reads it; and keeps everything that was written, so that a test can ask
//! whether a secret is in it. All but the last room know nothing of Patkeeper: their rules are the agent's.
//!
//! | room | what it knows |
//! |---|---|
//! | [`package`] | the VSIX, and the task folders in it |
//! | [`manifest`] | the parts of `task.json` that an agent acts on |
//! | [`job`] | variables, secrets, connections, and the environment that a step gets |
//! | [`command`] | finding a logging command in a line |
//! | [`masker`] | what the log shows in place of secrets |
//! | [`step`] | what the commands of a step add up to |
//! | [`running`] | the process: its streams, its end, its cancellation |
//! | [`processes`] | what is seen of processes from outside |
//! | [`leak`] | the search for secrets in everything written |
//! | [`office`] | the same company with all that a sign-in can begin with |
//! | [`world`] | the simulated company, and one job that runs PatMonitor |
//! | [`invariants`] | what a rotation must never break, read off the simulator's books |
//! | [`revocations`] | the same for a revocation |
//! | [`documents`] | the reports of steps, held against their published schemas |
//! | [`hostile`] | texts of strangers that must not act, and what shows that one did |

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a broken premise should end the test where it is found"
)]

pub mod command;
pub mod documents;
pub mod hostile;
pub mod invariants;
pub mod job;
pub mod leak;
pub mod manifest;
pub mod masker;
pub mod office;
pub mod package;
pub mod processes;
pub mod revocations;
pub mod running;
pub mod step;
pub mod world;
