//! Taking messages, and what all webhooks have in common.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::cloud::{Cloud, Delivery, Hook};
use crate::request::Request;

/// How one kind of webhook behaves.
pub(super) struct Rules {
    pub(super) hook: Hook,
    /// The body's parsed form, or the refusal: status, text.
    pub(super) check: fn(&Request) -> Result<Value, Refused>,
    pub(super) accepted: fn() -> Answer,
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    /// The body of the answer.
    pub(super) says: String,
    /// For the books: what was wrong with the message.
    pub(super) why: String,
}

impl Refused {
    pub(super) fn new(status: u16, says: &str, why: impl Into<String>) -> Self {
        Self {
            status,
            says: says.to_owned(),
            why: why.into(),
        }
    }
}

pub(super) static GENERIC: Rules = Rules {
    hook: Hook::Generic,
    check: json_body,
    accepted: || Answer::json(200, &json!({ "received": true })),
};

/// The body as JSON.
pub(super) fn json_body(request: &Request) -> Result<Value, Refused> {
    if request.method != "POST" {
        return Err(Refused::new(
            405,
            "method not allowed",
            format!("method {}", request.method),
        ));
    }
    if !request.is_json() {
        return Err(Refused::new(
            415,
            "unsupported media type",
            "the content type is not application/json",
        ));
    }
    serde_json::from_slice(&request.body)
        .map_err(|error| Refused::new(400, "invalid payload", error.to_string()))
}

/// Books the message and answers it.
pub(super) fn receive(cloud: &mut Cloud, request: &Request, rules: &Rules) -> Answer {
    let checked = (rules.check)(request);
    let answer = match &checked {
        Ok(_) => (rules.accepted)(),
        Err(refused) => Answer::text(refused.status, &refused.says),
    };
    let query = if request.query.is_empty() {
        String::new()
    } else {
        format!("?{}", request.query)
    };
    cloud.deliveries.push(Delivery {
        at: cloud.now(),
        hook: rules.hook,
        url: format!("https://{}{}{query}", request.host, request.path),
        raw: String::from_utf8_lossy(&request.body).into_owned(),
        payload: serde_json::from_slice(&request.body).ok(),
        status: answer.status,
        refused: checked.err().map(|refused| refused.why),
    });
    answer
}
