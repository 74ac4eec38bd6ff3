//! Names of Key Vaults and of the secrets in them.

use std::fmt;

use crate::cloud::Cloud;

/// A Key Vault as an input names it, by its name or its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultName {
    name: String,
    cloud: Option<Cloud>,
}

/// Why a text names no Key Vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultNameError {
    /// Nothing.
    #[error("it is empty")]
    Empty,
    /// A URL of something else, or plain http.
    #[error("it is no Key Vault's URL")]
    NotKeyVault,
    /// Not 3 to 24 letters, digits and hyphens, beginning with a letter.
    #[error("a Key Vault's name has 3 to 24 letters, digits and hyphens, and begins with a letter")]
    BadName,
}

impl VaultName {
    /// Reads `acme-kv` or `https://acme-kv.vault.azure.net/`. A URL must be that of one of Azure's own clouds, since
    /// secrets are sent to it.
    ///
    /// # Errors
    /// See [`VaultNameError`].
    pub fn parse(text: &str) -> Result<Self, VaultNameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(VaultNameError::Empty);
        }
        let (name, cloud) = if text.contains(['/', ':', '.']) {
            let rest = match text.split_once("://") {
                Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
                Some(_) => return Err(VaultNameError::NotKeyVault),
                None => text,
            };
            let host = rest.trim_end_matches('/');
            let host = host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase();
            let (name, suffix) = host.split_once('.').ok_or(VaultNameError::NotKeyVault)?;
            let cloud = Cloud::ALL
                .into_iter()
                .find(|cloud| cloud.vault_suffix() == suffix)
                .ok_or(VaultNameError::NotKeyVault)?;
            (name.to_owned(), Some(cloud))
        } else {
            (text.to_ascii_lowercase(), None)
        };
        let fits = (3..=24).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if fits {
            Ok(Self { name, cloud })
        } else {
            Err(VaultNameError::BadName)
        }
    }

    /// The bare name, lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its cloud: the URL's own, else that of the connection that reaches it.
    #[must_use]
    pub fn cloud(&self, connection: Cloud) -> Cloud {
        self.cloud.unwrap_or(connection)
    }

    /// Its URL, without a slash at the end: `https://acme-kv.vault.azure.net`.
    #[must_use]
    pub fn url(&self, connection: Cloud) -> String {
        format!("https://{}.{}", self.name, self.cloud(connection).vault_suffix())
    }
}

impl fmt::Display for VaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A secret's name in a Key Vault: 1 to 127 letters, digits and hyphens (Key Vault REST API, `SecretName`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName(String);

impl SecretName {
    /// Reads one; `None` for a text that cannot name a secret.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=127).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_and_each_clouds_url_are_read() {
        let url = |text: &str, cloud| VaultName::parse(text).map(|vault| vault.url(cloud));
        assert_eq!(
            url(" Acme-KV ", Cloud::Public),
            Ok("https://acme-kv.vault.azure.net".into())
        );
        assert_eq!(
            url("acme-kv", Cloud::China),
            Ok("https://acme-kv.vault.azure.cn".into())
        );
        for text in [
            "https://acme-kv.vault.azure.net/",
            "HTTPS://ACME-KV.vault.azure.net:443",
            "acme-kv.vault.azure.net",
        ] {
            assert_eq!(
                url(text, Cloud::China),
                Ok("https://acme-kv.vault.azure.net".into()),
                "{text}"
            );
        }
        let government = "https://acme-kv.vault.usgovcloudapi.net";
        assert_eq!(url(government, Cloud::Public), Ok(government.into()));
    }

    #[test]
    fn what_a_secret_must_not_be_sent_to_is_refused() {
        for text in [
            "http://acme-kv.vault.azure.net",
            "https://acme-kv.vault.azure.net.evil.example",
            "https://evil.example/acme-kv.vault.azure.net",
            "https://a@acme-kv.vault.azure.net",
            "https://acme-kv.vault.azure.net:8443",
            "https://acme-kv.vault.azure.net/secrets/pat",
            "https://vault.azure.net",
            "https://",
            "",
            "a",
            "1acme",
            "acme kv",
            "acme_kv",
        ] {
            assert!(VaultName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secrets_name_has_letters_digits_and_hyphens() {
        assert!(SecretName::parse("patkeeper-Refresh-1").is_some());
        for text in ["", "a/b", "a_b", "a b", "ä", &"a".repeat(128)] {
            assert!(SecretName::parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_vault_of_azure(text in "(https://)?[a-zA-Z0-9.:/@?#-]{0,60}|\\PC{0,60}") {
            if let Ok(vault) = VaultName::parse(&text) {
                let url = vault.url(Cloud::Public);
                let host = url.strip_prefix("https://").unwrap();
                prop_assert!(!host.contains(['/', ':', '@', '?', '#']), "{}", url);
                prop_assert!(Cloud::ALL.iter().any(|cloud| host.ends_with(cloud.vault_suffix())), "{}", url);
            }
            let _ = SecretName::parse(&text);
        }
    }
}
