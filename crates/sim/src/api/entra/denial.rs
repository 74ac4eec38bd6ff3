//! Entra's ways of saying no: one row a code.

use crate::answer::Answer;
use crate::cloud::Cloud;
use crate::request::Request;

use serde_json::json;

/// What the texts quote.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) client_id: String,
    pub(super) app: String,
    pub(super) tenant: String,
    pub(super) user: String,
    pub(super) resource: String,
    pub(super) scope: String,
    pub(super) redirect: String,
    /// Issuer, subject and audience of an assertion.
    pub(super) assertion: [String; 3],
    /// A parameter's name, a grant's name, or a time: whatever the text has one of.
    pub(super) detail: String,
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Denial {
    pub(super) code: u32,
    status: u16,
    pub(super) error: &'static str,
    suberror: Option<&'static str>,
    text: String,
}

impl Denial {
    /// The row of `code`; a code that is not in the table gets the row of a grant refused.
    pub(super) fn new(code: u32, words: &Words) -> Self {
        let (status, error, suberror) = kind(code);
        Self {
            code,
            status,
            error,
            suberror,
            text: text(code, words),
        }
    }

    /// With another word for `error`.
    pub(super) fn worded(mut self, error: &'static str) -> Self {
        self.error = error;
        self
    }

    /// `AADSTS…: …` with the ids of the request.
    pub(super) fn description(&self, cloud: &Cloud, trace: &str, correlation: &str) -> String {
        let time = cloud.now().format("%Y-%m-%d %H:%M:%SZ");
        let [first, next] = if cloud.entra.multiline_errors {
            ["\r\n", "\r\n"]
        } else {
            [" ", " "]
        };
        format!(
            "AADSTS{}: {}{first}Trace ID: {trace}{next}Correlation ID: {correlation}{next}Timestamp: {time}",
            self.code, self.text
        )
    }

    /// The answer of a JSON endpoint.
    pub(super) fn answer(&self, cloud: &mut Cloud, request: &Request) -> Answer {
        let (trace, correlation) = ids(cloud, request);
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(cloud, &trace, &correlation),
            "error_codes": [self.code],
            "timestamp": cloud.now().format("%Y-%m-%d %H:%M:%SZ").to_string(),
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://{}/error?code={}", request.host, self.code),
        });
        if let (Some(suberror), Some(body)) = (self.suberror, body.as_object_mut()) {
            body.insert("suberror".to_owned(), suberror.into());
            if suberror == "basic_action" {
                let claims = r#"{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}"#;
                body.insert("claims".to_owned(), claims.into());
            }
        }
        Answer::json(self.status, &body).with("x-ms-request-id", trace)
    }

    /// The page that a browser is shown where no redirect is safe or wanted.
    pub(super) fn page(&self, cloud: &mut Cloud, request: &Request) -> Answer {
        let (trace, correlation) = ids(cloud, request);
        let text = self.description(cloud, &trace, &correlation);
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        Answer::html(
            200,
            format!(
                "<!DOCTYPE html>\r\n<html><head><title>Sign in to your account</title></head><body>\r\n\
                 <h1>Sorry, but we’re having trouble signing you in.</h1>\r\n<p>{text}</p>\r\n</body></html>\r\n"
            ),
        )
    }
}

/// Trace and correlation id of an answer; the client may bring the latter.
pub(super) fn ids(cloud: &mut Cloud, request: &Request) -> (String, String) {
    let trace = cloud.guid();
    let correlation = request
        .header("client-request-id")
        .filter(|sent| uuid::Uuid::parse_str(sent).is_ok())
        .map_or_else(|| cloud.guid(), str::to_owned);
    (trace, correlation)
}

/// Status, `error` and `suberror`.
fn kind(code: u32) -> (u16, &'static str, Option<&'static str>) {
    match code {
        7_000_215 | 7_000_216 | 7_000_218 | 7_000_222 | 700_024 | 700_025 | 700_027 | 700_211 | 700_212
        | 700_213 | 7_002_137 | 7_002_138 | 7_000_229 => (401, "invalid_client", None),
        700_016 | 7_000_112 => (400, "unauthorized_client", None),
        70_021 | 50_027 | 50_059 | 50_194 | 90_002 | 900_023 | 900_144 | 900_561 | 28_000 => {
            (400, "invalid_request", None)
        }
        70_003 => (400, "unsupported_grant_type", None),
        70_011 | 1_002_012 => (400, "invalid_scope", None),
        500_011 => (400, "invalid_resource", None),
        650_053 | 50_011 | 500_112 => (400, "invalid_client", None),
        70_016 => (400, "authorization_pending", None),
        70_018 => (400, "bad_verification_code", None),
        70_019 => (400, "expired_token", None),
        65_001 => (400, "invalid_grant", Some("consent_required")),
        65_004 => (400, "access_denied", Some("cancel")),
        50_074 | 50_076 | 50_078 | 50_079 => (400, "invalid_grant", Some("basic_action")),
        53_000 | 53_001 | 53_003 => (400, "invalid_grant", Some("message_only")),
        50_173 | 700_082 | 700_084 => (400, "invalid_grant", Some("bad_token")),
        90_033 => (503, "temporarily_unavailable", None),
        _ => (400, "invalid_grant", None),
    }
}

