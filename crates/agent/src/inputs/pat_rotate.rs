//! PatRotate's inputs, each checked, and checked against one another.

use patkeeper_core::rotation::{Asked, BadSetting, Mode, Settings};
use patkeeper_core::vault::{SecretName, VaultName};

use super::sign_in::{SignIn, secret_name, vault_name};
use super::{BadInput, Channels, Inputs, SignInInputs, organization};
use crate::Front;
use crate::registry::Input;
use crate::registry::pat_rotate as registry;

/// All of PatRotate's inputs.
#[derive(Debug)]
pub struct PatRotateInputs {
    /// The sign-in. Its service connection reaches the vault; where there is none, the sign-in is a managed identity
    /// or the Azure CLI, which reaches the vault itself, or this is a terminal, where the Azure CLI does.
    pub sign_in: SignInInputs,
    /// What the rotation is to do.
    pub settings: Settings,
    /// Things that are odd, and may be meant. Sentences, harmless to print.
    pub warnings: Vec<String>,
    /// The vault.
    pub vault: VaultName,
    /// The secret in it.
    pub secret: SecretName,
    /// What the new PAT must be able to open: one line. Whether it belongs to the organization is known where PATs are
    /// sent, and has to be checked before anything is.
    pub verify_url: Option<String>,
    /// Whether the output `token` is wanted.
    pub expose_token: bool,
    /// Who is told.
    pub channels: Channels,
}

const STORES: &[(&str, ())] = &[("keyVault", ())];

impl PatRotateInputs {
    /// Checks everything but `verifyUrl`'s host. Nothing is read or sent here, so that a refusal costs nothing.
    ///
    /// # Errors
    /// The first input that is missing, not of its type, out of range, or contradicts another one.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        inputs.chosen(&registry::STORE, STORES)?;
        let organization = organization::one(
            inputs,
            &registry::ORGANIZATION,
            "one PAT is valid in one; allowed is one, with a step and a secret for each of the others",
        )?;
        let sign_in = SignInInputs::read(inputs)?;
        let vault = needed(inputs, &registry::VAULT, "the Key Vault's name or URL")?;
        let vault = vault_name(inputs, &registry::VAULT, vault)?;
        let secret = needed(inputs, &registry::SECRET_NAME, "the secret's name")?;
        let secret = secret_name(inputs, &registry::SECRET_NAME, secret)?;
        vault_is_reached(inputs, &sign_in)?;
        let number = |input| inputs.present(input, inputs.number(input)?);
        let flag = |input| inputs.present(input, inputs.flag(input)?);
        let asked = Asked {
            organization,
            store: &format!("Key Vault {vault}"),
            secret: secret.as_str(),
            name: needed(inputs, &registry::NAME, "the PAT's base name, such as ci-build")?,
            // The check has its own words for a PAT that may do nothing.
            scopes: inputs.text(&registry::SCOPES).unwrap_or_default(),
            mode: inputs.chosen(&registry::MODE, &Mode::ALL.map(|mode| (mode.as_str(), mode)))?,
            valid_days: number(&registry::VALID_DAYS)?,
            renew_before_days: inputs.number(&registry::RENEW_BEFORE_DAYS)?,
            overlap_hours: number(&registry::OVERLAP_HOURS)?,
            force: flag(&registry::FORCE)?,
            allow_full_access: flag(&registry::ALLOW_FULL_ACCESS)?,
            adopt: inputs.text(&registry::ADOPT),
            dry_run: flag(&registry::DRY_RUN)?,
        };
        let (settings, warnings) = Settings::check(&asked).map_err(|bad| refused(inputs, &bad))?;
        Ok(Self {
            sign_in,
            settings,
            warnings: warnings.iter().map(|words| spoken(inputs, words)).collect(),
            vault,
            secret,
            verify_url: verify_url(inputs)?,
            expose_token: flag(&registry::EXPOSE_TOKEN)?,
            channels: Channels::read(inputs)?,
        })
    }
}

fn needed<'a>(inputs: &'a Inputs, input: &Input, what: &str) -> Result<&'a str, BadInput> {
    let missing = || inputs.bad(input, format!("it is missing; give {what}."));
    inputs.text(input).ok_or_else(missing)
}

/// On an agent a connection reaches the vault, unless who signs in can. At a terminal the Azure CLI does.
fn vault_is_reached(inputs: &Inputs, sign_in: &SignInInputs) -> Result<(), BadInput> {
    let reaches_it = matches!(sign_in.choice, SignIn::ManagedIdentity { .. } | SignIn::AzureCli);
    if inputs.front() == Front::People || sign_in.azure_subscription.is_some() || reaches_it {
        return Ok(());
    }
    let why = "it is missing, and nothing else here reaches the Key Vault; give the Azure Resource Manager service \
               connection that may get, list and set its secrets.";
    Err(inputs.bad(&registry::AZURE_SUBSCRIPTION, why))
}

/// What the URL parser would drop from its middle is no part of a URL that somebody meant.
fn verify_url(inputs: &Inputs) -> Result<Option<String>, BadInput> {
    const INPUT: &Input = &registry::VERIFY_URL;
    match inputs.text(INPUT) {
        Some(text) if text.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            let why = "is not one URL; allowed is an https URL of the organization.";
            Err(inputs.bad_value(INPUT, why))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

fn refused(inputs: &Inputs, bad: &BadSetting) -> BadInput {
    BadInput {
        input: bad.input,
        message: spoken(inputs, &bad.to_string()),
    }
}

/// A sentence of the settings' check, which begins with an input and may name another, in the words of who reads it.
fn spoken(inputs: &Inputs, words: &str) -> String {
    let (input, rest) = words.split_once(": ").unwrap_or(("", words));
    let known = registry::TASK.inputs.iter().find(|known| known.name == input);
    let (Some(known), Front::People) = (known, inputs.front()) else {
        return words.to_owned();
    };
    let rest = [
        ("allowFullAccess: true", &registry::ALLOW_FULL_ACCESS),
        ("validDays", &registry::VALID_DAYS),
    ]
    .into_iter()
    .fold(rest.to_owned(), |rest, (said, other)| {
        rest.replace(said, &inputs.label(other.name))
    });
    format!("{}: {rest}", inputs.label(known.name))
}

#[cfg(test)]
mod tests;
