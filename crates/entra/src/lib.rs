//! Where Microsoft Entra tokens come from. Every source is a [`TokenSource`]; what spends the token knows
//! nothing else of it.
//!
//! | room | what it knows |
//! |---|---|
//! | [`given`] | a token that an earlier step got (`signIn: accessToken`) |
//! | `setup` | what every source needs |
//! | `oidc` | the service connection's assertion |
//! | `words` | a service's own words and ids, as failures quote them |

pub mod given;
mod oidc;
mod setup;
mod words;

pub use given::GivenToken;
pub use oidc::OidcRequest;
pub use patkeeper_http::{TokenFacts, TokenSource};
pub use setup::Setup;
