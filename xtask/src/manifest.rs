//! `task.json`: its head is written by hand, everything that the registry knows is generated into it.

use anyhow::{Context, Result};
use patkeeper_agent::manifest::inputs_json;
use patkeeper_agent::registry::Task;
use serde_json::{Value, json};

use crate::workspace::VERSION;

/// The order that people expect keys in. What is not named here comes last.
const ORDER: &[&str] = &[
    "$schema",
    "id",
    "name",
    "friendlyName",
    "displayName",
    "aliases",
    "type",
    "label",
    "description",
    "helpUrl",
    "defaultValue",
    "required",
    "options",
    "helpMarkDown",
    "category",
    "visibility",
    "runsOn",
    "author",
    "version",
    "Major",
    "Minor",
    "Patch",
    "minimumAgentVersion",
    "instanceNameFormat",
    "showEnvironmentVariables",
    "isExpanded",
    "groupName",
    "visibleRule",
    "properties",
    "groups",
    "inputs",
    "outputVariables",
    "restrictions",
    "execution",
];

/// The text of `task.json` with everything generated brought up to date.
pub(crate) fn updated(current: &str, task: &Task) -> Result<String> {
    let mut json: Value = serde_json::from_str(current).context("it is not JSON")?;
    let head = json.as_object_mut().context("it is no JSON object")?;
    let generated = inputs_json(task);
    for (key, value) in generated
        .as_object()
        .context("the registry made no JSON object")?
    {
        head.insert(key.clone(), value.clone());
    }
    let outputs: Vec<&str> = task.outputs.iter().map(|output| output.name).collect();
    // A step of ours may set what it declares and nothing else, whatever text gets into its log.
    head.insert(
        "restrictions".to_owned(),
        json!({"settableVariables": {"allowed": outputs}}),
    );
    let mut numbers = VERSION.split('.').map(|part| part.parse::<u32>());
    for part in ["Major", "Minor", "Patch"] {
        let number = numbers
            .next()
            .context("the workspace's version has fewer than three parts")??;
        head.entry("version").or_insert_with(|| json!({}))[part] = json!(number);
    }
    let mut text = String::new();
    write(&json, task, "", 0, &mut text);
    text.push('\n');
    Ok(text)
}

/// `input` is the input that `value` belongs to: the choices of one keep the registry's order.
fn write(value: &Value, task: &Task, input: &str, depth: usize, text: &mut String) {
    let indent = |depth: usize| "  ".repeat(depth);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let input = fields.get("name").and_then(Value::as_str).unwrap_or(input);
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_by_key(|key| rank(task, input, key));
            text.push_str("{\n");
            for (index, key) in keys.iter().enumerate() {
                let comma = if index + 1 == keys.len() { "" } else { "," };
                text.push_str(&format!("{}{}: ", indent(depth + 1), Value::from(key.as_str())));
                write(&fields[key.as_str()], task, input, depth + 1, text);
                text.push_str(&format!("{comma}\n"));
            }
            text.push_str(&format!("{}}}", indent(depth)));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            text.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                let comma = if index + 1 == items.len() { "" } else { "," };
                text.push_str(&indent(depth + 1));
                write(item, task, input, depth + 1, text);
                text.push_str(&format!("{comma}\n"));
            }
            text.push_str(&format!("{}]", indent(depth)));
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            text.push_str(&format!("[{}]", items.join(", ")));
        }
        plain => text.push_str(&plain.to_string()),
    }
}

fn rank(task: &Task, input: &str, key: &str) -> usize {
    let choices = task
        .inputs
        .iter()
        .find(|known| known.name == input)
        .map(|known| known.kind.options());
    let choice = choices.and_then(|choices| choices.iter().position(|(value, _)| *value == key));
    choice
        .or_else(|| ORDER.iter().position(|known| *known == key))
        .unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests {
    use patkeeper_agent::registry::TASKS;
    use patkeeper_agent::registry::pat_monitor::TASK;

    use super::*;

    #[test]
    fn the_head_stays_and_the_rest_is_the_registrys_in_its_order() {
        let text = updated(
            r#"{"id": "some-id", "inputs": [{"name": "stale"}], "version": {"Major": 0}}"#,
            &TASK,
        )
        .unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["id"], "some-id");
        assert_eq!(json["inputs"].as_array().unwrap().len(), TASK.inputs.len());
        assert_eq!(
            json["restrictions"]["settableVariables"]["allowed"]
                .as_array()
                .unwrap()
                .len(),
            TASK.outputs.len()
        );
        assert_eq!(
            json["version"]["Major"].to_string(),
            VERSION.split('.').next().unwrap()
        );
        assert!(!text.contains("stale"));
        let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what} in {text}"));
        assert!(
            place("\"never\": \"Never\"") < place("\"expired\": \"Expired or worse\""),
            "{text}"
        );
        assert!(
            place("\"id\"") < place("\"inputs\"") && place("\"inputs\"") < place("\"restrictions\""),
            "{text}"
        );
    }

    #[test]
    fn what_was_generated_is_up_to_date() {
        for task in TASKS {
            let once = updated("{}", task).unwrap();
            assert_eq!(updated(&once, task).unwrap(), once, "{}", task.name);
        }
    }
}
