//! The Azure Pipelines agent's protocol, and the registry of every task's inputs and outputs.
//!
//! | room | what it knows |
//! |---|---|
//! | [`registry`] | every task, input and output, declared once |
//! | [`inputs`] | reading and checking the values given |
//! | [`command`] | logging commands and their escaping |
//! | [`console`] | the one place that prints: scrubs, neutralises, flushes |

pub mod command;
pub mod console;
pub mod inputs;
pub mod registry;
