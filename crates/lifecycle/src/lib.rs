//! The use cases, over ports. Nothing here knows HTTP, an agent or a file.
//!
//! | room | what it does |
//! |---|---|
//! | [`ports`] | what the use cases need of the outside world |
//! | [`monitor`] | PatMonitor: read every organization |
//! | [`organization`] | everybody's PATs: users stream by, each one is read once |
//! | [`audit`] | PatAudit: read every organization's audit log |
//! | [`rotate`] | PatRotate: does what the core plans |
//! | [`revoke`] | PatRevoke: reads what is meant, and revokes it |
//! | [`tell`] | tell every channel |

pub mod audit;
pub mod monitor;
pub mod organization;
pub mod ports;
pub mod revoke;
pub mod rotate;
pub mod tell;
