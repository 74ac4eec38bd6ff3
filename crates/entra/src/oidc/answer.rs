//! Telling an assertion from a refusal: Azure DevOps sends both with status 200.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{Echo, Response, words};
use secrecy::SecretString;
use serde_json::Value;

/// What came.
#[derive(Debug)]
pub(super) enum Answer {
    Assertion(SecretString),
    Refusal(Refusal),
}

/// Why there is no assertion.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    reason: Reason,
    /// The service's message, if it has one.
    message: Option<String>,
    /// `typeKey` of its error.
    type_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// A 200 with a text in place of the assertion.
    Said,
    /// The orchestration plan is not open to the job's token, perhaps not yet.
    Plan,
    /// A sign-in page, or the way to one.
    SignInPage,
    /// 401.
    JobToken,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 429.
    Busy,
    /// 5xx and 408.
    Failed,
    /// Something else.
    Odd(&'static str),
}

/// What an answer is.
pub(super) fn read(answer: &Response) -> Answer {
    let page = answer.content_type.contains("html");
    // Refusals come with and without a content type, so what parses counts.
    let body: Value = match serde_json::from_slice(answer.body()) {
        Ok(body) if !page => body,
        _ => Value::Null,
    };
    let text = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    };
    if answer.status == 200
        && !page
        && let Some(assertion) = text(body.get("oidcToken"))
    {
        return Answer::Assertion(SecretString::from(assertion));
    }
    let value = body.get("value");
    let message = text(value)
        .or_else(|| text(value.and_then(|value| value.get("Message"))))
        .or_else(|| text(body.get("message")));
    let type_key = text(body.get("typeKey"));
    let about_plan = type_key
        .as_deref()
        .is_some_and(|name| name.contains("TaskOrchestrationPlanSecurityException"));
    let reason = match answer.status {
        _ if about_plan => Reason::Plan,
        203 | 300..=399 => Reason::SignInPage,
        200..=299 if page => Reason::SignInPage,
        200..=299 if message.is_some() => Reason::Said,
        200..=299 => Reason::Odd("the answer holds neither an assertion nor a reason"),
        401 => Reason::JobToken,
        403 => Reason::Forbidden,
        404 => Reason::NotFound,
        429 => Reason::Busy,
        408 | 500.. => Reason::Failed,
        _ => Reason::Odd("the status is none that this request is known to have"),
    };
    Answer::Refusal(Refusal {
        reason,
        message,
        type_key,
    })
}

impl Refusal {
    /// Whether the service may know better in some seconds.
    pub(super) fn is_for_now(&self) -> bool {
        self.reason == Reason::Plan
    }

    /// The failure that people read.
    pub(super) fn failure(&self, answer: &Response, connection: &str, echo: &Echo) -> Failure {
        let names: Vec<&str> = self.type_key.as_deref().into_iter().collect();
        let words = words::of(answer, self.message.as_deref(), &names, echo);
        self.meaning(connection).with_service_words(words)
    }

    fn meaning(&self, connection: &str) -> Failure {
        let refused = |code: &str| {
            let what = format!(
                "Azure DevOps refused to give this job an assertion for the service connection {connection}."
            );
            Failure::new(FailureKind::Refused, what).with_code(code)
        };
        let failed = |code: &str| {
            let what = format!(
                "Azure DevOps failed to give this job an assertion for the service connection {connection}."
            );
            Failure::new(FailureKind::Service, what).with_code(code)
        };
        match self.reason {
            Reason::Said => refused("connectionNotNamed")
                .with_why(
                    "a job gets assertions only for connections that one of its tasks names in an input; \
                     which these are is settled when the job is queued, and a variable with the connection's id does not count",
                )
                .with_way_out("name the connection in a task input of this job: azureSubscription: <the connection's name>")
                .with_way_out("have the pipeline permitted to use the connection (Project settings, Service connections, Security)"),
            Reason::Plan => refused("jobTokenRefused")
                .with_why("the job's token has no right to the job's own plan: that of a job that has ended or was cancelled")
                .with_way_out("run the job again"),
            Reason::SignInPage => refused("signInPage")
                .with_why("it shows its sign-in page instead of an answer: it does not know the job's token")
                .with_way_out("run the job again; a job's token ends with the job, or with its time limit")
                .with_way_out("if it stays so, report it"),
            Reason::JobToken => refused("jobTokenRefused")
                .with_why("it does not accept the job's token, which ends with the job, or with its time limit")
                .with_way_out("run the job again"),
            Reason::Forbidden => refused("jobTokenRefused")
                .with_why("the job's token may not do this")
                .with_way_out("have the pipeline permitted to use the connection (Project settings, Service connections, Security)")
                .with_way_out("name the connection in a task input of this job: azureSubscription: <the connection's name>"),
            Reason::NotFound => refused("connectionNotFound")
                .with_why("it knows no such job or connection, or offers no assertions: Azure DevOps Server does not")
                .with_way_out("check that the service connection still exists")
                .with_way_out("on Azure DevOps Server, use a connection with a client secret or a managed identity"),
            Reason::Busy => failed("rateLimit")
                .with_why("it asks to be asked less often")
                .with_way_out("run the step again in some minutes"),
            Reason::Failed => failed("serviceError").with_way_out("run the step again; if it stays so, look at https://status.dev.azure.com"),
            Reason::Odd(why) => failed("notUnderstood")
                .with_why(format!("{why}. What the documentation does not say is not guessed at"))
                .with_way_out("run the step again; if it stays so, report it with the lines around this one"),
        }
    }
}
