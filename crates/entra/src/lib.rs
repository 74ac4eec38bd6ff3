//! Where Microsoft Entra tokens come from. Every source is a [`TokenSource`]; what spends the token knows
//! nothing else of it.
//!
//! | room | what it knows |
//! |---|---|
//! | [`given`] | a token that an earlier step got (`signIn: accessToken`) |

pub mod given;

pub use given::GivenToken;
pub use patkeeper_http::{TokenFacts, TokenSource};
