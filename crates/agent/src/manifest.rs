//! The part of `task.json` that the registry decides.

use serde_json::{Map, Value, json};

use crate::registry::{Input, Kind, Task};

/// `groups`, `inputs` and `outputVariables` of the task's `task.json`
/// (schema: `tasks.schema.json` of microsoft/azure-pipelines-task-lib).
#[must_use]
pub fn inputs_json(task: &Task) -> Value {
    let groups: Vec<Value> = task
        .groups
        .iter()
        .map(|group| json!({"name": group.name, "displayName": group.label, "isExpanded": group.expanded}))
        .collect();
    let inputs: Vec<Value> = task.inputs.iter().map(input_json).collect();
    let outputs: Vec<Value> = task
        .outputs
        .iter()
        .map(|output| json!({"name": output.name, "description": output.description}))
        .collect();
    json!({"groups": groups, "inputs": inputs, "outputVariables": outputs})
}

fn input_json(input: &Input) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), input.name.into());
    if !input.aliases.is_empty() {
        entry.insert("aliases".into(), input.aliases.into());
    }
    entry.insert("type".into(), input.kind.manifest_type().into());
    entry.insert("label".into(), input.label.into());
    if let Some(default) = input.default.filter(|_| input.default_in_manifest) {
        let value = match input.kind {
            Kind::Flag => Value::Bool(default == "true"),
            _ => default.into(),
        };
        entry.insert("defaultValue".into(), value);
    }
    entry.insert("required".into(), input.required.into());
    entry.insert("helpMarkDown".into(), input.help.into());
    if let Some(group) = input.group {
        entry.insert("groupName".into(), group.into());
    }
    if let Some(rule) = input.visible_rule {
        entry.insert("visibleRule".into(), rule.into());
    }
    match input.kind {
        Kind::Choice(options) => {
            let options: Map<String, Value> = options
                .iter()
                .map(|(value, label)| ((*value).to_owned(), (*label).into()))
                .collect();
            entry.insert("options".into(), options.into());
        }
        Kind::Lines | Kind::Words | Kind::Choices(_) => {
            entry.insert("properties".into(), json!({"resizable": true, "rows": "3"}));
        }
        _ => {}
    }
    Value::Object(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::pat_monitor;

    fn entry(name: &str) -> Value {
        let all = inputs_json(&pat_monitor::TASK);
        all["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|input| input["name"] == name)
            .unwrap()
            .clone()
    }

    #[test]
    fn a_default_that_would_silence_the_policy_file_is_left_out() {
        assert_eq!(entry("maxLifetimeDays").get("defaultValue"), None);
        assert_eq!(entry("forbiddenScopes").get("defaultValue"), None);
        assert_eq!(entry("warningDays")["defaultValue"], "30");
    }

    #[test]
    fn a_choice_offers_only_what_this_version_has() {
        let sign_ins = entry("signIn")["options"].clone();
        assert_eq!(sign_ins.as_object().map(Map::len), Some(5));
        assert_eq!(
            entry("scope")["options"],
            json!({"mine": "The signed-in user's PATs"})
        );
        assert_eq!(entry("signIn").get("defaultValue"), None);
    }

    #[test]
    fn the_types_are_those_the_schema_knows() {
        assert_eq!(entry("organization")["type"], "string");
        assert_eq!(entry("names")["type"], "multiLine");
        assert_eq!(entry("criticalDays")["type"], "int");
        assert_eq!(entry("failOn")["type"], "pickList");
        assert_eq!(entry("slackWebhookUrl")["type"], "string");
        let flag = Input::new("force", Kind::Flag, "Force", "Now.").default("false");
        assert_eq!(input_json(&flag)["defaultValue"], false);
        assert_eq!(entry("azureSubscription")["type"], "connectedService:AzureRM");
        assert_eq!(entry("azureSubscription")["required"], false);
        let name = Input::new("name", Kind::Text, "Name", "Its name.").required();
        assert_eq!(input_json(&name)["required"], true);
    }

    #[test]
    fn every_output_of_the_contract_is_declared() {
        let all = inputs_json(&pat_monitor::TASK);
        let names: Vec<_> = all["outputVariables"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|o| o["name"].as_str())
            .collect();
        assert_eq!(
            names.join(" "),
            "status total healthy warning critical expired missing replaced unreadable policyFindings \
             soonestExpiryDays soonestExpiryName reportJson"
        );
    }
}
