//! `GET identities`: the older way to look users up.

use serde_json::{Value, json};

use super::member;
use crate::answer::Answer;
use crate::api::Call;
use crate::cloud::{Cloud, User};
use crate::refusal::Refusal;

/// By `searchFilter` and `filterValue`, or by `subjectDescriptors`. Whatever is found by neither is an empty list.
pub(super) fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let parameter = |name: &str| call.request.parameter(name).unwrap_or_default();
    let value = parameter("filterValue").to_lowercase();
    let found: Vec<User> = match parameter("searchFilter").to_ascii_lowercase().as_str() {
        "" => parameter("subjectDescriptors")
            .split(',')
            .filter_map(|descriptor| by_descriptor(cloud, call, descriptor))
            .collect(),
        "mailaddress" | "accountname" | "directoryalias" => {
            member(cloud, call, |user| is_called(user, &value))
                .into_iter()
                .collect()
        }
        "general" | "displayname" => member(cloud, call, |user| {
            is_called(user, &value) || user.display_name.to_lowercase() == value
        })
        .into_iter()
        .collect(),
        other => {
            return Err(Refusal::exception(
                400,
                "VssPropertyValidationException",
                format!("The value '{other}' is not valid for searchFilter."),
            ));
        }
    };
    let entries: Vec<Value> = found.iter().map(entry).collect();
    Ok(Answer::json(
        200,
        &json!({ "count": entries.len(), "value": entries }),
    ))
}

fn is_called(user: &User, value: &str) -> bool {
    let mail = user.mail.as_deref().unwrap_or_default();
    !value.is_empty() && (user.upn.to_lowercase() == value || mail.to_lowercase() == value)
}

fn by_descriptor(cloud: &Cloud, call: &Call<'_>, descriptor: &str) -> Option<User> {
    member(cloud, call, |user| user.descriptor == descriptor).or_else(|| {
        let crowd = cloud.crowd(&call.organization.name)?;
        Some(crowd.user(crowd.number(descriptor)?))
    })
}

fn entry(user: &User) -> Value {
    let text = |value: &str| json!({ "$type": "System.String", "$value": value });
    json!({
        "id": user.id,
        "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;{}\\{}", user.tenant, user.upn),
        "subjectDescriptor": user.descriptor,
        "providerDisplayName": user.display_name,
        "isActive": !user.deleted_in_origin,
        "members": [],
        "memberOf": [],
        "memberIds": [],
        "properties": {
            "SchemaClassName": text("User"),
            "Account": text(&user.upn),
            "Mail": text(user.mail.as_deref().unwrap_or_default()),
        },
        "resourceVersion": 2,
        "metaTypeId": 0,
    })
}
