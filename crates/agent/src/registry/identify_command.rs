//! `patkeeper identify`, which says whose a leaked PAT is: a command for people, not a task of the agent.
//!
//! The PAT has no flag: a command line stays in the shell's history and in the list of processes.

use super::{Input, Task, organization};

/// Where the PAT may work.
pub const ORGANIZATION: Input = Input {
    help: "An organization in which the PAT may work: `https://dev.azure.com/acme/`, `https://acme.visualstudio.com/` \
           or just `acme`. Several: give the flag several times. A PAT that may list its owner's organizations \
           needs none.",
    default: None,
    ..organization::SEVERAL
};

/// The command.
pub static COMMAND: Task = Task {
    name: "identify",
    command: "identify",
    about: "Reads a leaked PAT from standard input, and says whose it is and in which organizations it still works. It is never shown.",
    groups: &[],
    inputs: &[ORGANIZATION],
    outputs: &[],
};
