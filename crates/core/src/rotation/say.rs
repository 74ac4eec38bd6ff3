//! How a rotation that cannot go on says so.

use chrono::{DateTime, Utc};

use crate::failure::{Failure, FailureKind};
use crate::pat::AuthorizationId;
use crate::time::minute;

use super::record::{Intent, LOCK};
use super::settings::Settings;
use super::step::Step;
use super::tags::{BadTag, TagsFull};

/// Where the rest can be read.
const DOCS: &str = "docs/rotation.md";

fn secret(settings: &Settings) -> String {
    format!("secret '{}' in {}", settings.secret, settings.store)
}

pub(super) fn bad_tag(bad: &BadTag, version: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!("The tags of the secret's version {version} cannot be understood: {bad}."),
    )
    .with_code("badTag")
    .with_why(
        "what Patkeeper revokes depends on these tags, so it guesses nothing; nothing was minted or revoked",
    )
    .with_way_out(
        "put the tag back as it was, or remove every tag of that version that begins with patkeeper-",
    )
    .with_way_out("and name the PAT that the secret holds with adopt: <authorization id>")
}

pub(super) fn locked(settings: &Settings, intent: &Intent) -> Failure {
    Failure::new(
        FailureKind::Locked,
        format!(
            "Another run holds the lock of the {} until {}: {}.",
            secret(settings),
            minute(intent.until()),
            whose(intent)
        ),
    )
    .with_code("locked")
    .with_why(format!(
        "it has said that it is about to mint {}, less than {} minutes ago",
        intent.name,
        LOCK.num_minutes()
    ))
    .with_way_out("let it end; a later run finishes what it leaves")
    .with_way_out("if it is dead, run the step again after that time, or run the same job again at once")
}

fn whose(intent: &Intent) -> String {
    format!(
        "build {}, attempt {} (run {}), since {}",
        intent.run.build(),
        intent.run.attempt(),
        intent.run,
        minute(intent.start)
    )
}

/// The intent is not where this run has written it.
pub(super) fn overtaken(settings: &Settings, other: Option<&Intent>) -> Failure {
    let what = format!("Another run has taken over the {}.", secret(settings));
    let why = match other {
        Some(other) => format!(
            "it holds the lock until {}: {}",
            minute(other.until()),
            whose(other)
        ),
        None => "it has stored another version, or has cleared this run's intent".to_owned(),
    };
    Failure::new(FailureKind::Locked, what)
        .with_code("overtaken")
        .with_why(why)
        .with_way_out("let it end, and run the step again if it failed")
        .with_way_out(format!(
            "give each secret one pipeline, with an exclusive lock check ({DOCS})"
        ))
}

pub(super) fn outlived(start: DateTime<Utc>, now: DateTime<Utc>) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!(
            "This run took too long to store the new PAT: {} minutes since it said that it would.",
            (now - start).num_minutes()
        ),
    )
    .with_code("lockOutlived")
    .with_why("after 15 minutes others may take it for dead and revoke what it has minted")
    .with_way_out("run the step again")
}

pub(super) fn untagged(settings: &Settings) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!("The {} exists, and is not Patkeeper's.", secret(settings)),
    )
    .with_code("untagged")
    .with_why("none of its versions has Patkeeper's tags, so whose value it holds is not known; nothing was changed")
    .with_way_out("if it holds a PAT, name it: adopt: <authorization id>, which PatMonitor's report shows")
    .with_way_out("or choose another secretName")
}

pub(super) fn by_hand(settings: &Settings, version: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!(
            "The current version {version} of the {} was put there by hand.",
            secret(settings)
        ),
    )
    .with_code("byHand")
    .with_why("it has none of Patkeeper's tags, and versions before it have; nothing was minted or revoked")
    .with_way_out("name the PAT that it holds: adopt: <authorization id>, which PatMonitor's report shows")
    .with_way_out("or store the earlier value again, with all of its patkeeper- tags")
}

pub(super) fn disabled(settings: &Settings, version: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!(
            "The current version {version} of the {} is disabled.",
            secret(settings)
        ),
    )
    .with_code("disabled")
    .with_why("somebody has switched it off, and Patkeeper does not switch it on again unasked")
    .with_way_out("enable it, if you know why it was disabled")
    .with_way_out("or set force: true once, which stores a new PAT in a new version")
}

pub(super) fn other_organization(settings: &Settings, recorded: &str) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!(
            "The {} holds a PAT of the organization {recorded}, not of {}.",
            secret(settings),
            settings.organization
        ),
    )
    .with_code("otherOrganization")
    .with_why("one secret holds one organization's PAT; nothing was changed")
    .with_way_out("give each organization a secretName of its own")
    .with_way_out("or correct the input organization")
}

