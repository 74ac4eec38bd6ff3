//! The report's JSON Schema, generated from the types.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{Report, SCHEMA};

/// The JSON Schema (draft 2020-12) of `patkeeper.report/1`, the same at every call. Members may be added within
/// a version, so unknown ones are allowed.
#[must_use]
pub fn schema() -> Value {
    of::<Report>(SCHEMA)
}

/// The same of any report, by the value of its member `schema`, such as `patkeeper.report/1`.
pub(crate) fn of<T: JsonSchema>(name: &str) -> Value {
    let root = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>();
    let mut schema = root.to_value();
    if let Some(members) = schema.as_object_mut() {
        members.insert(
            "$id".to_owned(),
            json!(format!("urn:{}", name.replace(['.', '/'], ":"))),
        );
        members.insert("title".to_owned(), json!(name));
    }
    if let Some(member) = schema.pointer_mut("/properties/schema") {
        member["const"] = json!(name);
    }
    // Other crates of a build decide whether maps keep the order of their making.
    schema.sort_all_objects();
    schema
}

#[cfg(test)]
pub(crate) fn assert_describes_json(schema: &Value) {
    let text = schema.to_string();
    assert!(
        !text.contains("[`") && !text.contains("::"),
        "a description links into Rust"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_the_contract_and_says_what_is_always_there() {
        let schema = schema();
        assert_eq!(schema["title"], "patkeeper.report/1");
        assert_eq!(schema["properties"]["schema"]["const"], "patkeeper.report/1");
        let required: Vec<_> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        let members: Vec<_> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(members.len(), required.len(), "every member is always written");
        assert_eq!(schema["$defs"]["Verdict"].to_string().matches("const").count(), 6);
        assert_eq!(
            schema["$defs"]["PatEntry"]["properties"]["validTo"]["format"],
            "date-time"
        );
        assert_eq!(schema.to_string(), super::schema().to_string());
    }

    #[test]
    fn descriptions_are_for_readers_of_json() {
        assert_describes_json(&schema());
    }
}
