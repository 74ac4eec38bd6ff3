//! The audit log: what is written into it, and when.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Cloud, Pat};

/// One entry of an organization's audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// GUID.
    pub id: String,
    /// The organization's name.
    pub organization: String,
    /// When.
    pub at: DateTime<Utc>,
    /// `actionId`, for example `Token.PatCreateEvent`.
    pub action: String,
    /// The actor's id; `None`: the service itself.
    pub actor: Option<String>,
    /// `actorUPN`, any text.
    pub upn: String,
    /// `actorDisplayName`, any text.
    pub display_name: String,
    /// `authenticationMechanism`.
    pub mechanism: String,
    /// `ipAddress`.
    pub address: Option<String>,
    /// `userAgent`, any text.
    pub agent: String,
    /// `details`, any text.
    pub details: String,
    /// `data`.
    pub data: Map<String, Value>,
    /// Its text in an answer has an escape that JSON does not know.
    pub bad_escape: bool,
}

/// An event to put into the log.
#[derive(Debug, Clone)]
pub struct AuditSeed {
    organization: String,
    action: String,
    at: Option<DateTime<Utc>>,
    actor: Option<String>,
    address: Option<String>,
    agent: String,
    details: Option<String>,
    data: Map<String, Value>,
    bad_escape: bool,
}

impl AuditSeed {
    /// An event of the service itself, now, without data.
    pub fn new(organization: &str, action: &str) -> Self {
        Self {
            organization: organization.to_owned(),
            action: action.to_owned(),
            at: None,
            actor: None,
            address: None,
            agent: String::new(),
            details: None,
            data: Map::new(),
            bad_escape: false,
        }
    }

    /// What the service writes about this PAT of the books when it does or notices `action`: details, and data in
    /// the less usual spellings.
    pub fn of_pat(organization: &str, action: &str, pat: &Pat, owner: &str) -> Self {
        let (details, data) = words(action, pat, owner, 0);
        let mut seed = Self::new(organization, action).details(&details);
        seed.data = data;
        seed
    }

    /// Then.
    #[must_use]
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// By this user (id).
    #[must_use]
    pub fn by(mut self, user: &str) -> Self {
        self.actor = Some(user.to_owned());
        self
    }

    /// From this address, with this user agent.
    #[must_use]
    pub fn from(mut self, address: &str, agent: &str) -> Self {
        self.address = Some(address.to_owned());
        agent.clone_into(&mut self.agent);
        self
    }

    /// With these details.
    #[must_use]
    pub fn details(mut self, text: &str) -> Self {
        self.details = Some(text.to_owned());
        self
    }

    /// With one more property of `data`.
    #[must_use]
    pub fn data(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.data.insert(key.to_owned(), value.into());
        self
    }

    /// With an escape in its text that JSON does not know.
    #[must_use]
    pub fn bad_escape(mut self) -> Self {
        self.bad_escape = true;
        self
    }
}

/// Who does something, as the audit log tells it.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// A user's id; `None`: the service itself.
    pub(crate) id: Option<String>,
    pub(crate) mechanism: &'static str,
    pub(crate) agent: String,
}

impl Cloud {
    /// Switches an organization's auditing on or off; it is off at first, as in the real service. While it is off
    /// nothing that happens is written.
    pub fn audit(&mut self, organization: &str, on: bool) {
        self.add_organization(organization);
        if let Some(known) = self.organization_mut(organization) {
            known.auditing = on;
        }
    }

    /// Puts an event into the log, whether or not auditing is on; returns its id.
    pub fn add_event(&mut self, seed: AuditSeed) -> String {
        let id = self.mint.guid();
        let (upn, display_name) = self.names(seed.actor.as_deref());
        self.events.push(AuditEvent {
            id: id.clone(),
            organization: seed.organization,
            at: seed.at.unwrap_or_else(|| self.now()),
            details: seed.details.unwrap_or_else(|| seed.action.clone()),
            mechanism: mechanism(seed.actor.as_deref()).to_owned(),
            action: seed.action,
            actor: seed.actor,
            upn,
            display_name,
            address: seed.address,
            agent: seed.agent,
            data: seed.data,
            bad_escape: seed.bad_escape,
        });
        id
    }