pub(super) fn adopt_unknown(id: &AuthorizationId) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!("adopt: {id} is none of the PATs of who signed in."),
    )
    .with_code("adoptUnknown")
    .with_why("neither the active nor the revoked and expired PATs show it, and the secret does not know it")
    .with_way_out("copy the authorization id from PatMonitor's report, and sign in as the PAT's owner")
}

pub(super) fn adopt_ended(settings: &Settings, id: &AuthorizationId) -> Failure {
    Failure::new(
        FailureKind::Input,
        format!(
            "adopt: {id} has ended, so the {} cannot hold a PAT that works.",
            secret(settings)
        ),
    )
    .with_code("adoptEnded")
    .with_why("the current version has none of Patkeeper's tags, so whose value it holds is not known")
    .with_way_out("name the active PAT that it holds")
    .with_way_out("or choose another secretName")
}

/// The new PAT was refused.
pub(super) fn does_not_work(refused: &Failure) -> Failure {
    Failure {
        kind: FailureKind::Service,
        what: format!("The new PAT does not work. {}", refused.what),
        ..refused.clone()
    }
}

/// The service has not said whether the new PAT works.
pub(super) fn not_proven(failure: &Failure) -> Failure {
    Failure {
        kind: FailureKind::Service,
        what: format!("Whether the new PAT works could not be seen. {}", failure.what),
        ..failure.clone()
    }
}

/// The PAT that was just stored was revoked meanwhile.
pub(super) fn dead_when_stored(refused: &Failure, version: &str) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!("The new PAT, stored as version {version}, works no more. {}", refused.what),
    )
    .with_code("deadWhenStored")
    .with_why(
        "this run was held up for so long that another one may have taken it for dead and revoked what it had minted; \
         nothing was revoked for its sake",
    )
    .with_way_out("run the step again: it stores a new PAT")
}

/// A rotation has failed, and the PAT that it has minted is revoked.
pub(super) fn taken_back(failure: Failure) -> Failure {
    let what = format!(
        "{} The new PAT was revoked, and the old one is as it was.",
        failure.what
    );
    Failure { what, ..failure }
}

pub(super) fn tags_full(settings: &Settings, full: &TagsFull) -> Failure {
    let failure = Failure::new(
        FailureKind::Input,
        format!(
            "The {} has no room for the tags of a rotation: {full}.",
            secret(settings)
        ),
    )
    .with_code("tagsFull")
    .with_why("what replaces a PAT must record what is still to be revoked, so nothing was minted");
    match full {
        TagsFull::List { tag, .. } if tag.starts_with("patkeeper-scopes") => {
            failure.with_way_out("ask for fewer scopes")
        }
        TagsFull::Count { foreign, .. } => failure.with_way_out(format!(
            "remove some of the {foreign} tags that are not Patkeeper's"
        )),
        TagsFull::List { .. } => failure
            .with_way_out(
                "let a run revoke what has been replaced: shorten overlapHours, or rotate less often",
            )
            .with_way_out("have the PATs of another owner revoked by that owner's sign-in"),
        TagsFull::Value { .. } => failure.with_way_out("ask for fewer scopes, or use a shorter name"),
    }
}

pub(super) fn unsettled_full(settings: &Settings) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!(
            "Several mintings for the {} had no clear answer today.",
            secret(settings)
        ),
    )
    .with_code("unsettledFull")
    .with_why("PATs of those names may yet appear, and there is no room to note one more; nothing was minted")
    .with_way_out("run the step again tomorrow, or once Azure DevOps answers again")
}

pub(super) fn account_unknown(name: &str) -> Failure {
    Failure::new(
        FailureKind::Refused,
        format!("Whether the PAT {name} is of this organization cannot be told, so it was not revoked."),
    )
    .with_code("accountUnknown")
    .with_why(
        "a dead run may have minted it, and connection data, which names the organization's id, was refused",
    )
    .with_way_out("sign in with a token that may read connection data (docs/sign-in.md)")
    .with_way_out("or revoke that PAT on the organization's page of personal access tokens")
}

pub(super) fn intent_not_written(failure: Failure, unclear: bool) -> Failure {
    let why = failure.why.clone();
    let left = if unclear {
        "the intent may stand there; then the run after its 15 minutes clears it. Nothing was minted"
    } else {
        "nothing was minted"
    };
    failure.with_why(match why {
        Some(why) => format!("{why}; {left}"),
        None => left.to_owned(),
    })
}

