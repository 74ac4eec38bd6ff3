//! What Microsoft's own libraries ask for before they ask for a token.

use serde_json::json;

use super::denial::Words;
use crate::answer::Answer;
use crate::cloud::{Cloud, Instance};
use crate::request::Request;

/// `GET /common/discovery/instance`: which hosts are one cloud.
pub(super) fn instance(request: &Request) -> Answer {
    let endpoint = request.parameter("authorization_endpoint").unwrap_or_default();
    let rest = endpoint.strip_prefix("https://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let tenant = path.split('/').next().unwrap_or_default();
    if Instance::of_host(host).is_none() {
        return Answer::json(
            400,
            &json!({
                "error": "invalid_instance",
                "error_description": "AADSTS50049: Unknown or invalid instance.",
                "error_codes": [50_049],
            }),
        );
    }
    Answer::json(
        200,
        &json!({
            "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": "login.microsoftonline.com",
                    "preferred_cache": "login.windows.net",
                    "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com"],
                },
                {
                    "preferred_network": "login.partner.microsoftonline.cn",
                    "preferred_cache": "login.partner.microsoftonline.cn",
                    "aliases": ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
                },
                {
                    "preferred_network": "login.microsoftonline.us",
                    "preferred_cache": "login.microsoftonline.us",
                    "aliases": ["login.microsoftonline.us"],
                },
            ],
        }),
    )
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) fn configuration(
    cloud: &mut Cloud,
    instance: Instance,
    tenant: &str,
    request: &Request,
) -> Answer {
    let mut words = Words::default();
    let known = match super::tenant(cloud, instance, tenant, &mut words) {
        Ok(known) => known,
        Err(denial) => return denial.worded("invalid_tenant").answer(cloud, request),
    };
    let id = known.map_or_else(|| "{tenantid}".to_owned(), |known| known.id);
    let base = format!("https://{}/{tenant}", request.host);
    Answer::json(
        200,
        &json!({
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": format!("https://{}/{id}/v2.0", request.host),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "cloud_instance_name": instance.host().trim_start_matches("login."),
        }),
    )
}
