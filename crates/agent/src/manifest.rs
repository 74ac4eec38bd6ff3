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
    use crate::registry::{pat_audit, pat_monitor, pat_revoke, pat_rotate, reports};

    fn entry(name: &str) -> Value {
        entry_of(&pat_monitor::TASK, name)
    }

    fn entry_of(task: &Task, name: &str) -> Value {
        let all = inputs_json(task);
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
            json!({"mine": "The signed-in user's PATs", "organization": "Every user's PATs (administrators)"})
        );
        let offered = |input: &Input| {
            let values = input.kind.options().iter().map(|(value, _)| *value);
            values.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            offered(&pat_monitor::REPORT_FORMATS),
            "json markdown junit csv html sarif"
        );
        assert_eq!(offered(&reports::REPORT_FORMATS), "json markdown csv html");
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
        let names = |task| {
            let all = inputs_json(task);
            let outputs = all["outputVariables"].as_array().unwrap().clone();
            let names: Vec<_> = outputs
                .iter()
                .filter_map(|output| output["name"].as_str())
                .collect();
            names.join(" ")
        };
        assert_eq!(
            names(&pat_monitor::TASK),
            "status total healthy warning critical expired missing replaced unreadable policyFindings \
             soonestExpiryDays soonestExpiryName reportJson"
        );
        assert_eq!(
            names(&pat_rotate::TASK),
            "rotated reason authorizationId displayName validTo secretId nextRotationDue \
             previousAuthorizationId previousRevoked token"
        );
        assert_eq!(
            names(&pat_revoke::TASK),
            "matched revoked alreadyGone failed reportJson"
        );
        assert_eq!(
            names(&pat_audit::TASK),
            "events created updated revoked expired leaked actors reportJson"
        );
    }

    #[test]
    fn rotating_is_offered_with_the_contracts_types_and_defaults() {
        let field = |name, key: &str| entry_of(&pat_rotate::TASK, name)[key].clone();
        for name in ["name", "scopes", "vault", "secretName"] {
            assert_eq!(
                (field(name, "required"), field(name, "defaultValue")),
                (json!(true), Value::Null)
            );
        }
        for (name, kind, default) in [
            ("organization", "string", json!("$(System.CollectionUri)")),
            ("scopes", "multiLine", Value::Null),
            ("mode", "pickList", json!("replace")),
            ("validDays", "int", json!("90")),
            ("renewBeforeDays", "int", Value::Null),
            ("force", "boolean", json!(false)),
            ("store", "pickList", json!("keyVault")),
            ("overlapHours", "int", json!("24")),
            ("verifyUrl", "string", Value::Null),
            ("allowFullAccess", "boolean", json!(false)),
            ("adopt", "string", Value::Null),
            ("exposeToken", "boolean", json!(false)),
            ("dryRun", "boolean", json!(false)),
            ("webhookUrl", "string", Value::Null),
        ] {
            assert_eq!(
                (field(name, "type"), field(name, "defaultValue")),
                (json!(kind), default),
                "{name}"
            );
        }
        assert_eq!(field("store", "options"), json!({"keyVault": "Azure Key Vault"}));
    }

    #[test]
    fn every_other_task_is_offered_with_the_contracts_types_and_defaults() {
        let reports = "$(Agent.TempDirectory)/patkeeper";
        for (task, name, kind, default) in [
            (&pat_monitor::TASK, "scope", "pickList", json!("mine")),
            (&pat_monitor::TASK, "parallelism", "int", json!("16")),
            (&pat_monitor::TASK, "slice", "pickList", json!("none")),
            (&pat_monitor::TASK, "mergeReports", "multiLine", Value::Null),
            (&pat_revoke::TASK, "authorizationIds", "multiLine", Value::Null),
            (&pat_revoke::TASK, "names", "multiLine", Value::Null),
            (&pat_revoke::TASK, "all", "boolean", json!(false)),
            (&pat_revoke::TASK, "scope", "pickList", json!("mine")),
            (&pat_revoke::TASK, "owners", "multiLine", Value::Null),
            (&pat_revoke::TASK, "dryRun", "boolean", json!(true)),
            (&pat_revoke::TASK, "expectCount", "int", Value::Null),
            (&pat_revoke::TASK, "reason", "string", Value::Null),
            (&pat_revoke::TASK, "reportDirectory", "string", json!(reports)),
            (
                &pat_revoke::TASK,
                "reportFormats",
                "multiLine",
                json!("json markdown"),
            ),
            // Its default would contradict `startTime` and `endTime`.
            (&pat_audit::TASK, "days", "int", Value::Null),
            (&pat_audit::TASK, "startTime", "string", Value::Null),
            (&pat_audit::TASK, "endTime", "string", Value::Null),
            (&pat_audit::TASK, "actions", "multiLine", json!("Token.*")),
            (&pat_audit::TASK, "actors", "multiLine", Value::Null),
            (&pat_audit::TASK, "failOn", "pickList", json!("leaked")),
            (&pat_audit::TASK, "webhookUrl", "string", Value::Null),
        ] {
            let entry = entry_of(task, name);
            assert_eq!(
                (&entry["type"], &entry["defaultValue"]),
                (&json!(kind), &default),
                "{} of {}",
                name,
                task.name
            );
            assert_eq!(entry["required"], false, "{name}");
        }
    }

    #[test]
    fn the_connection_that_reaches_the_vault_is_shown_with_every_sign_in() {
        assert_eq!(
            entry_of(&pat_rotate::TASK, "azureSubscription").get("visibleRule"),
            None
        );
        assert!(entry("azureSubscription").get("visibleRule").is_some());
    }
}
