//! Where Microsoft Entra tokens come from. Every source is a [`TokenSource`]; what spends the token knows
//! nothing else of it.
//!
//! | room | what it knows |
//! |---|---|
//! | [`given`] | a token that an earlier step got (`signIn: accessToken`) |
//! | [`delegated`] | a user's sign-in, and the refresh token that it leaves (`signIn: refreshToken`) |
//! | `setup` | what every source needs |
//! | `identity` | whoever needs no person: an app, a managed identity, the Azure CLI's account |
//! | `service_principal` | an app that proves itself with an assertion or a secret |
//! | `oidc` | the service connection's assertion |
//! | `managed` | the identity of the machine |
//! | `azure_cli` | `az`, and what it sees of the environment |
//! | `cache` | one token for all who ask, as long as it is good |
//! | `exchange` | Microsoft's library, through the one client |
//! | `refusal` | Microsoft Entra's answers that are no token |

mod azure_cli;
mod cache;
pub mod delegated;
mod exchange;
pub mod given;
mod identity;
#[cfg(test)]
mod loopback;
mod managed;
mod oidc;
mod refusal;
mod service_principal;
mod setup;

pub use given::GivenToken;
pub use identity::Identity;
pub use oidc::OidcRequest;
pub use patkeeper_http::{TokenFacts, TokenSource};
pub use setup::Setup;
