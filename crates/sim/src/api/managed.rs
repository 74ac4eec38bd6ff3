//! Managed identity: the instance metadata service of a virtual machine, and App Service's endpoint.

use chrono::TimeDelta;
use serde_json::json;

use crate::answer::Answer;
use crate::cloud::{Cloud, Instance, NoIdentity};
use crate::request::Request;

/// Life of a managed identity's token.
const LIFE: TimeDelta = TimeDelta::hours(24);

fn refuse(text: &str) -> Answer {
    Answer::json(
        400,
        &json!({ "error": "invalid_request", "error_description": text }),
    )
}

/// `GET /metadata/identity/oauth2/token` on 169.254.169.254.
pub(super) fn imds(cloud: &mut Cloud, request: &Request) -> Answer {
    if request.header("x-forwarded-for").is_some() {
        return refuse("Request contains forbidden header X-Forwarded-For");
    }
    if !request
        .header("metadata")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return refuse("Required metadata header not specified");
    }
    if request.path.trim_end_matches('/') != "/metadata/identity/oauth2/token" {
        return Answer::json(404, &json!({ "error": "Not found" }));
    }
    if request.method != "GET" {
        return Answer::json(405, &json!({ "error": "Method not allowed" }));
    }
    match request.parameter("api-version").as_deref() {
        Some("2018-02-01" | "2019-08-01" | "2019-11-01" | "2020-06-01" | "2021-02-01") => {}
        None => {
            return Answer::json(
                400,
                &json!({ "error": "Bad request. api-version was not specified in the request. For more information \
                                   refer to aka.ms/azureimds" }),
            );
        }
        Some(_) => {
            return Answer::json(
                400,
                &json!({ "error": "Bad request. api-version is invalid or is not supported" }),
            );
        }
    }
    let found = match found(cloud, request) {
        Ok(found) => found,
        Err(Missing::Resource) => return refuse("Required audience parameter not specified"),
        Err(Missing::UnknownResource(name)) => {
            return Answer::json(
                400,
                &json!({
                    "error": "invalid_resource",
                    "error_description": format!(
                        "AADSTS500011: The resource principal named {name} was not found in the tenant named {}.",
                        cloud.tenant()
                    ),
                }),
            );
        }
        Err(Missing::Identity(NoIdentity::NotFound)) => return refuse("Identity not found"),
        Err(Missing::Identity(NoIdentity::Several)) => {
            return refuse(
                "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity \
                 in the token request",
            );
        }
    };
    Answer::json(
        200,
        &json!({
            "access_token": found.token,
            "client_id": found.client_id,
            "expires_in": LIFE.num_seconds().to_string(),
            "expires_on": found.ends.to_string(),
            "ext_expires_in": LIFE.num_seconds().to_string(),
            "not_before": cloud.now().timestamp().to_string(),
            "resource": found.resource,
            "token_type": "Bearer",
        }),
    )
}

/// `GET $IDENTITY_ENDPOINT` of App Service, Functions and Container Apps; `secret` is `$IDENTITY_HEADER`.
pub(super) fn app_service(cloud: &mut Cloud, secret: &str, request: &Request) -> Answer {
    let refuse = |status: u16, text: &str, cloud: &mut Cloud| {
        Answer::json(
            status,
            &json!({ "statusCode": status, "message": text, "correlationId": cloud.guid() }),
        )
    };
    if request.header("x-identity-header") != Some(secret) {
        return refuse(
            401,
            "The X-IDENTITY-HEADER of the request is not the expected one.",
            cloud,
        );
    }
    if request.method != "GET" || request.path != "/msi/token" {
        return refuse(404, "Not found", cloud);
    }
    if request.parameter("api-version").as_deref() != Some("2019-08-01") {
        return refuse(400, "The api-version is not supported.", cloud);
    }
    match found(cloud, request) {
        Ok(found) => Answer::json(
            200,
            &json!({
                "access_token": found.token,
                "client_id": found.client_id,
                "expires_on": found.ends.to_string(),
                "resource": found.resource,
                "token_type": "Bearer",
            }),
        ),
        Err(Missing::Resource) => refuse(400, "A resource must be specified.", cloud),
        Err(Missing::UnknownResource(name)) => refuse(
            400,
            &format!("The resource principal named {name} was not found."),
            cloud,
        ),
        Err(Missing::Identity(_)) => refuse(
            400,
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
            cloud,
        ),
    }
}

struct Found {
    token: String,
    client_id: String,
    resource: String,
    ends: i64,
}

enum Missing {
    Resource,
    UnknownResource(String),
    Identity(NoIdentity),
}

fn found(cloud: &mut Cloud, request: &Request) -> Result<Found, Missing> {
    let resource = request
        .parameter("resource")
        .filter(|name| !name.is_empty())
        .ok_or(Missing::Resource)?;
    let client_id = request.parameter("client_id");
    let client_id = cloud
        .machine
        .identity(client_id.as_deref())
        .map_err(Missing::Identity)?
        .to_owned();
    let instance = cloud
        .app(&client_id)
        .and_then(|app| cloud.find_tenant(&app.tenant))
        .map_or(Instance::Public, |tenant| tenant.instance);
    if instance.resource(&resource).is_none() {
        return Err(Missing::UnknownResource(resource));
    }
    Ok(Found {
        token: cloud.app_token_for(&client_id, &resource, LIFE),
        client_id,
        resource,
        ends: (cloud.now() + LIFE).timestamp(),
    })
}
