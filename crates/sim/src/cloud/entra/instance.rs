//! Microsoft's clouds, and the resources that tokens can be asked for in each.

use crate::cloud::scope;

/// One of Microsoft's clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Instance {
    /// `login.microsoftonline.com`.
    #[default]
    Public,
    /// `login.microsoftonline.us`.
    UsGovernment,
    /// `login.chinacloudapi.cn`.
    China,
}

impl Instance {
    /// The cloud whose sign-in host this is (lower case).
    pub(crate) fn of_host(host: &str) -> Option<Self> {
        match host {
            "login.microsoftonline.com" | "login.microsoft.com" | "login.windows.net" => Some(Self::Public),
            "login.microsoftonline.us" => Some(Self::UsGovernment),
            "login.chinacloudapi.cn" | "login.partner.microsoftonline.cn" => Some(Self::China),
            _ => None,
        }
    }

    /// The host to sign in at.
    pub fn host(self) -> &'static str {
        match self {
            Self::Public => "login.microsoftonline.com",
            Self::UsGovernment => "login.microsoftonline.us",
            Self::China => "login.chinacloudapi.cn",
        }
    }

    /// What `iss` of a version 1.0 token begins with.
    pub(crate) fn token_issuer(self) -> &'static str {
        match self {
            Self::Public | Self::UsGovernment => "https://sts.windows.net",
            Self::China => "https://sts.chinacloudapi.cn",
        }
    }

    /// Key Vault's resource.
    pub fn vault(self) -> &'static str {
        match self {
            Self::Public => "https://vault.azure.net",
            Self::UsGovernment => "https://vault.usgovcloudapi.net",
            Self::China => "https://vault.azure.cn",
        }
    }

    fn management(self) -> [&'static str; 2] {
        match self {
            Self::Public => [
                "https://management.azure.com",
                "https://management.core.windows.net",
            ],
            Self::UsGovernment => [
                "https://management.usgovcloudapi.net",
                "https://management.core.usgovcloudapi.net",
            ],
            Self::China => [
                "https://management.chinacloudapi.cn",
                "https://management.core.chinacloudapi.cn",
            ],
        }
    }

    fn graph(self) -> &'static str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGovernment => "https://graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The resource of that identifier: an address, with or without a slash at its end, or an application id.
    pub(crate) fn resource(self, identifier: &str) -> Option<Resource> {
        let identifier = identifier.trim_end_matches('/').to_ascii_lowercase();
        let is = |known: &str| identifier == known;
        // Azure DevOps is in the public cloud only.
        let devops = is(super::super::bearer::DEVOPS_AUDIENCE) || is("https://app.vssps.visualstudio.com");
        if devops && self == Self::Public {
            Some(Resource::DevOps)
        } else if is(self.vault()) || is("cfa8b339-82a2-471a-a3c9-0fc0be7a4093") {
            Some(Resource::Vault)
        } else if self.management().into_iter().any(is) {
            Some(Resource::Management)
        } else if is(self.graph()) || is("00000003-0000-0000-c000-000000000000") {
            Some(Resource::Graph)
        } else {
            None
        }
    }

    /// The resource of permissions that name none.
    pub(crate) fn default_resource(self) -> &'static str {
        self.graph()
    }
}

/// Whatever a token can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    DevOps,
    Vault,
    Management,
    Graph,
}

impl Resource {
    /// Whether users can let an app have this permission.
    pub(crate) fn offers(self, permission: &str) -> bool {
        match self {
            Self::DevOps => permission == "user_impersonation" || scope::is_known_to_entra(permission),
            Self::Vault | Self::Management => permission == "user_impersonation",
            Self::Graph => matches!(permission, "User.Read" | "User.ReadBasic.All"),
        }
    }
}
