//! The organizations that the inputs name.

use patkeeper_core::organization::{Organization, OrganizationError};

use super::quote::quote;
use super::{BadInput, Inputs};
use crate::registry::Input;

const ALLOWED: &str = "allowed are https://dev.azure.com/acme/, https://acme.visualstudio.com/ or acme";

/// At least one, each once, in the order given.
pub(super) fn several(inputs: &Inputs, input: &Input) -> Result<Vec<Organization>, BadInput> {
    let mut organizations: Vec<Organization> = Vec::new();
    for line in inputs.lines(input) {
        let organization = parse(inputs, input, &line)?;
        if !organizations.contains(&organization) {
            organizations.push(organization);
        }
    }
    if organizations.is_empty() {
        return Err(inputs.bad(input, format!("it is missing; {ALLOWED}.")));
    }
    Ok(organizations)
}

/// Exactly one; `why_one` says why, and what is allowed.
pub(super) fn one(inputs: &Inputs, input: &Input, why_one: &str) -> Result<Organization, BadInput> {
    match inputs.lines(input).as_slice() {
        [] => Err(inputs.bad(input, format!("it is missing; {ALLOWED}."))),
        [one] => parse(inputs, input, one),
        several => {
            let (all, count) = (quote(&several.join(", ")), several.len());
            Err(inputs.bad(input, format!("{all} are {count} organizations, and {why_one}.")))
        }
    }
}

/// One, where it is given.
pub(super) fn optional(inputs: &Inputs, input: &Input) -> Result<Option<Organization>, BadInput> {
    inputs
        .text(input)
        .map(|text| parse(inputs, input, text))
        .transpose()
}

fn parse(inputs: &Inputs, input: &Input, text: &str) -> Result<Organization, BadInput> {
    Organization::parse(text).map_err(|error| {
        let quoted = quote(text);
        let why = match error {
            OrganizationError::Server => format!(
                "{quoted} looks like an Azure DevOps Server collection, which has no PAT lifecycle API; Patkeeper works \
                 with Azure DevOps Services: {ALLOWED}."
            ),
            OrganizationError::Empty | OrganizationError::NotAzureDevOps => {
                format!("{quoted} is not an Azure DevOps organization; {ALLOWED}.")
            }
        };
        inputs.bad(input, why)
    })
}
