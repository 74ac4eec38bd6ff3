//! Reading tags. Whatever is not exactly what is written is an error with the tag's name, never a default.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::scope::ScopeSet;
use crate::time;

use super::super::record::{Intent, Metadata, Owner, Record, RunId, Superseded, Unsettled, seconds};
use super::super::{BaseName, RotationId};
use super::{
    BadTag, ID, INTENT, NAME, NO_PAT_YET, ORGANIZATION, OVERFLOW, OWNER, PLACEHOLDER, ROTATION, SCOPES,
    SUPERSEDES, UNSETTLED, VALID_TO,
};

impl Metadata {
    /// Reads the tags of one version.
    ///
    /// # Errors
    /// The first tag that does not hold what belongs there, or is missing.
    pub fn read(tags: &BTreeMap<String, String>) -> Result<Self, BadTag> {
        let mut left = tags.clone();
        let superseded = list(&mut left, SUPERSEDES, " ")
            .iter()
            .map(|item| superseded(item).ok_or_else(|| malformed(SUPERSEDES, item, "id@not-before")))
            .collect::<Result<_, _>>()?;
        let unsettled = left
            .remove(UNSETTLED)
            .iter()
            .flat_map(|text| text.split('/'))
            .filter(|item| !item.is_empty())
            .map(|item| unsettled(item).ok_or_else(|| malformed(UNSETTLED, item, "name@since")))
            .collect::<Result<_, _>>()?;
        let intent = left
            .remove(INTENT)
            .map(|text| intent(&text).ok_or_else(|| malformed(INTENT, &text, "an intent of Patkeeper's")))
            .transpose()?;
        let placeholder = match left.remove(PLACEHOLDER).as_deref() {
            None => false,
            Some(NO_PAT_YET) => true,
            Some(text) => return Err(malformed(PLACEHOLDER, text, NO_PAT_YET)),
        };
        Ok(Self {
            record: record(&mut left)?,
            placeholder,
            intent,
            superseded,
            unsettled,
            foreign: left,
        })
    }
}

fn malformed(tag: &'static str, value: &str, expected: &'static str) -> BadTag {
    BadTag::Malformed {
        tag,
        value: value.to_owned(),
        expected,
    }
}

/// The items of a list, over all the tags that it fills.
fn list(tags: &mut BTreeMap<String, String>, tag: &str, separator: &str) -> Vec<String> {
    OVERFLOW
        .iter()
        .filter_map(|number| tags.remove(&format!("{tag}{number}")))
        .flat_map(|text| text.split(separator).map(str::to_owned).collect::<Vec<_>>())
        .filter(|item| !item.is_empty())
        .collect()
}

fn record(tags: &mut BTreeMap<String, String>) -> Result<Option<Record>, BadTag> {
    let scopes = list(tags, SCOPES, " ");
    let [id, name, organization, owner, valid_to, rotation] =
        [ID, NAME, ORGANIZATION, OWNER, VALID_TO, ROTATION].map(|tag| (tag, tags.remove(tag)));
    let given = [&id, &name, &organization, &owner, &valid_to, &rotation];
    if scopes.is_empty() && given.iter().all(|(_, text)| text.is_none()) {
        return Ok(None);
    }
    Ok(Some(Record {
        id: required(id, "an authorization id", authorization_id)?,
        // A PAT that was adopted may have neither.
        display_name: name.1.unwrap_or_default(),
        organization: required(organization, "an organization's name", |text| {
            Organization::parse(text).ok()
        })?,
        owner: required(owner, "an id and a name", read_owner)?,
        scopes: scopes.iter().map(String::as_str).collect::<ScopeSet>(),
        valid_to: required(valid_to, "a time such as 2026-12-01T08:00:00Z", moment)?,
        rotation: match rotation {
            (_, None) => None,
            given => Some(required(given, "32 hex digits", RotationId::parse)?),
        },
    }))
}

fn required<T>(
    (tag, text): (&'static str, Option<String>),
    expected: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, BadTag> {
    let text = text.ok_or(BadTag::Missing(tag))?;
    Some(text.as_str())
        .filter(|text| !text.trim().is_empty())
        .and_then(read)
        .ok_or_else(|| malformed(tag, &text, expected))
}

fn authorization_id(text: &str) -> Option<AuthorizationId> {
    Some(AuthorizationId::new(text)).filter(AuthorizationId::is_guid)
}

fn read_owner(text: &str) -> Option<Owner> {
    let (id, name) = text.split_once(' ').unwrap_or((text, ""));
    (!id.is_empty()).then(|| Owner::new(id, Some(name)))
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    time::parse(text).map(seconds)
}

fn superseded(item: &str) -> Option<Superseded> {
    let (id, not_before) = item.split_once('@')?;
    Some(Superseded {
        id: authorization_id(id)?,
        not_before: moment(not_before)?,
    })
}

fn unsettled(item: &str) -> Option<Unsettled> {
    let (name, since) = item.rsplit_once('@')?;
    Some(Unsettled {
        name: generation(name)?,
        since: moment(since)?,
    })
}

/// A name that a rotation could have minted. PATs are revoked by it, so it may not be just anything.
fn generation(name: &str) -> Option<String> {
    let base = name.len().checked_sub("-YYYY-MM-DD-xxxxxxxx".len())?;
    let base = BaseName::parse(name.get(..base)?).ok()?;
    base.recognize(name).map(|_| name.to_owned())
}

fn intent(text: &str) -> Option<Intent> {
    let mut parts = text.split('/');
    let mut part = || parts.next();
    let intent = Intent {
        rotation: RotationId::parse(part()?)?,
        name: generation(part()?)?,
        start: moment(part()?)?,
        run: {
            let [collection, build, job, attempt] = [part()?, part()?, part()?, part()?];
            let run = RunId::new(collection, build, job, attempt.parse().ok()?);
            // Only what is written like a run is one: anything else would be replaced by a checksum.
            (run.to_string() == format!("{collection}/{build}/{job}/{attempt}")).then_some(run)?
        },
        storing: match part() {
            None => false,
            Some("storing") => true,
            Some(_) => return None,
        },
    };
    part().is_none().then_some(intent)
}
