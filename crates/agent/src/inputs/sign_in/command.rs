//! The flags of `patkeeper sign-in`, checked.

use patkeeper_core::organization::Organization;
use patkeeper_core::purpose::Purpose;
use patkeeper_core::vault::{SecretName, VaultName};
use secrecy::SecretString;

use super::super::{BadInput, Inputs, organization};
use super::{client_id, secret_name, tenant, vault_name};
use crate::registry::sign_in::{CLIENT_ID, TENANT_ID};
use crate::registry::sign_in_command as registry;

/// All of them.
#[derive(Debug)]
pub struct SignInCommand {
    /// What for.
    pub purpose: Purpose,
    /// The app registration's tenant: its id or a domain of it.
    pub tenant: String,
    /// The app registration.
    pub client_id: String,
    /// Where the refresh token goes.
    pub vault: VaultName,
    /// Under which name.
    pub secret: SecretName,
    /// The organization that must let the account in.
    pub organization: Option<Organization>,
    /// Sign in on another device.
    pub device_code: bool,
    /// The app's secret.
    pub client_secret: Option<SecretString>,
}

const PURPOSES: &[(&str, Purpose)] = &[
    (Purpose::Rotate.name(), Purpose::Rotate),
    (Purpose::Organization.name(), Purpose::Organization),
    (Purpose::Audit.name(), Purpose::Audit),
];

impl SignInCommand {
    /// Checks everything. Nothing is read or sent here.
    ///
    /// # Errors
    /// The first flag that is missing or not what it should be.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        let purpose = inputs.present(&registry::FOR, inputs.choice(&registry::FOR, PURPOSES)?)?;
        let vault = inputs.present(&registry::VAULT, inputs.text(&registry::VAULT))?;
        let secret = inputs.present(&registry::SECRET_NAME, inputs.text(&registry::SECRET_NAME))?;
        Ok(Self {
            purpose,
            tenant: inputs.present(&TENANT_ID, tenant(inputs)?)?,
            client_id: inputs.present(&CLIENT_ID, client_id(inputs, &CLIENT_ID)?)?,
            vault: vault_name(inputs, &registry::VAULT, vault)?,
            secret: secret_name(inputs, &registry::SECRET_NAME, secret)?,
            organization: organization::optional(inputs, &registry::ORGANIZATION)?,
            device_code: inputs.present(&registry::DEVICE_CODE, inputs.flag(&registry::DEVICE_CODE)?)?,
            client_secret: inputs.secret(&registry::CLIENT_SECRET),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-4000-8000-00000000000a";

    fn read(flags: &[(&str, &str)]) -> Result<SignInCommand, BadInput> {
        let given = |name: &str| {
            let found = flags.iter().find(|(flag, _)| *flag == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        SignInCommand::read(&Inputs::from_flags(&registry::COMMAND, given)?)
    }

    const WHOLE: [(&str, &str); 4] = [
        ("tenantId", "acme.onmicrosoft.com"),
        ("clientId", ID),
        ("vault", "acme-kv"),
        ("secretName", "patkeeper-refresh"),
    ];

    #[test]
    fn four_flags_are_enough() {
        let command = read(&WHOLE).unwrap();
        assert_eq!(command.purpose, Purpose::Rotate);
        assert_eq!(command.vault.name(), "acme-kv");
        assert!(!command.device_code && command.organization.is_none() && command.client_secret.is_none());
    }

    #[test]
    fn each_of_the_four_is_missed_by_its_flag() {
        for (index, (_, flag)) in [
            ("tenantId", "--tenant-id"),
            ("clientId", "--client-id"),
            ("vault", "--vault"),
            ("secretName", "--secret-name"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut flags = WHOLE.to_vec();
            flags.remove(index);
            let refused = read(&flags).unwrap_err();
            assert_eq!(refused.message, format!("{flag}: it is missing."));
        }
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_flag() {
        for (name, value, flag) in [
            ("for", "everything", "--for"),
            (
                "organization",
                "https://tfs.acme.example/DefaultCollection",
                "--organization",
            ),
            ("deviceCode", "perhaps", "--device-code"),
            ("clientId", "patkeeper", "--client-id"),
            ("vault", "https://evil.example/", "--vault"),
        ] {
            let mut flags = vec![(name, value)];
            flags.extend(WHOLE);
            let refused = read(&flags).unwrap_err();
            assert!(refused.message.starts_with(flag), "{}", refused.message);
        }
    }
}
