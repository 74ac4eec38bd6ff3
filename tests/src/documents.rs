//! The documents of steps, held against the schemas that are published in `docs/`, and what a build keeps of them.

use jsonschema::Validator;
use serde_json::Value;

use crate::package::workspace;
use crate::running::Run;
use crate::step::Upload;

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

/// The type of the attachments that the results tab asks for.
const ATTACHED: &str = "patkeeper";

/// What the results tab takes whole, in bytes.
const WHOLE: usize = 8 * 1024 * 1024;

/// What the step has left for the results tab: at most one document, named after its task, which fits its schema.
///
/// # Panics
/// When it is anything else.
#[must_use]
pub fn attached(run: &Run) -> Option<(&Upload, Value)> {
    let mut uploads = run.record.uploads.iter().filter(|upload| upload.kind == ATTACHED);
    let upload = uploads.next()?;
    assert!(uploads.next().is_none(), "two documents\n{}", run.log());
    assert_eq!(upload.command, "task.addattachment");
    assert!(upload.content.len() <= WHOLE, "{} bytes", upload.content.len());
    let document: Value = serde_json::from_slice(&upload.content)
        .unwrap_or_else(|error| panic!("{}: {error}", upload.path.display()));
    assert_fits_schema(&document);
    let task = document.pointer("/run/task").and_then(Value::as_str);
    let task = task.unwrap_or_default();
    assert_eq!(upload.name, format!("{task}.json"));
    Some((upload, document))
}

/// The step has left the very file that `reportJson` names.
///
/// # Panics
/// When it has not.
pub fn assert_attaches_its_report(run: &Run) {
    let (upload, _) = attached(run).unwrap_or_else(|| panic!("no document\n{}", run.log()));
    assert_eq!(upload.path.to_string_lossy(), run.output("reportJson"));
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
