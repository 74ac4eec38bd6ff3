//! Graph: the organization's users.
//!
//! `GET /_apis/graph/users` (REST API specification 7.2, area `graph`). The header `X-MS-ContinuationToken` alone tells
//! that there is more: a page without users may have one.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::owner::{Owner, SubjectDescriptor};
use patkeeper_core::reading::Unreadable;
use patkeeper_http::{Request, Response};
use patkeeper_lifecycle::ports::UserPage;

use crate::answer;
use crate::client::AzureDevOps;
use crate::error::{DevOpsError, Doing};
use crate::fields::{self, Field, Names};
use crate::own_pats::shorten;
use crate::wire::LONGEST_CONTINUATION;

const VERSION: &str = "7.2-preview.1";
const MORE: &str = "x-ms-continuationtoken";

const NAMES: Names = &[
    &["value"],
    &[
        "descriptor",
        "principalName",
        "displayName",
        "domain",
        "subjectKind",
        "isDeletedInOrigin",
    ],
];

/// Kinds of descriptors of whom no PAT can be: services, service principals, groups, scopes. A kind that is not known
/// is not among them.
const NOT_USERS: [&str; 7] = ["svc", "s2s", "acs", "aadsp", "vssgp", "aadgp", "scp"];
/// Where the service keeps identities of its own.
const NOT_DOMAINS: [&str; 3] = ["LOCAL AUTHORITY", "Build", "AgentPool"];

impl AzureDevOps {
    /// One page of the organization's users: the first, or the one that a page's `next` names. One request.
    ///
    /// # Errors
    /// See [`Reason`](crate::Reason).
    pub async fn users_page(&self, next: Option<&str>) -> Result<UserPage, DevOpsError> {
        let mut request = Request::get(self.vssps("graph/users")).query("subjectTypes", "aad,msa");
        if let Some(next) = next {
            request = request.query("continuationToken", next);
        }
        let doing = Doing::ListUsers;
        let sent = self.send(request.query("api-version", VERSION), &doing).await?;
        match page(&sent.answer) {
            Ok(read) if sent.answer.status == 200 => Ok(read.told(self.organization().name(), |text| {
                answer::echo(&sent.token).out_of(text)
            })),
            Ok(_) => Err(self.blame(&sent, &doing, "the status is not 200").await),
            Err(why) => Err(self.blame(&sent, &doing, why).await),
        }
    }
}

#[derive(Default)]
struct Read {
    page: UserPage,
    /// The best name of each entry that is not understood, and what is wrong with it.
    odd: Vec<(Option<String>, &'static str)>,
}

impl Read {
    fn told(mut self, organization: &str, clean: impl Fn(&str) -> String) -> UserPage {
        let odd = self.odd.iter().map(|(name, why)| {
            let name = name.as_deref().map(|name| shorten(&clean(name)));
            let named = name.map_or_else(
                || "a user without a name".to_owned(),
                |name| format!("the user '{name}'"),
            );
            let failure = Failure::new(
                FailureKind::Service,
                format!("Azure DevOps lists {named} in {organization}, and {why}"),
            )
            .with_code("notUnderstood")
            .with_why("whose PATs cannot be asked for cannot be called healthy")
            .with_way_out("run the step again")
            .with_way_out("look the user up under Organization settings, Users, and report it if they look as they should");
            Unreadable {
                what: format!("{named}, among the users of {organization}"),
                failure,
            }
        });
        self.page.unreadable = odd.collect();
        self.page
    }
}

fn page(answer: &Response) -> Result<Read, &'static str> {
    let next = match answer.header(MORE).map(str::trim) {
        // Taking this for the end would hide the users of the pages that follow.
        None if answer.has_header(MORE) => return Err("its X-MS-ContinuationToken is not understood"),
        None | Some("") => None,
        Some(token) if token.len() <= LONGEST_CONTINUATION => Some(token.to_owned()),
        Some(_) => return Err("its X-MS-ContinuationToken is not understood"),
    };
    let read = answer.json_with(|body| fields::read(body, NAMES).map(|json| users(&json)));
    let mut read = read.map_err(|not_json| not_json.why())??;
    read.page.next = next;
    Ok(read)
}

fn users(json: &Field<'_>) -> Result<Read, &'static str> {
    let (Field::Object(page), mut read) = (json, Read::default()) else {
        return Err("it is no object");
    };
    let [Field::List(entries)] = page.as_slice() else {
        return Err("it holds no list 'value'");
    };
    read.page.users.reserve(entries.len());
    for entry in entries {
        let Field::Object(fields) = entry else {
            read.odd.push((None, "it is no object"));
            continue;
        };
        let [
            descriptor,
            principal_name,
            display_name,
            domain,
            subject_kind,
            deleted,
        ] = fields.as_slice()
        else {
            continue;
        };
        let text = |field: &Field<'_>| {
            field
                .text()
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned)
        };
        let kind = descriptor.text().and_then(|text| text.trim().split_once('.'));
        let kind = kind.map_or("", |(kind, _)| kind);
        if cannot_own_pats(kind, domain.text(), subject_kind.text()) {
            read.page.skipped += 1;
            continue;
        }
        match descriptor.text().and_then(SubjectDescriptor::parse) {
            Some(descriptor) => read.page.users.push(Owner {
                descriptor,
                principal_name: text(principal_name),
                display_name: text(display_name),
                deleted_in_origin: matches!(deleted, Field::Bool(true)),
            }),
            None => {
                let name = text(principal_name).or_else(|| text(display_name));
                read.odd.push((
                    name.or_else(|| text(descriptor)),
                    "it has no descriptor, or one that is none",
                ));
            }
        }
    }
    Ok(read)
}

fn cannot_own_pats(kind: &str, domain: Option<&str>, subject_kind: Option<&str>) -> bool {
    let is_in = |text: &str, list: &[&str]| list.iter().any(|known| text.eq_ignore_ascii_case(known));
    let subject_kind = subject_kind.map(str::trim).filter(|kind| !kind.is_empty());
    is_in(kind, &NOT_USERS)
        || domain.is_some_and(|domain| is_in(domain.trim(), &NOT_DOMAINS))
        || subject_kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("user"))
}

#[cfg(test)]
mod tests;
