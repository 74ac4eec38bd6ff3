//! Where secrets are kept.
//!
//! | room | what it knows |
//! |---|---|
//! | `rotated` | the port of a rotation: one secret of a vault |
//! | [`secret`] | a stored secret, its version, and what is written beside it |
//! | [`key_vault`] | Azure Key Vault |

pub mod key_vault;
mod rotated;
pub mod secret;

pub use key_vault::KeyVault;
pub use patkeeper_lifecycle::ports::NotDone;
pub use rotated::Rotated;
pub use secret::{Change, Found, Metadata, Secret, SecretId, Version, Versions};
