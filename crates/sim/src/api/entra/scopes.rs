//! What a request asks for.

use super::denial::{Denial, Words};
use crate::cloud::{App, Instance, Resource};

/// A `scope` parameter, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    /// The resource as spelled; the token's audience.
    pub(super) audience: String,
    /// Without their resource; `.default` among them as such.
    pub(super) permissions: Vec<String>,
    pub(super) offline: bool,
    pub(super) openid: bool,
}

impl Asked {
    /// Reads scopes for one resource.
    pub(super) fn read(instance: Instance, scope: &str, words: &mut Words) -> Result<Self, Denial> {
        let mut asked = Self::default();
        let mut resource = None;
        scope.clone_into(&mut words.scope);
        for part in scope.split_ascii_whitespace() {
            match part {
                "offline_access" => asked.offline = true,
                "openid" => asked.openid = true,
                "profile" | "email" => {}
                _ => {
                    let (identifier, permission) = split(instance, part);
                    let known = find(instance, identifier, permission, words)?;
                    if resource.is_some_and(|first| first != known) {
                        return Err(Denial::new(28_000, words));
                    }
                    resource = Some(known);
                    identifier.clone_into(&mut asked.audience);
                    asked.permissions.push(permission.to_owned());
                }
            }
        }
        if asked.audience.is_empty() {
            instance.default_resource().clone_into(&mut asked.audience);
        }
        asked.audience.clone_into(&mut words.resource);
        Ok(asked)
    }

    /// Checks scopes for any number of resources, as the authorization page takes them.
    pub(super) fn check(instance: Instance, scope: &str, words: &mut Words) -> Result<(), Denial> {
        scope.clone_into(&mut words.scope);
        for part in scope.split_ascii_whitespace().filter(|part| !is_openid(part)) {
            let (identifier, permission) = split(instance, part);
            find(instance, identifier, permission, words)?;
        }
        Ok(())
    }

    /// The permissions of a user's token: those asked for, which must all have been consented to. (The service
    /// adds whatever else was consented to; this is the less kind half of that.)
    pub(super) fn granted(&self, instance: Instance, app: &App, words: &Words) -> Result<String, Denial> {
        let resource = instance.resource(&self.audience);
        let consented: Vec<&str> = app
            .consented
            .iter()
            .map(|scope| split(instance, scope))
            .filter(|(identifier, _)| instance.resource(identifier) == resource)
            .map(|(_, permission)| permission)
            .collect();
        let mut granted: Vec<&str> = Vec::new();
        for wanted in &self.permissions {
            if wanted == ".default" {
                granted.extend(&consented);
            } else if consented.contains(&wanted.as_str()) {
                granted.push(wanted);
            } else {
                return Err(Denial::new(65_001, words));
            }
        }
        if granted.is_empty() && !self.permissions.is_empty() {
            return Err(Denial::new(65_001, words));
        }
        granted.dedup();
        Ok(granted.join(" "))
    }
}

fn is_openid(part: &str) -> bool {
    matches!(part, "offline_access" | "openid" | "profile" | "email")
}

/// Resource and permission. What stands before the last slash is the resource, a slash at its end included.
fn split(instance: Instance, part: &str) -> (&str, &str) {
    part.rsplit_once('/')
        .unwrap_or_else(|| (instance.default_resource(), part))
}

fn find(
    instance: Instance,
    identifier: &str,
    permission: &str,
    words: &mut Words,
) -> Result<Resource, Denial> {
    identifier.clone_into(&mut words.resource);
    let known = instance
        .resource(identifier)
        .ok_or_else(|| Denial::new(500_011, words))?;
    if permission != ".default" && !known.offers(permission) {
        permission.clone_into(&mut words.scope);
        return Err(Denial::new(650_053, words));
    }
    Ok(known)
}
