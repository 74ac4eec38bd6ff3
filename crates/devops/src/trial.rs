//! Whether a PAT works: one request with it, and what the answer proves.
//!
//! An organization with public projects answers everybody, even with a PAT that is none, as the anonymous user (seen
//! with `dnceng-public`). So a success must not be the anonymous user's: connection data says who is signed in, and
//! every answer to whom the service knows carries `X-VSS-UserData: {id}:{name}` (seen in clients that read it).

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_http::{HttpError, Repeat, Request, Response, TokenFacts};
use secrecy::SecretString;

use crate::answer::{self, About};
use crate::client::AzureDevOps;
use crate::error::{Reason, Words};
use crate::probe::{Kind, Probe};
use crate::wire;

/// What trying a PAT has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// It works.
    Works {
        /// The status that said so.
        status: u16,
    },
    /// It was refused. A new PAT can take seconds to work, so this is worth another try.
    Refused(Failure),
    /// Nothing was shown: no answer, or one that is neither.
    ProvesNothing(Failure),
}

/// What one answer says of the PAT it was asked with.
enum Said {
    Works,
    /// It was let in by its answer alone, which may be everybody's.
    Perhaps,
    /// What was asked for is not there, or not for this user; whether the PAT was known, it does not say.
    NotOpen(Reason, Words),
    Refused(Reason, Words),
    Nothing(Reason, Words),
}

impl AzureDevOps {
    /// Asks for a URL with a PAT, once: a new PAT may need some seconds, and how long to wait for it is for the caller
    /// to say. Only a request that was surely not processed is sent again, a refusal for too many among them, so that
    /// the client may wait for up to two minutes here.
    ///
    /// One request, and one for connection data where the answer leaves open whether the service knew the PAT.
    pub async fn try_pat(&self, probe: &Probe, pat: &SecretString) -> Trial {
        let (answer, said) = match self.ask_with(probe, pat).await {
            Ok(asked) => asked,
            Err(no_answer) => return Trial::ProvesNothing(self.unanswered(probe, &no_answer)),
        };
        let status = answer.status;
        let (reason, words) = match said {
            Said::Works => return Trial::Works { status },
            Said::Refused(reason, words) => return Trial::Refused(self.refused(probe, &reason, &words)),
            Said::Nothing(reason, words) => {
                return Trial::ProvesNothing(self.no_proof(probe, &reason, &words));
            }
            Said::Perhaps => (None, Words::default()),
            Said::NotOpen(reason, words) => (Some(reason), words),
        };
        let connection = Probe::connection(self.organization());
        let second = self.ask_with(&connection, pat).await.map(|(_, said)| said);
        match (second, reason) {
            // Of what was let in, only that it was let in as nobody shows the contrary.
            (Ok(Said::Refused(reason @ Reason::Anonymous, words)), _)
            | (Ok(Said::Refused(reason, words)), Some(_)) => {
                Trial::Refused(self.refused(&connection, &reason, &words))
            }
            (Ok(Said::Nothing(reason, words)), None) => {
                Trial::ProvesNothing(self.no_proof(&connection, &reason, &words))
            }
            (Err(no_answer), None) => Trial::ProvesNothing(self.unanswered(&connection, &no_answer)),
            (Ok(Said::Works), _) | (_, None) => Trial::Works { status },
            (_, Some(reason)) => Trial::ProvesNothing(self.no_proof(probe, &reason, &words)),
        }
    }

    async fn ask_with(&self, probe: &Probe, pat: &SecretString) -> Result<(Response, Said), HttpError> {
        let accept = match probe.kind() {
            Kind::Given => "application/json, */*;q=0.5",
            Kind::Scope { .. } | Kind::Connection => "application/json",
        };
        let request = Request::get(probe.url())
            .pat(pat.clone())
            .header("accept", accept)
            .header("x-tfs-fedauthredirect", "Suppress")
            .repeat(Repeat::OnlyIfNotProcessed);
        let answer = self.client().send(request).await?;
        let said = read(&answer, probe.kind(), pat);
        Ok((answer, said))
    }

