//! The reports of steps, held against the schemas that are published in `docs/`.

use jsonschema::Validator;
use serde_json::Value;

use crate::package::workspace;

/// Which schema a report is to fit, by the value of its member `schema`.
const PUBLISHED: [(&str, &str); 4] = [
    ("patkeeper.report/1", "docs/report.schema.json"),
    ("patkeeper.rotation/1", "docs/rotation.schema.json"),
    ("patkeeper.revocation/1", "docs/revocation.schema.json"),
    ("patkeeper.audit/1", "docs/audit.schema.json"),
];

/// The report fits the schema that it names, and has no member that the schema does not know.
///
/// # Panics
/// When it does not.
pub fn assert_fits_schema(report: &Value) {
    let name = report["schema"].as_str().unwrap_or_default();
    let (_, file) = PUBLISHED
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("no schema is published for '{name}'"));
    let path = workspace().join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    close(&mut schema);
    let validator: Validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<String> = validator
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "against {file}: {report:#}");
}

/// Readers are to take members that are added later; a test is not.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) {
                members
                    .entry("additionalProperties")
                    .or_insert(Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
