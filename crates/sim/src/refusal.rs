//! The shapes in which Azure DevOps says no, one table for the rules and for faults.
//!
//! Sources: the failure shapes observed and documented for `vssps.dev.azure.com`; statuses marked *assumed*
//! are not published.

use serde_json::json;

use crate::answer::Answer;

/// One way of refusing a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// 203 and an HTML page of about 16 kB titled `Azure DevOps Services | Sign In`: an absent, malformed or
    /// unknown credential.
    SignInPage,
    /// 302 with a short HTML body, to a sign-in address.
    SignInRedirect,
    /// 401 with `TF400813: Resource not available for anonymous access`.
    Anonymous,
    /// 401 without content type and body: a PAT that lacks a scope, has expired or was revoked.
    PatRefused,
    /// 401, JSON behind a byte order mark, `TF400813` and `InvalidIdentityException`: an Entra token refused.
    BearerRefused,
    /// 403 (assumed) `InvalidAccessException`: a service principal or managed identity near the PAT API.
    ServicePrincipal,
    /// 403 (assumed) `InvalidAccessException`: a PAT or a job's token near the PAT API.
    WrongTokenType,
    /// 401 (assumed) `TF401444`: an identity not yet added to the organization; its `tenant\id` name.
    NotInOrganization(String),
    /// 403 (assumed) `VS403463`: Conditional Access.
    ConditionalAccess,
    /// 429 `TF400733`, with `Retry-After` in seconds or without.
    RateLimited {
        /// Seconds to wait, if the answer says so.
        retry_after: Option<u32>,
    },
    /// 400 `TF400898` and `JsonReaderException`: a body that is not JSON.
    MalformedBody,
    /// 200 (!) with a text in place of the federated token: the job's stage does not name the connection.
    ConnectionNotReferenced {
        /// The connection's id.
        connection: String,
        /// `stage.job.__default`.
        stage: String,
    },
    /// 500 `TaskOrchestrationPlanSecurityException`: the token is not that of the job in the path, or the service
    /// does not know the job yet.
    PlanSecurity,
    /// 404 with an HTML page: no such organization.
    NoSuchOrganization,
    /// Any other exception of the service.
    Exception {
        /// HTTP status.
        status: u16,
        /// `typeKey`, for example `SessionTokenNotFoundException`.
        type_key: String,
        /// `message`.
        message: String,
    },
}

impl Refusal {
    pub(crate) fn exception(status: u16, type_key: &str, message: impl Into<String>) -> Self {
        Self::Exception {
            status,
            type_key: type_key.to_owned(),
            message: message.into(),
        }
    }

    /// The resource is there, and does not know this method.
    pub(crate) fn method(method: &str) -> Self {
        Self::exception(
            405,
            "VssRequestMethodNotSupportedException",
            format!("The requested resource does not support http method '{method}'."),
        )
    }