    /// The whole log of all organizations, in the order of writing.
    pub fn events(&self) -> &[AuditEvent] {
        &self.events
    }

    fn names(&self, actor: Option<&str>) -> (String, String) {
        match actor {
            None => (String::new(), "Azure DevOps Service".to_owned()),
            Some(id) => self.user(id).map_or_else(
                || (String::new(), id.to_owned()),
                |user| (user.upn.clone(), user.display_name.clone()),
            ),
        }
    }

    /// Writes down what happened to a PAT, where auditing is on.
    pub(crate) fn note_pat(&mut self, organization: &str, action: &str, pat: &Pat, actor: &Actor) {
        let owner = self
            .user(&pat.owner)
            .map_or(String::new(), |user| user.upn.clone());
        let (details, data) = words(action, pat, &owner, self.events.len());
        self.note(organization, action, details, data, actor);
    }

    /// Writes down what happened, where auditing is on.
    pub(crate) fn note(
        &mut self,
        organization: &str,
        action: &str,
        details: String,
        data: Map<String, Value>,
        actor: &Actor,
    ) {
        if !self
            .organization(organization)
            .is_some_and(|known| known.auditing)
        {
            return;
        }
        let (upn, display_name) = self.names(actor.id.as_deref());
        let id = self.mint.guid();
        // Every fourth one comes without an address.
        let address = (!self.events.len().is_multiple_of(4)).then(|| "203.0.113.7".to_owned());
        self.events.push(AuditEvent {
            id,
            organization: organization.to_owned(),
            at: self.now(),
            action: action.to_owned(),
            actor: actor.id.clone(),
            upn,
            display_name,
            mechanism: actor.mechanism.to_owned(),
            address,
            agent: actor.agent.clone(),
            details,
            data,
            bad_escape: false,
        });
    }
}

fn mechanism(actor: Option<&str>) -> &'static str {
    match actor {
        Some(_) => "AAD",
        None => "",
    }
}

/// Details and data of an event about a PAT. The keys of `data` are not documented, so their spelling changes with
/// `number`.
fn words(action: &str, pat: &Pat, owner: &str, number: usize) -> (String, Map<String, Value>) {
    let name = &pat.display_name;
    let details = match action {
        "Token.PatCreateEvent" => format!("Personal Access Token \"{name}\" was created."),
        "Token.PatUpdateEvent" => format!("Personal Access Token \"{name}\" was updated."),
        "Token.PatRevokeEvent" => format!("Personal Access Token \"{name}\" was revoked."),
        "Token.PatExpiredEvent" => format!("Personal Access Token \"{name}\" has expired."),
        "Token.PatSystemRevokeEvent" => {
            format!("Personal Access Token \"{name}\" of user \"{owner}\" was revoked by the system.")
        }
        "Token.PatPublicDiscoveryEvent" => {
            format!("Personal Access Token \"{name}\" of user \"{owner}\" was found in a public repository.")
        }
        other => format!("{other} \"{name}\""),
    };
    let (from, to) = (pat.valid_from.to_rfc3339(), pat.valid_to.to_rfc3339());
    let is_global = pat.target_accounts.is_none();
    let data = match number % 3 {
        0 => json!({
            "DisplayName": name, "OwnerName": owner, "Scopes": pat.scope, "TokenType": "PersonalAccessToken",
            "AuthorizationId": pat.authorization_id, "ValidFrom": from, "ValidTo": to, "TargetUser": pat.owner,
            "IsGlobal": is_global,
        }),
        1 => json!({
            "displayname": name, "ownername": owner, "scope": pat.scope, "authorizationid": pat.authorization_id,
            "validfrom": from, "validto": to,
        }),
        _ => json!({
            "DISPLAYNAME": name, "authorizationID": pat.authorization_id, "sCoPeS": pat.scope.split(' ').collect::<Vec<_>>(),
            "Global": is_global, "extra": { "nested": [1, null, true] },
        }),
    };
    match data {
        Value::Object(data) => (details, data),
        _ => (details, Map::new()),
    }
}
