//! The policy file. Whatever is not understood is refused with its place: a rule that silently does not run
//! is worse than a step that does not start.

use super::waivers::Waiver;
use super::yaml::{self, Entry, Node, Place, Value, shown};
use super::{MOST_DAYS, NamePattern, Origin, Policy, PolicyFileError, Rule};
use crate::glob::Glob;
use crate::report::Severity;
use crate::scope::ScopeSet;
use crate::time;

type Read<T> = Result<T, PolicyFileError>;

/// The most a generation may say.
const MOST_GENERATIONS: u32 = 1000;

/// Overlays a policy with what the file says.
pub(super) fn apply(policy: &mut Policy, text: &str) -> Read<()> {
    let Some(document) = yaml::read(text)? else {
        return Err(Place::START.error("the file is empty; a policy file starts with `version: 1`"));
    };
    let top = Keys::of("the policy file", &document, &["version", "rules", "waivers"])?;
    let version = top.required("version")?;
    if number("version", version, 1, u32::MAX)? != 1 {
        return Err(version.place.error("`version` must be 1, the only one there is"));
    }
    // An empty section is fine: people comment its last item out.
    let section = |key| top.optional(key).filter(|node| node.value != Value::Nothing);
    for entry in section("rules")
        .map(entries_of_rules)
        .transpose()?
        .unwrap_or_default()
    {
        read_rule(policy, entry)?;
    }
    for node in section("waivers")
        .map(items_of_waivers)
        .transpose()?
        .unwrap_or_default()
    {
        policy.waivers.push(read_waiver(node)?);
    }
    Ok(())
}

fn entries_of_rules(node: &Node) -> Read<&[Entry]> {
    match &node.value {
        Value::Map(entries) => Ok(entries),
        other => Err(node.place.error(format!(
            "`rules` must be a map from rule to settings, not {}",
            kind(other)
        ))),
    }
}

fn items_of_waivers(node: &Node) -> Read<&[Node]> {
    match &node.value {
        Value::List(items) => Ok(items),
        other => Err(node
            .place
            .error(format!("`waivers` must be a list, not {}", kind(other)))),
    }
}

/// The keys that a rule has beside `severity`.
fn own_keys(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::Lifetime => &["severity", "maxDays"],
        Rule::ForbiddenScope => &["severity", "scopes"],
        Rule::Name => &["severity", "pattern"],
        Rule::PreferIdentity => &["severity", "maxDays", "generation"],
        _ => &["severity"],
    }
}

fn read_rule(policy: &mut Policy, entry: &Entry) -> Read<()> {
    let Some(rule) = Rule::find(&entry.key) else {
        let known = quoted(Rule::ALL.into_iter().map(Rule::id));
        return Err(entry
            .place
            .error(format!("`{}` is no rule; there are {known}", shown(&entry.key))));
    };
    let what = format!("`{}`", rule.id());
    let keys = Keys::of(&what, &entry.value, own_keys(rule))?;
    if keys.is_empty() {
        let allowed = quoted(own_keys(rule).iter().copied());
        return Err(entry
            .value
            .place
            .error(format!("{what} sets nothing; it may have {allowed}")));
    }
    let given = keys.optional("severity").map(severity).transpose()?;
    if let Some(severity) = given {
        policy.severities.insert(rule, severity);
    }
    if let Some(node) = keys.optional("maxDays") {
        let days = number("maxDays", node, 1, MOST_DAYS)?;
        match rule {
            Rule::PreferIdentity => policy.prefer_identity_days = days,
            _ => policy.max_lifetime_days = days,
        }
    }
    if let Some(node) = keys.optional("generation") {
        policy.prefer_identity_generation = number("generation", node, 1, MOST_GENERATIONS)?;
    }
    if let Some(node) = keys.optional("scopes") {
        policy.forbidden_scopes = scopes(node)?;
    }
    if let Some(node) = keys.optional("pattern") {
        let pattern = NamePattern::new(text("pattern", node)?).map_err(|error| {
            node.place
                .error(format!("`pattern` is no regular expression: {error}"))
        })?;
        policy.name_pattern = Some(pattern);
    }
    if rule == Rule::Name {
        match (&policy.name_pattern, given) {
            (Some(_), None) => {
                policy.severities.insert(rule, Severity::Warning);
            }
            (None, Some(severity)) if severity != Severity::Off => {
                return Err(entry
                    .value
                    .place
                    .error("`name` needs a `pattern`, such as '^(ci|svc)-[a-z0-9-]+$'"));
            }
            _ => {}
        }
    }
    policy.origins.insert(rule, Origin::File);
    Ok(())
}

