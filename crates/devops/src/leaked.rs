//! Whose a PAT is that somebody holds in their hand, and where it opens doors.
//!
//! It goes as Basic, to hosts of Azure DevOps alone; it is taken out of every word that comes back, and shown nowhere.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use patkeeper_core::owner::SubjectDescriptor;
use patkeeper_http::{Client, Request, Response, TokenFacts};
use secrecy::SecretString;
use serde_json::Value;

use crate::answer::{self, About};
use crate::client::{CONNECTION_VERSION, connection_data_url};
use crate::error::{Reason, Words};
use crate::wire;

const VERSION: &str = "7.1";
const ME: &str = "https://app.vssps.visualstudio.com/_apis/profile/profiles/me";
const ACCOUNTS: &str = "https://app.vssps.visualstudio.com/_apis/accounts";

/// A PAT whose owner is looked for. It prints nothing.
#[derive(Clone)]
pub struct LeakedPat {
    client: Client,
    pat: SecretString,
}

/// Whom a PAT speaks for in one organization. Texts of strangers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// UPN or display name.
    pub name: Option<String>,
    /// Graph's id, which `owners` of a revocation take.
    pub descriptor: Option<SubjectDescriptor>,
    /// The id in this organization.
    pub id: Option<String>,
}

/// What one organization says to a PAT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It works there, for this person.
    Works(Person),
    /// It was not let in: expired, revoked, or not of this organization. Which one, the service does not tell.
    Refused(Failure),
    /// There is no such organization.
    NoOrganization(Failure),
    /// No answer, or one that says nothing about the PAT.
    Unknown(Failure),
}

/// The organizations of a PAT's owner, as far as the PAT may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnersOrganizations {
    /// These.
    Listed {
        /// What the owner's profile calls them. Text of a stranger.
        owner: Option<String>,
        /// Where the owner is a member; the PAT need not work in all of them.
        organizations: Vec<Organization>,
        /// How many more there are whose names are not understood.
        odd: usize,
    },
    /// The PAT was not let in here, as one is that was made for one organization or lacks `vso.profile`, and one that is
    /// dead: nothing follows from it.
    NotTold,
    /// No answer, or one that says nothing.
    Unknown(Failure),
}

/// What is said in place of an answer.
enum No {
    Refused(Reason, Words),
    Other(Failure),
}

impl LeakedPat {
    /// Nothing is sent yet.
    #[must_use]
    pub fn new(client: Client, pat: SecretString) -> Self {
        Self { client, pat }
    }

    /// Which organizations the owner is a member of. Two requests, neither to any of them.
    pub async fn organizations(&self) -> OwnersOrganizations {
        let told = async {
            let me = self
                .ask(Request::get(ME).query("api-version", VERSION), ME)
                .await?;
            let text = |name: &str| me.get(name)?.as_str().filter(|text| !text.trim().is_empty());
            let id = text("id").ok_or_else(|| self.odd(ME, "it holds no id"))?;
            let owner = text("emailAddress").or_else(|| text("displayName"));
            let request = Request::get(ACCOUNTS)
                .query("memberId", id)
                .query("api-version", VERSION);
            let accounts = self.ask(request, ACCOUNTS).await?;
            let list = accounts.get("value").unwrap_or(&accounts).as_array();
            let list = list.ok_or_else(|| self.odd(ACCOUNTS, "it holds no list of organizations"))?;
            let names = list.iter().filter_map(|account| {
                let name = account.get("accountName")?.as_str()?;
                Organization::parse(name).ok()
            });
            let organizations: Vec<Organization> = names.collect();
            Ok(OwnersOrganizations::Listed {
                owner: owner.map(|owner| self.clean(owner)),
                odd: list.len() - organizations.len(),
                organizations,
            })
        };
        match told.await {
            Ok(listed) => listed,
            Err(No::Refused(..)) => OwnersOrganizations::NotTold,
            Err(No::Other(failure)) => OwnersOrganizations::Unknown(failure),
        }
    }