    /// The answer; `host` is the one that was asked, `activity` the id of the request.
    pub(crate) fn answer(&self, host: &str, activity: &str) -> Answer {
        match self {
            Self::SignInPage => Answer::html(203, sign_in_page(host, activity)),
            Self::SignInRedirect => {
                let to = format!(
                    "https://spsprodsim1.vssps.visualstudio.com/_signin?realm={host}&reply_to=https%3A%2F%2F{host}%2F"
                );
                let page = format!(
                    "<html><head><title>Object moved</title></head><body>\r\n\
                     <h2>Object moved to <a href=\"{to}\">here</a>.</h2>\r\n</body></html>\r\n"
                );
                Answer::html(302, page).with("Location", to)
            }
            Self::Anonymous => exception(
                401,
                "UnauthorizedRequestException",
                "TF400813: Resource not available for anonymous access. Client authentication required.",
            )
            .with("WWW-Authenticate", "Bearer"),
            Self::PatRefused => {
                Answer::empty(401).with("WWW-Authenticate", format!("Basic realm=\"https://{host}/\""))
            }
            Self::BearerRefused => {
                let message = "TF400813: The user is not authorized to access this resource.";
                let encoded =
                    percent_encoding::utf8_percent_encode(message, percent_encoding::NON_ALPHANUMERIC);
                Answer::json_with_bom(401, &exception_body("InvalidIdentityException", message))
                    .with("WWW-Authenticate", "Bearer")
                    .with("X-TFS-ServiceError", encoded.to_string())
            }
            Self::ServicePrincipal => exception(
                403,
                "InvalidAccessException",
                "Service principals are not allowed to perform this action.",
            ),
            Self::WrongTokenType => exception(
                403,
                "InvalidAccessException",
                "The requested operation is not allowed.",
            ),
            Self::NotInOrganization(who) => exception(
                401,
                "UnauthorizedRequestException",
                format!(
                    "TF401444: Sign-in at least once as {who} in a web browser to enable access to the service."
                ),
            ),
            Self::ConditionalAccess => exception(
                403,
                "UnauthorizedRequestException",
                "VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed.",
            ),
            Self::RateLimited { retry_after } => {
                let answer = exception(
                    429,
                    "RequestBlockedException",
                    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of \
                     resource 'Concurrency' in namespace 'User'.",
                );
                match retry_after {
                    Some(seconds) => answer.with("Retry-After", seconds.to_string()),
                    None => answer,
                }
            }
            Self::MalformedBody => Answer::json(
                400,
                &json!({
                    "$id": "1",
                    "innerException": null,
                    "message": format!("TF400898: An Internal Error Occurred. Activity Id: {activity}."),
                    "typeName": "Newtonsoft.Json.JsonReaderException, Newtonsoft.Json",
                    "typeKey": "JsonReaderException",
                    "errorCode": 0,
                    "eventId": 0,
                }),
            ),
            Self::ConnectionNotReferenced { connection, stage } => {
                let text = format!(
                    "There is no explicit reference to service connection {connection} from current stage {stage}."
                );
                // A string, wrapped as if it were a list of characters.
                Answer::json(200, &json!({ "count": text.chars().count(), "value": text }))
            }
            Self::PlanSecurity => exception(
                500,
                "TaskOrchestrationPlanSecurityException",
                "The user does not have the permissions to access the plan of this job.",
            ),
            Self::NoSuchOrganization => Answer::html(
                404,
                "<!DOCTYPE html><html><head><title>Azure DevOps Services | Not Found</title></head>\
                 <body><h1>404 - The resource cannot be found</h1></body></html>"
                    .to_owned(),
            ),
            Self::Exception {
                status,
                type_key,
                message,
            } => exception(*status, type_key, message),
        }
    }
}

fn exception(status: u16, type_key: &str, message: impl AsRef<str>) -> Answer {
    Answer::json(status, &exception_body(type_key, message.as_ref()))
}

fn exception_body(type_key: &str, message: &str) -> serde_json::Value {
    const ASSEMBLY: &str = "Microsoft.TeamFoundation.Framework.Server";
    json!({
        "$id": "1",
        "innerException": null,
        "message": message,
        "typeName": format!("{ASSEMBLY}.{type_key}, {ASSEMBLY}"),
        "typeKey": type_key,
        "errorCode": 0,
        "eventId": 3000,
    })
}

/// About as long as the real one, since clients must not print it whole or take its length for data.
fn sign_in_page(host: &str, activity: &str) -> String {
    const SIZE: usize = 16_000;
    let mut page = format!(
        "<!DOCTYPE html>\r\n<html lang=\"en-US\">\r\n<head>\r\n<title>Azure DevOps Services | Sign In</title>\r\n\
         <meta name=\"activity\" content=\"{activity}\" />\r\n</head>\r\n<body class=\"sign-in\">\r\n\
         <form action=\"https://{host}/_signin\" method=\"post\"><input type=\"submit\" value=\"Sign in\" /></form>\r\n\
         <script type=\"text/javascript\">\r\n"
    );
    let mut line = 0;
    while page.len() < SIZE {
        page.push_str(&format!(
            "window.$page.part{line} = {{ \"loaded\": false, \"retries\": 0 }};\r\n"
        ));
        line += 1;
    }
    page.push_str("</script>\r\n</body>\r\n</html>\r\n");
    page
}
