//! Azure's clouds: where each signs in, and where its Key Vaults are.
//!
//! "National clouds" (Microsoft Entra documentation); the names are those of a service connection's `environment`.

/// One of Azure's clouds. A closed list on purpose: these are hosts that credentials are sent to, and what names one
/// may have been set by whoever queues a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// `AzureCloud`: everywhere but the sovereign clouds.
    #[default]
    Public,
    /// `AzureUSGovernment`.
    UsGovernment,
    /// `AzureChinaCloud`, operated by 21Vianet.
    China,
}

impl Cloud {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Public, Self::UsGovernment, Self::China];

    /// The name that a service connection's `environment` has, and `az cloud list`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "AzureCloud",
            Self::UsGovernment => "AzureUSGovernment",
            Self::China => "AzureChinaCloud",
        }
    }

    /// The cloud of that name, whatever its letter case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|cloud| cloud.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The host where Microsoft Entra gives tokens.
    #[must_use]
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "login.microsoftonline.com",
            Self::UsGovernment => "login.microsoftonline.us",
            Self::China => "login.chinacloudapi.cn",
        }
    }

    /// The cloud whose tokens a URL such as `https://login.microsoftonline.us/` stands for.
    #[must_use]
    pub fn of_authority(url: &str) -> Option<Self> {
        let rest = url.trim().strip_prefix("https://")?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let named = |known: &str| host.eq_ignore_ascii_case(known);
        // Each has an older name that connections may still hold.
        let cloud = Self::ALL.into_iter().find(|cloud| named(cloud.authority()));
        cloud.or_else(|| match () {
            () if named("login.windows.net") => Some(Self::Public),
            () if named("login-us.microsoftonline.com") => Some(Self::UsGovernment),
            () if named("login.partner.microsoftonline.cn") => Some(Self::China),
            () => None,
        })
    }

    /// What the host of each of its Key Vaults ends with, without the dot before it.
    #[must_use]
    pub fn vault_suffix(self) -> &'static str {
        match self {
            Self::Public => "vault.azure.net",
            Self::UsGovernment => "vault.usgovcloudapi.net",
            Self::China => "vault.azure.cn",
        }
    }

    /// Key Vault as a resource to ask tokens for: `https://vault.azure.net/.default`.
    #[must_use]
    pub fn vault_scope(self) -> String {
        format!("https://{}/.default", self.vault_suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_microsofts_own_hosts_are_authorities() {
        assert_eq!(
            Cloud::of_authority("https://login.microsoftonline.com/"),
            Some(Cloud::Public)
        );
        assert_eq!(
            Cloud::of_authority("https://LOGIN.microsoftonline.us"),
            Some(Cloud::UsGovernment)
        );
        assert_eq!(
            Cloud::of_authority("https://login.chinacloudapi.cn/x"),
            Some(Cloud::China)
        );
        for url in [
            "http://login.microsoftonline.com/",
            "https://login.microsoftonline.com.evil.example/",
            "https://login.microsoftonline.com@evil.example/",
            "https://evil.example/login.microsoftonline.com",
            "login.microsoftonline.com",
            "",
        ] {
            assert_eq!(Cloud::of_authority(url), None, "{url}");
        }
    }

    #[test]
    fn a_name_is_read_whatever_its_letter_case_and_an_unknown_one_is_none() {
        assert_eq!(Cloud::named(" azureusgovernment"), Some(Cloud::UsGovernment));
        assert_eq!(Cloud::named("AzureStack"), None);
    }
}