pub(super) fn gone_unseen(id: &AuthorizationId) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!("Whether the PAT {id} is revoked is not known."),
    )
    .with_code("goneUnseen")
    .with_why("the service says that there is no such PAT, and shows it neither as revoked nor as expired")
    .with_way_out("look for it on the organization's page of personal access tokens")
}

/// A new PAT could be neither stored nor revoked. `named`: the store's intent names it.
pub(super) fn needs_person(
    settings: &Settings,
    about: &str,
    stored: Failure,
    revoked: &Failure,
    named: bool,
) -> Failure {
    let page = format!(
        "https://dev.azure.com/{}/_usersSettings/tokens",
        settings.organization
    );
    let mut failure = Failure::new(
        FailureKind::NeedsPerson,
        format!("The new PAT {about} could be neither stored nor revoked."),
    )
    .with_code("neitherStoredNorRevoked")
    .with_why(format!(
        "{} And then: {}",
        stored.what,
        revoked.what.trim_end_matches('.')
    ))
    .with_way_out(format!("revoke it by hand: {page}, signed in as its owner"));
    if named {
        failure = failure.with_way_out(
            "or run the step again: the intent in the store names it, and the next run revokes it",
        );
    }
    failure.service_words = revoked.service_words.clone().or(stored.service_words);
    failure
}

pub(super) fn store_unclear(failure: Failure, name: &str, until: DateTime<Utc>) -> Failure {
    let kind = FailureKind::Service;
    let why = failure.why.unwrap_or(failure.what);
    let why = why.trim_end_matches('.');
    Failure {
        kind,
        code: Some("storeUnclear".to_owned()),
        what: format!("It is not known whether the new PAT {name} was stored."),
        why: Some(format!(
            "{why}. It was not revoked, since the write may still land; the old one is as it was"
        )),
        ways_out: vec![format!(
            "run the step again after {}: it finds out which of the two the store holds, and revokes the other",
            minute(until)
        )],
        service_words: failure.service_words,
    }
}

pub(super) fn other_value(version: &str) -> Failure {
    Failure::new(
        FailureKind::Service,
        format!("Version {version} holds another value than the one stored."),
    )
    .with_code("otherValue")
    .with_why("the store, or something between, has changed it")
    .with_way_out("run the step again: it stores a new PAT")
}

pub(super) fn not_read_back(failure: Failure, version: &str) -> Failure {
    Failure {
        what: format!(
            "The new PAT is stored as version {version}, but could not be read back. {}",
            failure.what
        ),
        why: Some(
            failure.why.map_or_else(String::new, |why| format!("{why}; "))
                + "the old PAT was therefore not revoked, and a later run does that once the stored one is proven",
        ),
        ..failure
    }
}

pub(super) fn cannot_extend(why: &str) -> Failure {
    Failure::new(FailureKind::Input, format!("mode: extend cannot go on: {why}."))
        .with_code("cannotExtend")
        .with_why("an extended PAT keeps its text, its scopes and its owner; nothing was changed")
        .with_way_out("run the step once with mode: replace, which stores a new PAT")
}

/// Extending a PAT is no use where the secret does not hold its text.
pub(super) fn unproven_before_extending(failure: &Failure) -> Failure {
    Failure {
        what: format!(
            "The stored PAT was not seen to work, so it was not extended. {}",
            failure.what
        ),
        ..failure.clone()
    }
    .with_way_out("run the step once with mode: replace, which stores a new PAT")
}

pub(super) fn little_won(before: DateTime<Utc>, after: DateTime<Utc>) -> Failure {
    let what = if after > before {
        format!(
            "Extending the PAT has won too little: it ends on {}, and is due already.",
            minute(after)
        )
    } else {
        format!(
            "Extending the PAT has won nothing: it still ends on {}.",
            minute(after)
        )
    };
    Failure::new(FailureKind::Refused, what)
        .with_code("littleWon")
        .with_why("your tenant's policy counts the longest life from the day the PAT was made")
        .with_way_out("use mode: replace: a new PAT's days count from today")
}

pub(super) fn cancelled(what: &str) -> Failure {
    Failure::new(FailureKind::Cancelled, format!("The run was cancelled: {what}.")).with_code("cancelled")
}

pub(super) fn bug(step: &Step) -> Failure {
    Failure::new(
        FailureKind::Bug,
        format!(
            "The step '{}' was answered with what it cannot end in.",
            step.label()
        ),
    )
}