fn text(code: u32, words: &Words) -> String {
    let Words {
        client_id,
        app,
        tenant,
        user,
        resource,
        scope,
        redirect,
        assertion: [issuer, subject, audience],
        detail,
    } = words;
    const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
    const CHECK: &str = "Check your federated identity credential Subject, Audience and Issuer against the \
                         presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
    match code {
        28_000 => format!("Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid."),
        50_011 => format!("The redirect URI '{redirect}' specified in the request does not match the redirect URIs configured for the application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to troubleshoot this error."),
        50_020 => format!("User account '{user}' from identity provider 'https://sts.windows.net/' does not exist in tenant '{tenant}' and cannot access the application '{client_id}'({app}) in that tenant."),
        50_027 => "JWT token is invalid or malformed.".to_owned(),
        50_053 => "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.".to_owned(),
        50_055 => "The password is expired.".to_owned(),
        50_057 => "The user account is disabled.".to_owned(),
        50_059 => "No tenant-identifying information found in either the request or implied by any provided credentials.".to_owned(),
        50_074 => "Strong Authentication is required.".to_owned(),
        50_076 => format!("Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{resource}'."),
        50_078 => "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication to access the resource.".to_owned(),
        50_079 => format!("Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{resource}'."),
        50_105 => format!("Your administrator has configured the application {app} ('{client_id}') to block users unless they are specifically granted ('assigned') access to the application. The signed in user '{user}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator."),
        50_173 => format!("The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{detail}' and the TokensValidFrom date (before which tokens are not valid) for this user is later."),
        50_194 => format!("Application '{client_id}'({app}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."),
        53_000 => "Device is not in required device state: unknown. Conditional Access policy requires a compliant device, and the device is not compliant.".to_owned(),
        53_001 => "Device is not in required device state: domain_joined. Conditional Access policy requires a domain joined device, and the device is not domain joined.".to_owned(),
        53_003 => "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.".to_owned(),
        54_005 => "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.".to_owned(),
        65_001 => format!("The user or administrator has not consented to use the application with ID '{client_id}' named '{app}'. Send an interactive authorization request for this user and resource."),
        65_004 => format!("User declined to consent to access the app '{app}'."),
        70_000 => "Provided grant is invalid or malformed.".to_owned(),
        70_003 => format!("The app requested an unsupported grant type '{detail}'."),
        70_008 => format!("The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource. It ended on {detail}."),
        70_011 => format!("The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid."),
        70_016 => "OAuth 2.0 device flow error. Authorization is pending. Continue polling.".to_owned(),
        70_018 => "Invalid verification code. The user entered a wrong user code for the device code flow, or the code is not known.".to_owned(),
        70_019 => "Verification code expired. Have the user retry the sign-in.".to_owned(),
        70_021 => format!("No matching federated identity record found for presented assertion. Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"),
        90_002 => format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."),
        90_033 => "A transient error has occurred. Please try again.".to_owned(),
        500_011 => format!("The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."),
        500_112 => format!("The reply address '{redirect}' does not match the reply address '{detail}' provided when requesting Authorization code."),
        501_481 => "The Code_Verifier does not match the code_challenge supplied in the authorization request.".to_owned(),
        650_053 => format!("The application '{app}' asked for scope '{scope}' that doesn't exist on the resource '{}'. Contact the app vendor.", if resource.is_empty() { GRAPH } else { resource }),
        700_016 => format!("Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."),
        700_024 => format!("Client assertion is not within its valid time range. {detail}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."),
        700_025 => "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.".to_owned(),
        700_027 => format!("The certificate with identifier used to sign the client assertion is not registered on application, or the signature is not valid. Alternate error: client assertion failed signature validation. Client: '{client_id}'."),
        700_082 => format!("The refresh token has expired due to inactivity. The token was issued on {detail} and was inactive for 90.00:00:00."),
        700_084 => format!("The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can not be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on {detail}."),
        700_211 => format!("No matching federated identity record found for presented assertion issuer '{issuer}'. {CHECK}"),
        700_212 => format!("No matching federated identity record found for presented assertion audience '{audience}'. {CHECK}"),
        700_213 => format!("No matching federated identity record found for presented assertion subject '{subject}'. {CHECK}"),
        7_002_138 => format!("No matching federated identity record found for presented assertion subject '{subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. {CHECK}"),
        900_023 => format!("Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."),
        900_144 => format!("The request body must contain the following parameter: '{detail}'."),
        900_561 => format!("The endpoint only accepts POST requests. Received a {detail} request."),
        1_002_012 => format!("The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
        7_000_112 => format!("Application '{client_id}'({app}) is disabled."),
        7_000_215 => format!("Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."),
        7_000_216 => "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.".to_owned(),
        7_000_218 => "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".to_owned(),
        7_000_222 => format!("The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."),
        7_000_229 => format!("The client application {client_id} is missing service principal in the tenant {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119."),
        9_002_313 => "Invalid request. Request is malformed or invalid.".to_owned(),
        _ => "Your sign-in was refused.".to_owned(),
    }
}
