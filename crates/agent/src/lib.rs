//! The Azure Pipelines agent's protocol, and the registry of every task's inputs and outputs.
//!
//! | room | what it knows |
//! |---|---|
//! | [`registry`] | every task, input and output, declared once |
//! | [`manifest`], [`docs`] | what is generated from it: `task.json`'s part, the tables in `docs/` |
//! | [`inputs`] | reading and checking the values given |
//! | [`context`], [`endpoints`] | what else the agent tells: the build, service connections |
//! | [`connection`] | which Azure identity a service connection stands for |
//! | [`command`] | logging commands and their escaping |
//! | [`scrub`] | every form that a secret may appear in |
//! | [`console`] | the one place that prints: scrubs, neutralizes, flushes |
//! | [`debug`] | the program's own tracing, sent through the console |

pub mod command;
pub mod connection;
pub mod console;
pub mod context;
pub mod debug;
pub mod docs;
pub mod endpoints;
pub mod inputs;
pub mod manifest;
pub mod registry;
pub mod scrub;

/// Who runs the program: it decides how inputs are named and what the console writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// The Azure Pipelines agent: `INPUT_*` variables in, logging commands out.
    Agent,
    /// A person or a script: flags in, plain text out.
    People,
}

impl Front {
    /// An input as its reader knows it: `warningDays`, or `--warning-days`.
    #[must_use]
    pub fn label(self, name: &str) -> String {
        match self {
            Self::Agent => name.to_owned(),
            Self::People => format!("--{}", registry::kebab_case(name)),
        }
    }
}
