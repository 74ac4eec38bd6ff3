//! The report's JSON Schema, generated from the types.

use serde_json::Value;

use super::{AuditReport, SCHEMA};

/// The JSON Schema (draft 2020-12) of `patkeeper.audit/1`, the same at every call. Members may be added within a
/// version, so unknown ones are allowed.
#[must_use]
pub fn schema() -> Value {
    crate::report::schema::of::<AuditReport>(SCHEMA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_the_contract_and_says_what_is_always_there() {
        let schema = schema();
        assert_eq!(schema["properties"]["schema"]["const"], "patkeeper.audit/1");
        for part in [
            "",
            "/$defs/AuditedEvent",
            "/$defs/AuditedActor",
            "/$defs/AuditTotals",
        ] {
            let part = schema.pointer(part).unwrap();
            let required = part["required"].as_array().map(Vec::len);
            assert_eq!(
                part["properties"].as_object().map(serde_json::Map::len),
                required,
                "every member is always written"
            );
        }
        assert_eq!(schema["$defs"]["Action"].to_string().matches("const").count(), 7);
    }

    #[test]
    fn descriptions_are_for_readers_of_json() {
        crate::report::schema::assert_describes_json(&schema());
    }
}
