//! `GET /{org}/_apis/connectionData`.

use serde_json::json;

use super::Call;
use super::caller::{Reader, visitor};
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::{Cloud, ConnectionData, User};
use crate::refusal::Refusal;

pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    if call.request.header("authorization").is_none()
        && call.request.header("x-tfs-fedauthredirect").is_some()
    {
        // The tenant probe: no credential, no redirect wanted.
        let tenant = &call.organization.tenant;
        let challenge = format!("Bearer authorization_uri=https://login.microsoftonline.com/{tenant}");
        return Ok(Answer::empty(401).with("WWW-Authenticate", challenge));
    }
    let reader = visitor(cloud, call, None)?;
    if let ConnectionData::Refused(refusal) = &cloud.manners.connection_data {
        return Err(refusal.clone());
    }
    version(call.request, Stage::Preview)?;
    let user = match &reader {
        Reader::User(id) => cloud.user(id).cloned(),
        Reader::Service { .. } | Reader::Public => None,
    };
    let identity = match (&user, &reader) {
        (Some(user), _) => identity(user),
        (None, Reader::User(id)) => service(id, id),
        (None, Reader::Service { name, id }) => service(name, id),
        (None, Reader::Public) => anonymous(),
    };
    Ok(Answer::json(
        200,
        &json!({
            "authenticatedUser": identity,
            "authorizedUser": identity,
            "instanceId": call.organization.account_id,
            "deploymentId": call.organization.tenant,
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1,
                "lastChangeId64": 1,
            },
        }),
    ))
}

fn identity(user: &User) -> serde_json::Value {
    json!({
        "id": user.id,
        "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;{}\\{}", user.tenant, user.upn),
        "subjectDescriptor": user.descriptor,
        "providerDisplayName": user.display_name,
        "isActive": true,
        "properties": { "Account": { "$type": "System.String", "$value": user.upn } },
        "resourceVersion": 2,
        "metaTypeId": 0,
    })
}

fn service(name: &str, id: &str) -> serde_json::Value {
    json!({
        "id": id,
        "descriptor": format!("Microsoft.VisualStudio.Services.Claims.AadServicePrincipal;{id}"),
        "subjectDescriptor": format!("aadsp.{}", id.replace('-', "")),
        "providerDisplayName": name,
        "isActive": true,
        "properties": {},
        "resourceVersion": 2,
        "metaTypeId": 3,
    })
}

fn anonymous() -> serde_json::Value {
    let id = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
    json!({
        "id": id,
        "descriptor": format!("System:PublicAccess;{id}"),
        "providerDisplayName": "Anonymous",
        "properties": {},
    })
}
