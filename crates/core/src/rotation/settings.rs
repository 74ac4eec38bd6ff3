//! What a rotation is asked to do, checked before anything is sent.

use crate::failure::{Failure, FailureKind};
use crate::organization::Organization;
use crate::pat::AuthorizationId;
use crate::scope::{self, ScopeSet, Standing};
use crate::text::fit;

use super::tags::has_room_for;
use super::{BaseName, TagLimits};

/// Longest value that a refusal shows, in columns.
const SHOWN: usize = 80;

/// Longest name of a scope, in characters; the longest one known has 39.
const LONGEST_SCOPE: usize = 64;

/// How a PAT's life goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A new PAT takes over.
    Replace,
    /// The same PAT lives longer; its text is unchanged.
    Extend,
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Replace, Self::Extend];

    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Extend => "extend",
        }
    }
}

/// The inputs of PatRotate that the plan depends on, as they were given.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Where the PAT is valid.
    pub organization: Organization,
    /// What the store is called in messages, such as `Key Vault kv-devops`.
    pub store: &'a str,
    /// The secret's name there.
    pub secret: &'a str,
    /// `name`.
    pub name: &'a str,
    /// `scopes`.
    pub scopes: &'a str,
    /// `mode`.
    pub mode: Mode,
    /// `validDays`.
    pub valid_days: u32,
    /// `renewBeforeDays`; `None` where it is blank.
    pub renew_before_days: Option<u32>,
    /// `overlapHours`.
    pub overlap_hours: u32,
    /// `force`.
    pub force: bool,
    /// `allowFullAccess`.
    pub allow_full_access: bool,
    /// `adopt`; `None` where it is blank.
    pub adopt: Option<&'a str>,
    /// `dryRun`.
    pub dry_run: bool,
}

/// What a rotation is to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the PAT is valid.
    pub organization: Organization,
    /// What the store is called in messages.
    pub store: String,
    /// The secret's name there.
    pub secret: String,
    /// The PAT's base name.
    pub name: BaseName,
    /// What it shall be able to do; never empty.
    pub scopes: ScopeSet,
    /// How its life goes on.
    pub mode: Mode,
    /// How long a new PAT is asked to live: 1 to 365 days.
    pub valid_days: u32,
    /// When it is due: with fewer days left than this, or (`None`) with less than a third of its issued life.
    pub renew_before_days: Option<u32>,
    /// How long the old PAT stays valid after the new one is stored.
    pub overlap_hours: u32,
    /// Rotate though it is not due.
    pub force: bool,
    /// An existing PAT to take over.
    pub adopt: Option<AuthorizationId>,
    /// Change nothing.
    pub dry_run: bool,
}

/// One input that cannot be used: bad input, before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{input}: {why}")]
pub struct BadSetting {
    /// Which input.
    pub input: &'static str,
    /// What is wrong with its value, and what is allowed. Harmless to print.
    pub why: String,
}

impl From<BadSetting> for Failure {
    fn from(bad: BadSetting) -> Self {
        Self::new(FailureKind::Input, bad.to_string()).with_code("badInput")
    }
}

impl Settings {
    /// Checks what is asked for. Beside the settings it gives warnings: things that are odd, and may be meant.
    ///
    /// # Errors
    /// The first input that cannot be used.
    pub fn check(asked: &Asked<'_>) -> Result<(Self, Vec<String>), BadSetting> {
        let name = BaseName::parse(asked.name)
            .map_err(|error| bad("name", format!("{} {error}.", quote(asked.name))))?;
        let (scopes, warnings) = check_scopes(asked)?;
        within("validDays", asked.valid_days, 1, 365)?;
        within("overlapHours", asked.overlap_hours, 0, 365 * 24)?;
        if let Some(days) = asked.renew_before_days {
            if asked.valid_days == 1 {
                let why = "nothing fits under a validDays of 1. Leave it out: a third of the issued life is the default.";
                return Err(bad("renewBeforeDays", why));
            }
            if days == 0 || days >= asked.valid_days {
                let most = asked.valid_days - 1;
                let why =
                    format!("{days} is not a whole number from 1 to {most}: it must be under validDays.");
                return Err(bad("renewBeforeDays", why));
            }
        }
        let adopt = asked.adopt.map(adopted).transpose()?;
        let settings = Self {
            organization: asked.organization.clone(),
            store: asked.store.to_owned(),
            secret: asked.secret.to_owned(),
            name,
            scopes,
            mode: asked.mode,
            valid_days: asked.valid_days,
            renew_before_days: asked.renew_before_days,
            overlap_hours: asked.overlap_hours,
            force: asked.force,
            adopt,
            dry_run: asked.dry_run,
        };
        Ok((settings, warnings))
    }
}

