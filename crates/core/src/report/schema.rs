//! The report's JSON Schema, generated from the types.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{Report, SCHEMA};

/// The JSON Schema (draft 2020-12) of `patkeeper.report/1`, the same at every call. Members may be added within
/// a version, so unknown ones are allowed.
#[must_use]
pub fn schema() -> Value {
    let root = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report>();
    let mut schema = root.to_value();
    if let Some(members) = schema.as_object_mut() {
        members.insert("$id".to_owned(), json!("urn:patkeeper:report:1"));
        members.insert("title".to_owned(), json!(SCHEMA));
    }
    if let Some(member) = schema.pointer_mut("/properties/schema") {
        member["const"] = json!(SCHEMA);
    }
    schema
}
