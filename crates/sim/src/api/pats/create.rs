//! `POST`: a new PAT, within the policies.

use chrono::{DateTime, TimeDelta, Utc};

use super::wire::{Body, Failure};
use super::{Visit, wire};
use crate::answer::Answer;
use crate::cloud::{Cloud, Creation, NewPat, OverLifespan, Policies, scope};
use crate::refusal::Refusal;

/// No PAT lives longer, whatever the policy.
const CEILING_DAYS: i64 = 365;
/// What a request without `validTo` gets; the real default is not documented.
const DEFAULT_DAYS: i64 = 30;
const LONGEST_NAME: usize = 256;

pub(super) fn answer(cloud: &mut Cloud, visit: &Visit<'_>) -> Result<Answer, Refusal> {
    let body = Body::read(visit)?;
    let wish = Wish {
        display_name: body.text("displayName")?.unwrap_or_default(),
        scope: body.text("scope")?.unwrap_or_default(),
        valid_to: body.time("validTo")?,
        all_orgs: body.flag("allOrgs")?.unwrap_or_default(),
    };
    let policies = &visit.call.organization.policies;
    let account = visit.call.organization.account_id.clone();
    match wish.granted(policies, cloud.now(), account) {
        Ok(new) => {
            let pat = cloud.create_pat(&visit.user, new);
            visit.note(cloud, "Token.PatCreateEvent", &pat);
            Ok(wire::result(visit, &pat, pat.secret.as_deref()))
        }
        Err(failure) => Ok(wire::failure(visit, failure)),
    }
}

struct Wish {
    display_name: String,
    scope: String,
    valid_to: Option<DateTime<Utc>>,
    all_orgs: bool,
}

impl Wish {
    fn granted(self, policies: &Policies, now: DateTime<Utc>, account: String) -> Result<NewPat, Failure> {
        match policies.creation {
            Creation::Allowed => {}
            Creation::Disabled => return Err(Failure::CreationDisabled),
            Creation::AccessDenied => return Err(Failure::AccessDenied),
        }
        check_name(&self.display_name)?;
        let scope = checked_scope(&self.scope, policies)?;
        if self.all_orgs {
            check_global(policies)?;
            if policies.block_global_creation {
                return Err(Failure::GlobalCreationBlocked);
            }
        }
        let asked = self.valid_to.unwrap_or(now + TimeDelta::days(DEFAULT_DAYS));
        Ok(NewPat {
            display_name: self.display_name,
            scope,
            valid_to: checked_end(asked, now, now, policies)?,
            target_accounts: (!self.all_orgs).then(|| vec![account]),
        })
    }
}

pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    if name.trim().is_empty() {
        Err(Failure::DisplayNameRequired)
    } else if name.chars().count() > LONGEST_NAME {
        Err(Failure::InvalidDisplayName)
    } else {
        Ok(())
    }
}

/// The scopes with single spaces between them.
pub(super) fn checked_scope(text: &str, policies: &Policies) -> Result<String, Failure> {
    let scopes: Vec<&str> = text.split_whitespace().collect();
    if scopes.is_empty() || !scopes.iter().all(|name| scope::is_known(name)) {
        return Err(Failure::InvalidScope);
    }
    if policies.restrict_full_scope && scopes.contains(&scope::FULL) {
        return Err(Failure::FullScopePolicy);
    }
    Ok(scopes.join(" "))
}

pub(super) fn check_global(policies: &Policies) -> Result<(), Failure> {
    if policies.restrict_global {
        Err(Failure::GlobalPolicy)
    } else {
        Ok(())
    }
}

/// The end that a PAT made at `created` gets: shortened to the maximum lifespan and the ceiling, both counted
/// from its creation.
pub(super) fn checked_end(
    asked: DateTime<Utc>,
    created: DateTime<Utc>,
    now: DateTime<Utc>,
    policies: &Policies,
) -> Result<DateTime<Utc>, Failure> {
    if asked <= now {
        return Err(Failure::InvalidValidTo);
    }
    let longest = policies
        .max_lifespan_days
        .map(|days| created + TimeDelta::days(i64::from(days)));
    match longest {
        Some(longest) if asked > longest => match policies.over_lifespan {
            OverLifespan::Refuse => Err(Failure::LifespanPolicy),
            OverLifespan::Clamp => Ok(longest),
        },
        _ => Ok(asked.min(created + TimeDelta::days(CEILING_DAYS))),
    }
}