fn bad(input: &'static str, why: impl Into<String>) -> BadSetting {
    BadSetting {
        input,
        why: why.into(),
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", fit(text, SHOWN))
}

fn within(input: &'static str, number: u32, least: u32, most: u32) -> Result<(), BadSetting> {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    let why = format!("{number} is not a whole number from {least} to {most}.");
    Err(bad(input, why))
}

fn adopted(text: &str) -> Result<AuthorizationId, BadSetting> {
    let id = AuthorizationId::new(text);
    if id.is_guid() {
        return Ok(id);
    }
    let why = format!(
        "{} is no authorization id: that is a GUID, which PatMonitor's report and patkeeper monitor show.",
        quote(text)
    );
    Err(bad("adopt", why))
}

fn check_scopes(asked: &Asked<'_>) -> Result<(ScopeSet, Vec<String>), BadSetting> {
    let refused = |why: String| Err(bad("scopes", why));
    let scopes = ScopeSet::parse(asked.scopes);
    if scopes.is_empty() {
        return refused(
            "it names none. Name what the PAT is used for, such as vso.code; patkeeper scopes finds the right ones."
                .to_owned(),
        );
    }
    if !has_room_for(&scopes, TagLimits::KEY_VAULT) {
        return refused(format!(
            "they are {}, and the secret's tags, which record them, have no room for so many. Ask for fewer, or for a \
             wider one that grants several: patkeeper scopes.",
            scopes.len()
        ));
    }
    let mut warnings = Vec::new();
    for name in scopes.iter() {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
        if name.len() > LONGEST_SCOPE || !name.chars().all(allowed) {
            return refused(format!(
                "{} cannot be a scope's name. Scopes are separated by spaces, commas or lines.",
                quote(name)
            ));
        }
        if name.eq_ignore_ascii_case("app_token") && !asked.allow_full_access {
            return refused(
                "app_token (vso.full_access) opens everything its owner can do. Name what the PAT is used for \
                 (patkeeper scopes), or set allowFullAccess: true."
                    .to_owned(),
            );
        }
        warnings.extend(warning(name));
    }
    Ok((scopes, warnings))
}

/// What is odd about a scope.
fn warning(name: &str) -> Option<String> {
    match scope::find(name) {
        Some(known) => {
            let note = known.standing.note()?;
            let doubted = matches!(
                known.standing,
                Standing::Retired | Standing::Doubtful | Standing::EntraDelegated
            );
            doubted.then(|| format!("scopes: {name} is {note}."))
        }
        None => {
            let near: Vec<&str> = scope::near(name).iter().map(|scope| scope.name).collect();
            let hint = match near.as_slice() {
                [] => "patkeeper scopes lists those that are.".to_owned(),
                near => format!("Did you mean {}?", near.join(" or ")),
            };
            Some(format!(
                "scopes: {name} is not in the catalogue, and is asked for as it is. {hint}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>() -> Asked<'a> {
        Asked {
            organization: Organization::parse("acme").unwrap(),
            store: "Key Vault kv-devops",
            secret: "build-pipeline-pat",
            name: "ci-build",
            scopes: "vso.build_execute, vso.code",
            mode: Mode::Replace,
            valid_days: 90,
            renew_before_days: None,
            overlap_hours: 24,
            force: false,
            allow_full_access: false,
            adopt: None,
            dry_run: false,
        }
    }

    fn refused(asked: &Asked<'_>) -> String {
        Settings::check(asked).unwrap_err().to_string()
    }

    #[test]
    fn what_is_asked_for_sensibly_passes_without_a_word() {
        let (settings, warnings) = Settings::check(&asked()).unwrap();
        assert_eq!(warnings, [""; 0]);
        assert_eq!(settings.scopes.to_string(), "vso.build_execute vso.code");
    }

    #[test]
    fn full_access_needs_to_be_allowed_by_name() {
        for scopes in [
            "app_token",
            "vso.code vso.full_access",
            "VSO.Full_Access",
            "APP_TOKEN",
        ] {
            let asked = Asked { scopes, ..asked() };
            assert!(refused(&asked).starts_with("scopes: app_token"), "{scopes}");
            let allowed = Asked {
                allow_full_access: true,
                ..asked
            };
            assert!(Settings::check(&allowed).is_ok(), "{scopes}");
        }
    }

    #[test]
    fn a_scope_that_the_catalogue_lacks_is_warned_of_with_what_may_be_meant() {
        let (settings, warnings) = Settings::check(&Asked {
            scopes: "vso.cod_write vso.zebra vso.pats_manage",
            ..asked()
        })
        .unwrap();
        assert_eq!(settings.scopes.len(), 3);
        let [near, none, pointless] = warnings.as_slice() else {
            panic!("{warnings:?}")
        };
        assert!(
            near.contains("vso.cod_write") && near.contains("Did you mean vso.code_write"),
            "{near}"
        );
        assert!(
            none.contains("vso.zebra") && none.contains("patkeeper scopes"),
            "{none}"
        );
        assert!(pointless.contains("vso.pats_manage"), "{pointless}");
    }

    #[test]
    fn every_refusal_names_the_input_the_value_and_what_is_allowed() {
        let guid = "3f9c01ab-0000-4000-8000-00000000000g";
        for (asked, parts) in [
            (
                Asked {
                    name: "ci/prod",
                    ..asked()
                },
                ["name: 'ci/prod'", "letters"],
            ),
            (Asked { name: " ", ..asked() }, ["name: ", "is empty"]),
            (
                Asked {
                    scopes: " ,\n",
                    ..asked()
                },
                ["scopes: ", "vso.code"],
            ),
            (
                Asked {
                    scopes: "vso.code;vso.work",
                    ..asked()
                },
                ["scopes: 'vso.code;vso.work'", "separated"],
            ),
            (
                Asked {
                    valid_days: 0,
                    ..asked()
                },
                ["validDays: 0", "1 to 365"],
            ),
            (
                Asked {
                    valid_days: 366,
                    ..asked()
                },
                ["validDays: 366", "1 to 365"],
            ),
            (
                Asked {
                    renew_before_days: Some(90),
                    ..asked()
                },
                ["renewBeforeDays: 90", "1 to 89"],
            ),
            (
                Asked {
                    renew_before_days: Some(0),
                    ..asked()
                },
                ["renewBeforeDays: 0", "1 to 89"],
            ),
            (
                Asked {
                    valid_days: 1,
                    renew_before_days: Some(1),
                    ..asked()
                },
                ["renewBeforeDays: ", "Leave it out"],
            ),
            (
                Asked {
                    overlap_hours: 8761,
                    ..asked()
                },
                ["overlapHours: 8761", "0 to 8760"],
            ),
            (
                Asked {
                    adopt: Some(guid),
                    ..asked()
                },
                ["adopt: '3f9c01ab", "GUID"],
            ),
        ] {
            let refused = refused(&asked);
            for part in parts {
                assert!(refused.contains(part), "{refused}");
            }
            let failure = Failure::from(Settings::check(&asked).unwrap_err());
            assert_eq!(failure.kind.exit_code(), 2);
        }
    }

    #[test]
    fn a_hostile_value_is_shown_harmless() {
        let refused = refused(&Asked {
            name: "##vso[task.complete]\n\u{202e}",
            ..asked()
        });
        assert!(!refused.contains("##vso") && !refused.contains('\n') && !refused.contains('\u{202e}'));
    }
}
