//! The one HTTP client. Every request of the product, the SDKs' included, goes through it.
//!
//! It owns what must be the same everywhere: the agent's proxy and CA settings, no redirects, https only,
//! time-outs, one retry policy, bounded bodies, and errors that hold neither a URL's query nor a secret.
//!
//! | room | what it knows |
//! |---|---|
//! | `settings` | the agent's network variables |
//! | `transport` | how settings become connections |
//! | `bearer` | whose token goes into a request, and what a token says of itself |
//! | `request`, `response` | one request, one answer read whole |
//! | `client` | sending: pace, tries, counting |
//! | `retry` | what may be sent again, and when: the only place that decides it |
//! | `pace` | how fast each host is asked, by what it says of that itself |
//! | `cause` | telling certificate, proxy, connection and broken answer apart |
//! | `error` | what is said of them |
//! | `azure` | the same client, as the one that Microsoft's SDK sends with |
//! | `echo` | taking what was sent out of what comes back |
//! | [`words`] | a service's own words and ids, as failures quote them |

pub mod azure;
mod bearer;
mod cause;
mod client;
mod echo;
mod error;
#[cfg(test)]
mod loopback;
mod pace;
mod repair;
mod request;
mod response;
mod retry;
mod settings;
mod transport;
pub mod words;

pub use bearer::{AZURE_DEVOPS, BoxFuture, Mask, TokenFacts, TokenSource};
pub use client::Client;
pub use echo::Echo;
pub use error::HttpError;
pub use request::{Repeat, Request};
pub use response::{NotJson, Response};
pub use settings::{Proxy, Settings, SettingsError};