    /// Whether it works in an organization, and for whom. One request: connection data, which a PAT of any scope opens.
    pub async fn standing_in(&self, organization: &Organization) -> Standing {
        let url = connection_data_url(organization);
        let request = Request::get(url.as_str()).query("api-version", CONNECTION_VERSION);
        let refused = |reason: &Reason, words: &Words| {
            let failure = Failure::new(
                FailureKind::Service,
                format!("{organization} did not let the PAT in ({reason})."),
            )
            .with_code("patRefused")
            .with_why(match reason {
                Reason::SignInPage => {
                    "it does not know this text as anybody's: is it the whole PAT, and is it one?"
                }
                _ => {
                    "it has expired, was revoked, or is not of this organization, or none of its scopes opens this: the \
                     service does not say which"
                }
            });
            quoted(failure, words)
        };
        match self.ask(request, &url).await {
            // Organizations with public projects let everybody in, as nobody.
            Ok(data) if wire::is_anonymous(&data) => {
                Standing::Refused(refused(&Reason::Anonymous, &Words::default()))
            }
            Ok(data) => match wire::decode_account(&data) {
                Ok(account) => Standing::Works(Person {
                    name: account.user_name.map(|name| self.clean(&name)),
                    descriptor: account.descriptor,
                    id: account.user_id.map(|id| self.clean(&id)),
                }),
                Err(why) => match self.odd(&url, why) {
                    No::Other(failure) => Standing::Unknown(failure),
                    No::Refused(reason, words) => Standing::Refused(refused(&reason, &words)),
                },
            },
            Err(No::Refused(reason @ Reason::OrganizationNotFound, words)) => {
                let failure = Failure::new(
                    FailureKind::Service,
                    format!("There is no organization '{organization}' ({reason})"),
                )
                .with_code("organizationNotFound");
                Standing::NoOrganization(quoted(failure, &words))
            }
            Err(No::Refused(reason, words)) => Standing::Refused(refused(&reason, &words)),
            Err(No::Other(failure)) => Standing::Unknown(failure),
        }
    }

    async fn ask(&self, request: Request, url: &str) -> Result<Value, No> {
        let request = request
            .pat(self.pat.clone())
            .header("accept", "application/json")
            .header("x-tfs-fedauthredirect", "Suppress");
        let answer = self.client.send(request).await.map_err(|no_answer| {
            let mut failure = no_answer.failure();
            failure.what = format!("Asking {} with the PAT had no answer: {no_answer}", shown(url));
            No::Other(failure)
        })?;
        self.read(&answer, url)
    }

    fn read(&self, answer: &Response, url: &str) -> Result<Value, No> {
        // What an Entra token would be blamed for is not meant for PATs: without facts nothing is.
        let fault = answer::fault(answer, About::Organization, &TokenFacts::default(), &self.pat);
        match fault {
            None => answer.json().map_err(|not_json| self.odd(url, not_json.why())),
            // Only these are how a dead PAT is answered. A policy that keeps this machine out knows the PAT all the
            // same, and lets it in from elsewhere.
            Some((reason, words)) => Err(match (answer.status, &reason) {
                (_, Reason::ConditionalAccess | Reason::NeverSignedIn) => {
                    No::Other(quoted(self.says_nothing(url, &reason.to_string()), &words))
                }
                (203 | 302 | 401, _)
                | (_, Reason::SignInPage | Reason::Anonymous | Reason::OrganizationNotFound) => {
                    No::Refused(reason, words)
                }
                _ => No::Other(quoted(self.says_nothing(url, &reason.to_string()), &words)),
            }),
        }
    }

    fn odd(&self, url: &str, why: &str) -> No {
        No::Other(self.says_nothing(url, why))
    }

    fn says_nothing(&self, url: &str, why: &str) -> Failure {
        let asked = shown(url);
        Failure::new(
            FailureKind::Service,
            format!("What {asked} answered says nothing about the PAT: {why}"),
        )
        .with_code("notUnderstood")
        .with_way_out("run it again; if it stays so, look at status.dev.azure.com")
        .with_way_out("do not wait for it: a PAT that may work is one to revoke")
    }

    fn clean(&self, text: &str) -> String {
        answer::echo(&self.pat).out_of(text)
    }
}

/// Host and path of an https URL.
fn shown(url: &str) -> &str {
    url.strip_prefix("https://").unwrap_or(url)
}

fn quoted(failure: Failure, words: &Words) -> Failure {
    match words.quoted() {
        Some(words) => failure.with_service_words(words),
        None => failure,
    }
}

/// Never the PAT.
impl std::fmt::Debug for LeakedPat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeakedPat").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
