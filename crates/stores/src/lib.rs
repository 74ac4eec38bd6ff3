//! Where secrets are kept.
//!
//! | room | what it knows |
//! |---|---|
//! | [`secret`] | a stored secret, its version, and what is written beside it |
//! | [`key_vault`] | Azure Key Vault |

pub mod key_vault;
pub mod secret;

pub use key_vault::KeyVault;
pub use secret::{Change, Found, Metadata, NotStored, Secret, SecretId, Version, Versions};