    fn refused(&self, probe: &Probe, reason: &Reason, words: &Words) -> Failure {
        let (asked, organization) = (probe.shown(), self.organization());
        let failure = Failure::new(
            FailureKind::Service,
            format!("A call to {asked} with the PAT was refused ({reason})."),
        )
        .with_code("newPatRefused");
        let failure = match (probe.kind(), reason) {
            (Kind::Given, Reason::OrganizationNotFound | Reason::NotFound | Reason::BadRequest) => failure
                .with_why("what verifyUrl names is not there, or is not to be asked for in this way")
                .with_way_out("open the URL in a browser, signed in as the PAT's owner, and correct verifyUrl"),
            (Kind::Given, _) => failure
                .with_why(
                    "none of its scopes opens that URL, its owner may not open it, or the PAT itself is refused; the \
                     service does not say which",
                )
                .with_way_out("check that one of the scopes opens verifyUrl: patkeeper scopes")
                .with_way_out("check that the PAT's owner can open it"),
            _ => failure
                .with_why("the service takes a PAT that it does not know, or no longer, for none at all")
                .with_way_out("run the step again: a new PAT can take a while to work")
                .with_way_out(format!(
                    "check whether a policy of {organization} or its tenant keeps PATs from being used"
                ))
                .with_way_out("name a URL that its scopes open: verifyUrl"),
        };
        quoted(failure, words)
    }

    fn no_proof(&self, probe: &Probe, reason: &Reason, words: &Words) -> Failure {
        let asked = probe.shown();
        let failure = Failure::new(
            FailureKind::Service,
            format!("A call to {asked} with the PAT has not shown whether it works ({reason})."),
        )
        .with_code("newPatUnproven")
        .with_way_out("run the step again; if it stays so, look at status.dev.azure.com");
        quoted(failure, words)
    }

    fn unanswered(&self, probe: &Probe, no_answer: &HttpError) -> Failure {
        let mut failure = no_answer.failure();
        let asked = probe.shown();
        failure.what = format!("A call to {asked} with the PAT had no answer. {no_answer}");
        failure
    }
}

fn quoted(failure: Failure, words: &Words) -> Failure {
    match words.quoted() {
        Some(words) => failure.with_service_words(words),
        None => failure,
    }
}

fn read(answer: &Response, kind: Kind, pat: &SecretString) -> Said {
    let user = answer.header("x-vss-userdata").map(str::trim);
    let anonymous = |user: &str| user.get(..wire::ANONYMOUS.len()).is_some_and(is_anonymous);
    let known = user.is_some_and(|user| !user.is_empty() && !anonymous(user));
    // What the table of advice says of Entra tokens is not meant for PATs: without facts it blames nothing.
    let fault = answer::fault(answer, About::Organization, &TokenFacts::default(), pat);
    match (answer.status, fault) {
        (_, None) if user.is_some_and(anonymous) || is_connection_of_nobody(answer) => {
            Said::Refused(Reason::Anonymous, Words::default())
        }
        (_, None) => match kind {
            Kind::Connection if answer.json().is_err() => Said::Nothing(
                Reason::NotUnderstood("it is no connection data"),
                Words::default(),
            ),
            Kind::Given | Kind::Scope { public: true, .. } if !known => Said::Perhaps,
            _ => Said::Works,
        },
        (_, Some((reason @ (Reason::SignInPage | Reason::Anonymous), words))) => Said::Refused(reason, words),
        (203 | 300..=399 | 401, Some((reason, words))) => Said::Refused(reason, words),
        (403 | 404, Some(_)) if known && kind != Kind::Given => Said::Works,
        (400 | 403..=407 | 409..=428, Some((reason, words))) if kind == Kind::Given => {
            Said::Refused(reason, words)
        }
        (400 | 403 | 404, Some((reason, words))) if kind != Kind::Connection => Said::NotOpen(reason, words),
        (_, Some((reason, words))) => Said::Nothing(reason, words),
    }
}

fn is_anonymous(id: &str) -> bool {
    id.eq_ignore_ascii_case(wire::ANONYMOUS)
}

/// Whether it is connection data, and of the anonymous user.
fn is_connection_of_nobody(answer: &Response) -> bool {
    answer
        .asked
        .to_ascii_lowercase()
        .ends_with("/_apis/connectiondata")
        && answer.json().is_ok_and(|json| wire::is_anonymous(&json))
}

#[cfg(test)]
mod tests;
