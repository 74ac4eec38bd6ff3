//! Where the service's resources are: what Microsoft's own clients ask for before anything else.

use serde_json::{Value, json};

use super::Call;
use super::caller::visitor;
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::Cloud;
use crate::refusal::Refusal;

/// Id, area, resource and route below the organization. The ids are those in Microsoft's clients.
type Location = (&'static str, &'static str, &'static str, &'static str);

const COLLECTION: &[Location] = &[
    (
        "e81700f7-3be2-46de-8624-2eb35882fcaa",
        "Location",
        "ResourceAreas",
        "_apis/{resource}/{areaId}",
    ),
    (
        "00d9565f-ed9c-4a06-9a50-00e7896ccab4",
        "Location",
        "ConnectionData",
        "_apis/{resource}",
    ),
];
const IDENTITY: &[Location] = &[
    (
        "005e26ec-6b77-4e4f-a986-b3827bf241f5",
        "Graph",
        "Users",
        "_apis/{area}/{resource}/{userDescriptor}",
    ),
    (
        "e1dbb0ae-49cb-4532-95a1-86cd89cfcab4",
        "Graph",
        "ServicePrincipals",
        "_apis/{area}/{resource}/{servicePrincipalDescriptor}",
    ),
    (
        "048aee0a-7072-4cde-ab73-7af77b1e0b4e",
        "Graph",
        "Descriptors",
        "_apis/{area}/{resource}/{storageKey}",
    ),
    (
        "28010c54-d0c0-4c89-a5b0-1c9e188b9fb7",
        "IMS",
        "Identities",
        "_apis/{resource}/{identityId}",
    ),
    (
        "af68438b-ed04-4407-9eb6-f1dbae3f922e",
        "TokenAdmin",
        "PersonalAccessTokens",
        "_apis/{area}/{resource}/{subjectDescriptor}",
    ),
    (
        "a9c08b2c-5466-4e22-8626-1ff304ffdf0f",
        "TokenAdmin",
        "Revocations",
        "_apis/{area}/{resource}",
    ),
];
const AUDIT: &[Location] = &[
    (
        "4e5fa14f-7097-4b73-9c85-00abc7353c61",
        "audit",
        "auditlog",
        "_apis/{area}/{resource}",
    ),
    (
        "6fa30b9a-9558-4e3b-a95f-a12572caa6e6",
        "audit",
        "actions",
        "_apis/{area}/{resource}",
    ),
];

/// Id and host of each area of resources.
const AREAS: &[(&str, &str, &str)] = &[
    (
        "bb1e7ec9-e901-4b68-999a-de7012b920f8",
        "graph",
        "vssps.dev.azure.com",
    ),
    (
        "af68438b-ed04-4407-9eb6-f1dbae3f922e",
        "tokenAdmin",
        "vssps.dev.azure.com",
    ),
    (
        "8a3d49b8-91f0-46ef-b33d-dda338c25db3",
        "IMS",
        "vssps.dev.azure.com",
    ),
    (
        "94ff054d-5ee1-413d-9341-3f4a7827de2e",
        "audit",
        "auditservice.dev.azure.com",
    ),
];

/// The answer, if the request is one of these.
pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Option<Result<Answer, Refusal>> {
    let method = call.request.method.as_str();
    if method == "OPTIONS" && call.is("_apis") {
        return Some(visitor(cloud, call, None).map(|_| resources(call)));
    }
    (method == "GET" && call.is("_apis/ResourceAreas")).then(|| areas(cloud, call))
}

fn resources(call: &Call<'_>) -> Answer {
    let known = match call.request.host.as_str() {
        "dev.azure.com" => COLLECTION,
        "auditservice.dev.azure.com" => AUDIT,
        host if super::is_identity_host(host) => IDENTITY,
        _ => &[],
    };
    let value: Vec<Value> = known
        .iter()
        .map(|(id, area, resource, route)| {
            json!({
                "id": id, "area": area, "resourceName": resource, "routeTemplate": route,
                "resourceVersion": 1, "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "0.0",
            })
        })
        .collect();
    Answer::json(200, &json!({ "count": value.len(), "value": value }))
}

fn areas(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    visitor(cloud, call, None)?;
    version(call.request, Stage::Preview)?;
    let value: Vec<Value> = AREAS
        .iter()
        .map(|(id, name, host)| {
            let at = format!("https://{host}/{}/", call.organization.name);
            json!({ "id": id, "name": name, "locationUrl": at })
        })
        .collect();
    Ok(Answer::json(
        200,
        &json!({ "count": value.len(), "value": value }),
    ))
}
