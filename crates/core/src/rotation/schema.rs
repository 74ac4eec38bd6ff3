//! The document's JSON Schema, generated from the types.

use serde_json::Value;

use super::document::{RotationDocument, SCHEMA};

/// The JSON Schema (draft 2020-12) of `patkeeper.rotation/1`, the same at every call. Members may be added within a
/// version, so unknown ones are allowed.
#[must_use]
pub fn schema() -> Value {
    crate::report::schema::of::<RotationDocument>(SCHEMA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_the_contract_and_says_what_is_always_there() {
        let schema = schema();
        assert_eq!(schema["$id"], "urn:patkeeper:rotation:1");
        assert_eq!(schema["properties"]["schema"]["const"], "patkeeper.rotation/1");
        let names = |value: &Value| value.as_object().map(serde_json::Map::len);
        let required = schema["required"].as_array().map(Vec::len);
        assert_eq!(
            names(&schema["properties"]),
            required,
            "every member is always written"
        );
        assert_eq!(
            schema["$defs"]["FateKind"].to_string().matches("const").count(),
            6
        );
    }

    #[test]
    fn descriptions_are_for_readers_of_json() {
        crate::report::schema::assert_describes_json(&schema());
    }
}
