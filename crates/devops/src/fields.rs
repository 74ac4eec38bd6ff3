//! JSON read for the members that count, without a tree of all others: one of the answers that come by the ten thousand.
//!
//! Whatever has another shape than it should is kept as that, so that one odd entry does not spoil its page.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The names that count, for each level of objects from the outermost on.
pub(crate) type Names = &'static [&'static [&'static str]];

/// A value, as far as it is looked at.
#[derive(Debug, Default)]
pub(crate) enum Field<'a> {
    /// It was not there.
    #[default]
    Absent,
    Null,
    Bool(bool),
    Text(Cow<'a, str>),
    List(Vec<Field<'a>>),
    /// One for each name, in the order of the names.
    Object(Vec<Field<'a>>),
    /// A number.
    Other,
}

impl Field<'_> {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Empty where it is null or absent; `None` where it is something else than text.
    pub(crate) fn text_or_nothing(&self) -> Option<&str> {
        match self {
            Self::Absent | Self::Null => Some(""),
            other => other.text(),
        }
    }
}

/// Reads a body; `None`: it is no JSON.
pub(crate) fn read(body: &[u8], names: Names) -> Option<Field<'_>> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let field = Reader(names).deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(field)
}

#[derive(Clone, Copy)]
struct Reader(Names);

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Field<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field<'de>, E> {
        Ok(Field::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = list.next_element_seed(self)? {
            fields.push(field);
        }
        Ok(Field::List(fields))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Field<'de>, A::Error> {
        let (names, inner) = self.0.split_first().unwrap_or((&(&[] as &[_]), &[]));
        let mut fields: Vec<Field<'_>> = names.iter().map(|_| Field::Absent).collect();
        while let Some(at) = object.next_key_seed(Name(names))? {
            match at.and_then(|at| fields.get_mut(at)) {
                Some(field) => *field = object.next_value_seed(Reader(inner))?,
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Field::Object(fields))
    }
}

/// Tells which name a key is.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|name| *name == text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: Names = &[&["value", "next"], &["id", "ends"]];

    #[test]
    fn members_that_count_are_found_whatever_stands_around_them() {
        let body = br#"{"count":2,"value":[{"x":{"id":"no"},"id":"a\u0062","ends":null},7,{"ends":[1,"b"]}],"next":true}"#;
        let Some(Field::Object(page)) = read(body, NAMES) else {
            panic!("no object");
        };
        let shown = format!("{page:?}");
        assert_eq!(
            shown,
            r#"[List([Object([Text("ab"), Null]), Other, Object([Absent, List([Other, Text("b")])])]), Bool(true)]"#
        );
    }

    #[test]
    fn what_is_no_json_is_nothing() {
        for body in ["", "{", "{}x", "{\"value\":}", "\u{feff}{}"] {
            assert!(read(body.as_bytes(), NAMES).is_none(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(body in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read(&body, NAMES);
        }

        #[test]
        fn it_takes_for_json_what_the_library_does(body in "[\\[\\]{}\",:a1\\\\]{0,12}") {
            let parsed = serde_json::from_str::<serde_json::Value>(&body).is_ok();
            prop_assert_eq!(read(body.as_bytes(), NAMES).is_some(), parsed);
        }
    }
}