fn read_waiver(node: &Node) -> Read<Waiver> {
    let keys = Keys::of("a waiver", node, &["rule", "pat", "reason", "until"])?;
    let named = keys.required("rule")?;
    let id = text("rule", named)?;
    let Some(rule) = Rule::find(id).filter(|rule| rule.can_be_waived()) else {
        let known = quoted(
            Rule::ALL
                .into_iter()
                .filter(|rule| rule.can_be_waived())
                .map(Rule::id),
        );
        return Err(named.place.error(format!(
            "`{}` is no rule that can be waived; those are {known}",
            shown(id)
        )));
    };
    let day = keys.required("until")?;
    let until = time::parse_day(text("until", day)?).ok_or_else(|| {
        day.place.error(
            "`until` must be a day of the calendar, such as 2027-01-31; the waiver holds to its end (UTC)",
        )
    })?;
    Ok(Waiver {
        rule,
        pat: Glob::new(text("pat", keys.required("pat")?)?),
        reason: text("reason", keys.required("reason")?)?.to_owned(),
        until,
    })
}

/// The keys of a map, all of them allowed ones.
struct Keys<'a> {
    what: &'a str,
    place: Place,
    entries: &'a [Entry],
}

impl<'a> Keys<'a> {
    fn of(what: &'a str, node: &'a Node, allowed: &[&str]) -> Read<Self> {
        let allowed_text = || quoted(allowed.iter().copied());
        let Value::Map(entries) = &node.value else {
            let kind = kind(&node.value);
            return Err(node.place.error(format!(
                "{what} must be a map with {}, not {kind}",
                allowed_text()
            )));
        };
        if let Some(entry) = entries
            .iter()
            .find(|entry| !allowed.contains(&entry.key.as_str()))
        {
            let key = shown(&entry.key);
            return Err(entry.place.error(format!(
                "`{key}` is not known in {what}; allowed: {}",
                allowed_text()
            )));
        }
        Ok(Self {
            what,
            place: node.place,
            entries,
        })
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn optional(&self, key: &str) -> Option<&'a Node> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    fn required(&self, key: &str) -> Read<&'a Node> {
        self.optional(key)
            .ok_or_else(|| self.place.error(format!("{} must have `{key}`", self.what)))
    }
}

fn text<'a>(key: &str, node: &'a Node) -> Read<&'a str> {
    match &node.value {
        Value::Text { text, .. } if !text.trim().is_empty() => Ok(text),
        Value::Text { .. } => Err(node.place.error(format!("`{key}` must not be empty"))),
        other => Err(node
            .place
            .error(format!("`{key}` must be a text, not {}", kind(other)))),
    }
}

fn number(key: &str, node: &Node, least: u32, most: u32) -> Read<u32> {
    let number = match &node.value {
        Value::Text { text, plain: true } if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().ok()
        }
        _ => None,
    };
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| {
            let allowed = if most == u32::MAX {
                String::new()
            } else {
                format!(" from {least} to {most}")
            };
            let message = match &node.value {
                Value::Text { text, .. } => {
                    format!(
                        "`{key}` must be a whole number{allowed}, without quotes, not `{}`",
                        shown(text)
                    )
                }
                other => format!("`{key}` must be a whole number{allowed}, not {}", kind(other)),
            };
            node.place.error(message)
        })
}

fn severity(node: &Node) -> Read<Severity> {
    let word = text("severity", node)?;
    match word {
        "off" => Ok(Severity::Off),
        "notice" => Ok(Severity::Notice),
        "warning" => Ok(Severity::Warning),
        "error" => Ok(Severity::Error),
        _ => {
            let word = shown(word);
            Err(node.place.error(format!(
                "`severity` must be `off`, `notice`, `warning` or `error`, not `{word}`"
            )))
        }
    }
}

/// Forbidden scopes: one text, or a list of texts; an empty list forbids none.
fn scopes(node: &Node) -> Read<ScopeSet> {
    let Value::List(items) = &node.value else {
        return Ok(ScopeSet::parse(text("scopes", node)?));
    };
    let words = items
        .iter()
        .map(|item| text("scopes", item))
        .collect::<Read<Vec<_>>>()?;
    Ok(ScopeSet::parse(&words.join(" ")))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nothing => "nothing",
        Value::Text { .. } => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    }
}

fn quoted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
