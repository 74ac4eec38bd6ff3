//! Writing tags, within what a store takes.

use std::collections::BTreeMap;

use super::super::record::{Intent, Metadata, Owner, Record, Superseded, Unsettled};
use super::{
    ID, INTENT, NAME, NO_PAT_YET, ORGANIZATION, OVERFLOW, OWNER, PLACEHOLDER, ROTATION, SCOPES, SUPERSEDES,
    TagLimits, UNSETTLED, VALID_TO,
};
use crate::scope::ScopeSet;
use crate::time::second;

/// Why tags cannot be written: the store would not take them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagsFull {
    /// A list of Patkeeper's does not fit.
    #[error(
        "what belongs into the tag {tag} and its overflow needs {needed} characters, and does not go into {characters}"
    )]
    List {
        /// Which one.
        tag: &'static str,
        /// What it and its overflow take.
        characters: usize,
        /// What is to be written.
        needed: usize,
    },
    /// There are too many tags.
    #[error("it would have {needed} tags ({foreign} of them not Patkeeper's), and {allowed} are allowed")]
    Count {
        /// All of them.
        needed: usize,
        /// Those that are not Patkeeper's.
        foreign: usize,
        /// What the store takes.
        allowed: usize,
    },
    /// A single value does not fit.
    #[error("the tag {tag} would have {needed} characters, and {allowed} are allowed")]
    Value {
        /// Which one.
        tag: String,
        /// What is to be written.
        needed: usize,
        /// What the store takes.
        allowed: usize,
    },
}

impl Metadata {
    /// The tags that say this, the foreign ones among them.
    ///
    /// # Errors
    /// They are more than the store takes.
    pub fn write(&self, limits: TagLimits) -> Result<BTreeMap<String, String>, TagsFull> {
        let mut tags = self.foreign.clone();
        if let Some(record) = &self.record {
            put_record(&mut tags, record, limits)?;
        }
        if self.placeholder {
            tags.insert(PLACEHOLDER.to_owned(), NO_PAT_YET.to_owned());
        }
        if let Some(intent) = &self.intent {
            tags.insert(INTENT.to_owned(), write_intent(intent));
        }
        put_list(
            &mut tags,
            SUPERSEDES,
            self.superseded.iter().map(write_superseded),
            limits,
        )?;
        if !self.unsettled.is_empty() {
            tags.insert(UNSETTLED.to_owned(), write_unsettled(&self.unsettled));
        }
        if tags.len() > limits.tags {
            return Err(TagsFull::Count {
                needed: tags.len(),
                foreign: self.foreign.len(),
                allowed: limits.tags,
            });
        }
        match tags
            .iter()
            .find(|(_, value)| value.chars().count() > limits.characters)
        {
            Some((tag, value)) => Err(TagsFull::Value {
                tag: tag.clone(),
                needed: value.chars().count(),
                allowed: limits.characters,
            }),
            None => Ok(tags),
        }
    }

    /// Whether one more unsettled name would fit into its tag.
    pub(crate) fn has_room_for_unsettled(&self, name: &Unsettled, limits: TagLimits) -> bool {
        let mut all = self.unsettled.clone();
        all.push(name.clone());
        write_unsettled(&all).len() <= limits.characters
    }
}

fn put_record(
    tags: &mut BTreeMap<String, String>,
    record: &Record,
    limits: TagLimits,
) -> Result<(), TagsFull> {
    let mut put = |tag: &str, value: String| {
        if !value.is_empty() {
            tags.insert(tag.to_owned(), value);
        }
    };
    put(ID, record.id.to_string());
    put(NAME, cut(&record.display_name, limits));
    put(ORGANIZATION, record.organization.name().to_owned());
    put(OWNER, cut(&write_owner(&record.owner), limits));
    put(VALID_TO, second(record.valid_to));
    if let Some(rotation) = record.rotation {
        put(ROTATION, rotation.to_string());
    }
    put_list(tags, SCOPES, record.scopes.iter().map(str::to_owned), limits)
}

/// Whether a record can name all of these scopes.
pub(in crate::rotation) fn has_room_for(scopes: &ScopeSet, limits: TagLimits) -> bool {
    let names = scopes.iter().map(str::to_owned);
    put_list(&mut BTreeMap::new(), SCOPES, names, limits).is_ok()
}

/// A list over as many tags as it needs, in order.
fn put_list(
    tags: &mut BTreeMap<String, String>,
    tag: &'static str,
    items: impl Iterator<Item = String>,
    limits: TagLimits,
) -> Result<(), TagsFull> {
    let mut filled: Vec<String> = Vec::new();
    let mut needed = 0;
    for item in items {
        needed += item.len() + 1;
        match filled.last_mut() {
            Some(last) if last.len() + 1 + item.len() <= limits.characters => {
                last.push(' ');
                last.push_str(&item);
            }
            _ => filled.push(item),
        }
    }
    if filled.len() > OVERFLOW.len() || filled.iter().any(|text| text.len() > limits.characters) {
        return Err(TagsFull::List {
            tag,
            characters: limits.characters * OVERFLOW.len(),
            needed,
        });
    }
    for (number, text) in OVERFLOW.iter().zip(filled) {
        tags.insert(format!("{tag}{number}"), text);
    }
    Ok(())
}

fn write_owner(owner: &Owner) -> String {
    match owner.name() {
        Some(name) => format!("{} {name}", owner.id()),
        None => owner.id().to_owned(),
    }
}

fn write_superseded(superseded: &Superseded) -> String {
    format!("{}@{}", superseded.id, second(superseded.not_before))
}

fn write_unsettled(unsettled: &[Unsettled]) -> String {
    let items: Vec<String> = unsettled
        .iter()
        .map(|unsettled| format!("{}@{}", unsettled.name, second(unsettled.since)))
        .collect();
    items.join("/")
}

fn write_intent(intent: &Intent) -> String {
    format!(
        "{}/{}/{}/{}{}",
        intent.rotation,
        intent.name,
        second(intent.start),
        intent.run,
        if intent.storing { "/storing" } else { "" }
    )
}

/// Names of strangers can be of any length, and nothing is decided by them.
fn cut(text: &str, limits: TagLimits) -> String {
    let whole = text.trim_end();
    if whole.chars().count() <= limits.characters {
        return whole.to_owned();
    }
    let kept: String = whole.chars().take(limits.characters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
