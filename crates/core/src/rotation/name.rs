//! What generations of a PAT are called, and the id of the rotation that made one.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use crate::time;

/// The longest base name, in characters (all of them ASCII).
pub const LONGEST: usize = 64;

/// Hex digits of the rotation's id in a generation's name.
const SHORT: usize = 8;

/// A PAT's base name: 1 to 64 letters, digits, spaces, `.`, `_` and `-`, without a space at either end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseName(String);

/// Why a text is no base name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseNameError {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// More than [`LONGEST`] characters.
    #[error("is longer than {LONGEST} characters")]
    TooLong,
    /// Something else than letters, digits, spaces, `.`, `_` and `-`.
    #[error("may hold letters from a to z, digits, spaces, '.', '_' and '-'")]
    Character,
}

/// One generation, as its name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// The day it was made, in UTC.
    pub day: NaiveDate,
    /// The first eight hex digits of its rotation's id.
    pub rotation: String,
}

impl BaseName {
    /// Reads one; white space around it is dropped.
    ///
    /// # Errors
    /// See [`BaseNameError`].
    pub fn parse(text: &str) -> Result<Self, BaseNameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BaseNameError::Empty);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-');
        if !text.chars().all(allowed) {
            return Err(BaseNameError::Character);
        }
        if text.len() > LONGEST {
            return Err(BaseNameError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the generation that this rotation makes on that day: `name-YYYY-MM-DD-xxxxxxxx`.
    #[must_use]
    pub fn generation(&self, at: DateTime<Utc>, rotation: RotationId) -> String {
        format!("{}-{}-{}", self.0, time::day(at), rotation.short())
    }

    /// Reads the name of a generation of this very base name; `None` for every other name, also for one of a longer
    /// base name that begins like this one.
    #[must_use]
    pub fn recognize(&self, display_name: &str) -> Option<Generation> {
        let rest = display_name.strip_prefix(self.as_str())?.strip_prefix('-')?;
        let (day, rotation) = rest.split_at_checked(10)?;
        let rotation = rotation.strip_prefix('-')?;
        let hex = rotation.len() == SHORT && rotation.bytes().all(is_lower_hex);
        Some(Generation {
            day: time::parse_day(day).filter(|_| hex)?,
            rotation: rotation.to_owned(),
        })
    }
}

impl fmt::Display for BaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One rotation's id: 128 random bits. Not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RotationId(u128);

impl RotationId {
    /// An id of these bits, which the caller has drawn at random.
    #[must_use]
    pub const fn new(bits: u128) -> Self {
        Self(bits)
    }

    /// Reads exactly 32 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.len() == 32 && text.bytes().all(is_lower_hex);
        hex.then(|| u128::from_str_radix(text, 16).ok())
            .flatten()
            .map(Self)
    }

    /// The eight digits that names and logs show.
    #[must_use]
    pub fn short(self) -> String {
        let mut text = self.to_string();
        text.truncate(SHORT);
        text
    }
}

impl fmt::Display for RotationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> BaseName {
        BaseName::parse(text).unwrap()
    }

    #[test]
    fn a_base_name_is_of_the_letters_that_the_contract_names() {
        assert_eq!(name("  Build Agent_1.x-y \n").as_str(), "Build Agent_1.x-y");
        assert!(BaseName::parse(&"x".repeat(64)).is_ok());
        for (text, why) in [
            ("", BaseNameError::Empty),
            (" \t", BaseNameError::Empty),
            (&"x".repeat(65), BaseNameError::TooLong),
            ("ci/prod", BaseNameError::Character),
            ("größe", BaseNameError::Character),
            ("a\tb", BaseNameError::Character),
            ("ci@x", BaseNameError::Character),
            ("##vso[x]", BaseNameError::Character),
        ] {
            assert_eq!(BaseName::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn a_generation_shows_the_day_and_the_start_of_the_id() {
        let at = time::parse("2026-11-21T23:59:59Z").unwrap();
        let id = RotationId::new(0x3f9c_01ab << 96);
        assert_eq!(
            name("ci-build").generation(at, id),
            "ci-build-2026-11-21-3f9c01ab"
        );
        assert_eq!(id.to_string().len(), 32);
    }

    #[test]
    fn only_this_base_names_own_generations_are_recognized() {
        let ci = name("acme-ci");
        assert!(ci.recognize("acme-ci-2026-11-21-3f9c01ab").is_some());
        for other in [
            "acme-ci-prod-2026-11-21-3f9c01ab",
            "acme-ci-2026-11-21-3f9c01ab-2026-11-21-3f9c01ab",
            "acme-2026-11-21-3f9c01ab",
            "Acme-ci-2026-11-21-3f9c01ab",
            "acme-ci 2026-11-21-3f9c01ab",
            "acme-ci-2026-02-30-3f9c01ab",
            "acme-ci-2026-11-21-3F9C01AB",
            "acme-ci-2026-11-21-3f9c01a",
            "acme-ci-2026-11-21-3f9c01abc",
            "acme-ci-2026-11-21-3f9c01ag",
            "acme-ci-2026-11-21",
            " acme-ci-2026-11-21-3f9c01ab",
            "acme-ci-2026-11-21-3f9c01é",
            "acme-ci",
            "",
        ] {
            assert_eq!(ci.recognize(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_generation_belongs_to_one_base_name(
            base in "[A-Za-z0-9._-]([A-Za-z0-9 ._-]{0,20}[A-Za-z0-9._-])?",
            other in "[A-Za-z0-9._-]([A-Za-z0-9 ._-]{0,20}[A-Za-z0-9._-])?",
            day in 0_i64..20_000,
            bits in any::<u128>(),
        ) {
            let (base, other) = (name(&base), name(&other));
            let at = DateTime::from_timestamp(day * 86_400, 0).unwrap();
            let id = RotationId::new(bits);
            let made = base.generation(at, id);
            prop_assert_eq!(RotationId::parse(&id.to_string()), Some(id));
            prop_assert_eq!(
                base.recognize(&made),
                Some(Generation { day: at.date_naive(), rotation: id.short() })
            );
            prop_assert_eq!(other.recognize(&made).is_some(), base == other);
        }

        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,60}", tail in "\\PC{0,40}") {
            let _ = RotationId::parse(&text);
            let _ = name("ci").recognize(&format!("ci-{tail}"));
            if let Ok(base) = BaseName::parse(&text) {
                prop_assert!(base.as_str().len() <= LONGEST);
            }
        }
    }
}
