//! The one HTTP client. Every request of the product, the SDKs' included, goes through it.
//!
//! It owns what must be the same everywhere: the agent's proxy and CA settings, no redirects, https only,
//! time-outs, one retry policy, bounded bodies, and errors that hold neither a URL's query nor a secret.

mod client;
mod error;
mod settings;

pub use client::{Client, Repeat, Request, Response};
pub use error::HttpError;
pub use settings::{Proxy, Settings, SettingsError};
