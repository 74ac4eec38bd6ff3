//! One run of one task: its checked inputs, and all that is around it.

use chrono::Utc;
use patkeeper_agent::console::Console;
use patkeeper_agent::context::AgentContext;
use patkeeper_agent::inputs::{Inputs, PatAuditInputs, PatMonitorInputs, PatRevokeInputs, PatRotateInputs};
use patkeeper_agent::registry::{Task, pat_audit, pat_monitor, pat_revoke, pat_rotate};
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::report::Run;
use patkeeper_http::{Client, Settings};

use crate::run::{self, Ending};
use crate::sign_in::Place;
use crate::{audit, monitor, revoke, rotate};

/// What is around a run.
pub(crate) struct Around<'a> {
    /// Proxy and trust.
    pub(crate) network: Settings,
    /// What the agent tells.
    pub(crate) context: &'a AgentContext,
    /// The agent's variables, for its connections: see [`Place::variables`].
    pub(crate) variables: &'a [(String, String)],
    /// Where to print.
    pub(crate) console: &'a Console,
}

impl Around<'_> {
    /// The one client of the run. Says first what people must know of the network.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        run::tell_of_network(self.console, &self.network);
        Client::new(&self.network).map_err(|error| error.failure())
    }

    /// Where it signs in.
    pub(crate) fn place<'a>(&'a self, client: &'a Client) -> Place<'a> {
        Place {
            console: self.console,
            client,
            proxy: self.network.proxy.as_ref(),
            variables: self.variables,
        }
    }

    /// The organization's account id as the agent names it, where the job runs in this very organization.
    pub(crate) fn known_account(&self, organization: &Organization) -> Option<String> {
        let here = Organization::parse(self.context.collection_uri.as_deref()?).ok()?;
        self.context
            .collection_id
            .clone()
            .filter(|_| here == *organization)
    }

    /// What a report says of the run.
    pub(crate) fn run(&self, task: &Task, client: &Client, at: chrono::DateTime<chrono::Utc>) -> Run {
        Run {
            task: task.name.to_owned(),
            at,
            requests: client.requests(),
            link: self.context.build_link.clone(),
            pipeline: self.context.pipeline.clone(),
        }
    }
}

/// Checks a task's inputs, then runs it.
pub(crate) fn perform(task: &'static Task, inputs: &Inputs, around: Around<'_>) -> Result<Ending, Failure> {
    match task.name {
        name if name == pat_monitor::TASK.name => {
            monitor::perform(PatMonitorInputs::read(inputs, around.context)?, around)
        }
        name if name == pat_rotate::TASK.name => rotate::perform(PatRotateInputs::read(inputs)?, around),
        name if name == pat_revoke::TASK.name => revoke::perform(PatRevokeInputs::read(inputs)?, around),
        name if name == pat_audit::TASK.name => {
            audit::perform(PatAuditInputs::read(inputs, Utc::now())?, around)
        }
        name => Err(Failure::new(
            FailureKind::Bug,
            format!("{name} is declared, and nothing runs it."),
        )),
    }
}
