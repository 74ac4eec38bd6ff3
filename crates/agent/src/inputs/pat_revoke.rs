//! PatRevoke's inputs, each checked, and checked against one another.

use std::path::PathBuf;

use patkeeper_core::glob::Glob;
use patkeeper_core::owner::OwnerName;
use patkeeper_core::pat::AuthorizationId;
use patkeeper_core::revocation::{Selection, Settings, Whose};

use super::quote::{looks_like_a_pat, quote};
use super::{BadInput, Channels, Inputs, ReportFormat, SignInInputs, organization, reports};
use crate::registry::Input;
use crate::registry::pat_revoke as registry;
use crate::registry::reports::{REPORT_DIRECTORY, REPORT_FORMATS};

/// All of PatRevoke's inputs.
#[derive(Debug)]
pub struct PatRevokeInputs {
    /// The sign-in.
    pub sign_in: SignInInputs,
    /// What is to be revoked.
    pub settings: Settings,
    /// Who is told.
    pub channels: Channels,
    /// Where reports go; `None` only for people who gave none: then none are written.
    pub report_directory: Option<PathBuf>,
    /// Which reports.
    pub report_formats: Vec<ReportFormat>,
}

const SCOPES: &[(&str, bool)] = &[("mine", false), ("organization", true)];

impl PatRevokeInputs {
    /// Checks everything. Nothing is read or sent here, so that a refusal costs nothing.
    ///
    /// # Errors
    /// The first input that is missing, not of its type, out of range, or contradicts another one.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        let organization = organization::one(
            inputs,
            &registry::ORGANIZATION,
            "a revocation is for one; allowed is one, with a step for each of the others",
        )?;
        let sign_in = SignInInputs::read(inputs)?;
        let selection = selection(inputs)?;
        let whose = whose(inputs, &selection)?;
        Ok(Self {
            sign_in,
            settings: Settings {
                organization,
                whose,
                selection,
                dry_run: inputs.present(&registry::DRY_RUN, inputs.flag(&registry::DRY_RUN)?)?,
                expect_count: inputs.number(&registry::EXPECT_COUNT)?,
                reason: inputs.text(&registry::REASON).map(str::to_owned),
            },
            channels: Channels::read(inputs)?,
            report_directory: inputs.path(&REPORT_DIRECTORY)?,
            report_formats: reports::formats(inputs, &REPORT_FORMATS)?,
        })
    }
}

/// Exactly one of the three ways to say which PATs are meant.
fn selection(inputs: &Inputs) -> Result<Selection, BadInput> {
    let all = inputs.present(&registry::ALL, inputs.flag(&registry::ALL)?)?;
    let [ids, names, all_of_them] = [&registry::AUTHORIZATION_IDS, &registry::NAMES, &registry::ALL]
        .map(|input| inputs.label(input.name));
    let both = |input, other: &str| {
        let why = format!(
            "it is given, and so is {other}, and each says which PATs are meant; give one of the two."
        );
        Err(inputs.bad(input, why))
    };
    match (
        inputs.has(&registry::AUTHORIZATION_IDS),
        inputs.has(&registry::NAMES),
        all,
    ) {
        (true, false, false) => authorization_ids(inputs).map(Selection::Ids),
        (false, true, false) => Ok(Selection::Names(inputs.globs(&registry::NAMES))),
        (false, false, true) => Ok(Selection::All),
        (false, false, false) => {
            let why = format!(
                "it is missing, and so are {names} and {all_of_them}; give one, to say which PATs are meant."
            );
            Err(inputs.bad(&registry::AUTHORIZATION_IDS, why))
        }
        (true, true, _) => both(&registry::NAMES, &ids),
        (true, false, true) => both(&registry::ALL, &ids),
        (false, true, true) => both(&registry::ALL, &names),
    }
}

/// At least one, each once, in the order given.
fn authorization_ids(inputs: &Inputs) -> Result<Vec<AuthorizationId>, BadInput> {
    let refused = |why: String| Err(inputs.bad(&registry::AUTHORIZATION_IDS, why));
    let mut ids = Vec::new();
    for word in inputs.words(&registry::AUTHORIZATION_IDS) {
        if looks_like_a_pat(word) {
            return refused(
                "this looks like a PAT itself, which is not shown here. Its id is needed; patkeeper identify finds out \
                 whose it is."
                    .to_owned(),
            );
        }
        let id = AuthorizationId::new(word);
        if !id.is_guid() {
            return refused(format!(
                "{} is not an authorization id; allowed are GUIDs such as 00000000-0000-0000-0000-000000000000.",
                quote(word)
            ));
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return refused(
            "it names no id; allowed are GUIDs, separated by spaces, commas or lines.".to_owned(),
        );
    }
    Ok(ids)
}

fn whose(inputs: &Inputs, selection: &Selection) -> Result<Whose, BadInput> {
    let organization = inputs.chosen(&registry::SCOPE, SCOPES)?;
    let owners = owners(inputs)?;
    let scope = inputs.label(registry::SCOPE.name);
    match (organization, owners.is_empty()) {
        (false, true) => Ok(Whose::Mine),
        (false, false) => {
            let why =
                format!("it needs {scope} organization, and {scope} is mine: the signed-in user's PATs.");
            Err(inputs.bad(&registry::OWNERS, why))
        }
        (true, true) if let Some(input) = means_everything(selection) => {
            let why = format!(
                "it is missing. {} with {scope} organization would revoke every PAT of everybody; say whose are meant.",
                inputs.label(input.name)
            );
            Err(inputs.bad(&registry::OWNERS, why))
        }
        (true, _) => Ok(Whose::Organization(owners)),
    }
}

/// The input that means every PAT there is, if one does.
fn means_everything(selection: &Selection) -> Option<&'static Input> {
    let is_any = |pattern: &Glob| pattern.as_str().bytes().all(|byte| matches!(byte, b'*' | b'?'));
    match selection {
        Selection::All => Some(&registry::ALL),
        Selection::Names(names) if names.iter().any(is_any) => Some(&registry::NAMES),
        Selection::Names(_) | Selection::Ids(_) => None,
    }
}

/// Each once, in the order given.
fn owners(inputs: &Inputs) -> Result<Vec<OwnerName>, BadInput> {
    let mut owners = Vec::new();
    for line in inputs.lines(&registry::OWNERS) {
        let owner = OwnerName::parse(&line).ok_or_else(|| {
            let why = format!(
                "{} is neither a UPN nor a descriptor; allowed are lines such as ann@acme.example and aad.OGYxZTFk.",
                quote(&line)
            );
            inputs.bad(&registry::OWNERS, why)
        })?;
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    Ok(owners)
}

#[cfg(test)]
mod tests;
