//! One entry of the audit log.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// One entry of the audit log, as `decoratedAuditLogEntries` has it. All but the first two may be missing; all texts
/// are of strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What was done, e.g. `Token.PatCreateEvent`.
    pub action: String,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// The service's id of the entry.
    pub id: Option<String>,
    /// Who did it: UPN (`actorUPN`).
    pub actor_upn: Option<String>,
    /// Who did it: display name.
    pub actor_name: Option<String>,
    /// Who did it: a stable id (`actorCUID`, else `actorUserId`).
    pub actor_id: Option<String>,
    /// From which address.
    pub ip_address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// How the actor had signed in (`authenticationMechanism`).
    pub mechanism: Option<String>,
    /// The sentence of the service.
    pub details: Option<String>,
    /// `create`, `modify`, `remove`, `access`.
    pub category: Option<String>,
    /// `data`, its keys in lower case, its values as text; nested values as JSON. What it holds for PATs is not
    /// documented.
    pub data: BTreeMap<String, String>,
}
