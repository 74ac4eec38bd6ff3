//! Which URL shows that a PAT works.
//!
//! A PAT that lacks a scope gets the same empty 401 as one that is dead, so the URL must be one that at least one of
//! its scopes opens. Resources of a project are left out: which projects there are, a PAT need not be able to tell.
//! Each row is an operation that the REST API specification (7.2) has for the organization as a whole, but for
//! repositories, feeds and wikis, whose project is optional. What is not in the table is asked for connection data,
//! which is not documented; widely used clients ask for it with PATs of any scope.

use patkeeper_core::organization::Organization;
use patkeeper_core::scope::ScopeSet;
use url::{Host, Url};

/// A URL of the organization that a new PAT is tried on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    url: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A person named it, so whatever it refuses counts.
    Given,
    /// This scope opens it.
    Scope {
        scope: &'static str,
        /// Whether everybody may read it where projects are public.
        public: bool,
    },
    /// Any PAT opens it, and it tells who is signed in.
    Connection,
}

/// Why a URL is none to send a PAT to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Not a URL at all.
    #[error("is not a URL")]
    NotUrl,
    /// Plain http, or something else.
    #[error("is not an https URL")]
    NotHttps,
    /// It holds a user name, a password or a port.
    #[error("holds a user name, a password or a port")]
    Odd,
    /// It is of another host or organization.
    #[error("does not belong to the organization '{0}'")]
    Elsewhere(String),
}

struct Row {
    scope: &'static str,
    /// `None`: `dev.azure.com`.
    service: Option<&'static str>,
    path: &'static str,
    public: bool,
}

const fn row(scope: &'static str, service: Option<&'static str>, path: &'static str) -> Row {
    Row {
        scope,
        service,
        path,
        public: false,
    }
}

impl Row {
    const fn public(mut self) -> Self {
        self.public = true;
        self
    }
}

/// The first row that the PAT's scopes open is taken: documented ones and small answers first.
static ROWS: &[Row] = &[
    // Empty, but where XAML builds are left.
    row("vso.build", None, "_apis/build/controllers?api-version=7.1"),
    // Some twenty entries, the same everywhere.
    row(
        "vso.work",
        None,
        "_apis/wit/workitemrelationtypes?api-version=7.1",
    ),
    row(
        "vso.agentpools",
        None,
        "_apis/distributedtask/pools?api-version=7.1",
    ),
    // One type of the hundred.
    row(
        "vso.serviceendpoint",
        None,
        "_apis/serviceendpoint/types?type=generic&api-version=7.1",
    ),
    row(
        "vso.symbols",
        Some("artifacts"),
        "_apis/symbol/availability?api-version=7.1-preview.1",
    ),
    row(
        "vso.auditlog",
        Some("auditservice"),
        "_apis/audit/actions?api-version=7.1-preview.1",
    ),
    row(
        "vso.memberentitlementmanagement",
        Some("vsaex"),
        "_apis/userentitlementsummary?api-version=7.1-preview.1",
    ),
    row("vso.project", None, "_apis/projects?$top=1&api-version=7.1").public(),
    row(
        "vso.packaging",
        Some("feeds"),
        "_apis/packaging/feeds?api-version=7.1-preview.1",
    )
    .public(),
    row("vso.wiki", None, "_apis/wiki/wikis?api-version=7.1").public(),
    // The largest answer, and it takes no $top.
    row("vso.code", None, "_apis/git/repositories?api-version=7.1").public(),
];

const CONNECTION: &str = "_apis/connectionData?api-version=7.1-preview";

impl Probe {
    /// The URL that a person named for it, as `verifyUrl`.
    ///
    /// # Errors
    /// A URL that does not belong to the organization: a PAT is sent nowhere else.
    pub fn given(organization: &Organization, text: &str) -> Result<Self, ProbeError> {
        // The parser is the one of the client, so that no other host is asked than the one that is checked here.
        let mut url = Url::parse(text.trim()).map_err(|_| ProbeError::NotUrl)?;
        if url.scheme() != "https" {
            return Err(ProbeError::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() || url.port().is_some() {
            return Err(ProbeError::Odd);
        }
        url.set_fragment(None);
        if belongs(&url, organization.name()) {
            Ok(Self {
                url: url.into(),
                kind: Kind::Given,
            })
        } else {
            Err(ProbeError::Elsewhere(organization.name().to_owned()))
        }
    }

    /// A URL that a PAT of these scopes opens.
    #[must_use]
    pub fn chosen(organization: &Organization, scopes: &ScopeSet) -> Self {
        let Some(row) = ROWS.iter().find(|row| scopes.grants(row.scope)) else {
            return Self::connection(organization);
        };
        let service = row.service.map(|name| format!("{name}.")).unwrap_or_default();
        Self {
            url: format!(
                "https://{service}dev.azure.com/{}/{}",
                organization.name(),
                row.path
            ),
            kind: Kind::Scope {
                scope: row.scope,
                public: row.public,
            },
        }
    }

    /// Connection data.
    pub(crate) fn connection(organization: &Organization) -> Self {
        Self {
            url: format!("https://dev.azure.com/{}/{CONNECTION}", organization.name()),
            kind: Kind::Connection,
        }
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL as messages name it: host and path.
    #[must_use]
    pub fn shown(&self) -> &str {
        let url = self.url.strip_prefix("https://").unwrap_or(&self.url);
        url.split('?').next().unwrap_or(url)
    }

    /// The scope that it was chosen for.
    #[must_use]
    pub fn scope(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Scope { scope, .. } => Some(scope),
            Kind::Given | Kind::Connection => None,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }
}

/// `dev.azure.com/{organization}`, a service under it, and the older forms with the organization in the host.
fn belongs(url: &Url, organization: &str) -> bool {
    let Some(Host::Domain(host)) = url.host() else {
        return false;
    };
    let first = url.path_segments().and_then(|mut segments| segments.next());
    let in_path = first.is_some_and(|first| first.eq_ignore_ascii_case(organization));
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        ["dev", "azure", "com"] => in_path,
        [service, "dev", "azure", "com"] => !service.is_empty() && in_path,
        [name, "visualstudio", "com"] => name.eq_ignore_ascii_case(organization),
        [name, service, "visualstudio", "com"] => {
            !service.is_empty() && name.eq_ignore_ascii_case(organization)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use patkeeper_core::scope;
    use proptest::prelude::*;

    use super::*;

    fn acme() -> Organization {
        Organization::parse("acme").unwrap()
    }

    fn given(text: &str) -> Result<String, ProbeError> {
        Probe::given(&acme(), text).map(|probe| probe.url().to_owned())
    }

    fn chosen(scopes: &str) -> Probe {
        Probe::chosen(&acme(), &ScopeSet::parse(scopes))
    }

    #[test]
    fn every_host_of_the_organization_can_be_named() {
        for url in [
            "https://dev.azure.com/acme/_apis/projects?api-version=7.1",
            "https://dev.azure.com/ACME/platform/_apis/git/repositories",
            "https://pkgs.dev.azure.com/acme/_packaging/internal/nuget/v3/index.json",
            "https://vsrm.dev.azure.com/acme/platform/_apis/release/definitions",
            "https://acme.visualstudio.com/_apis/projects",
            "https://acme.pkgs.visualstudio.com/_packaging/internal/npm/registry/",
        ] {
            assert_eq!(given(url).as_deref(), Ok(url));
        }
        assert_eq!(
            given(" https://dev.azure.com:443/acme#top ").as_deref(),
            Ok("https://dev.azure.com/acme")
        );
    }

    #[test]
    fn no_other_host_or_organization_gets_the_pat() {
        let elsewhere = Err(ProbeError::Elsewhere("acme".into()));
        for url in [
            "https://dev.azure.com/",
            "https://dev.azure.com/labs/_apis/projects",
            "https://dev.azure.com/acme/../labs/_apis/projects",
            "https://dev.azure.com/acme/%2e%2e/labs",
            "https://dev.azure.com//acme/_apis/projects",
            "https://dev.azure.com/acme%2f../labs",
            "https://dev.azure.com/acme-labs/_apis/projects",
            "https://dev.azure.com.evil.example/acme/",
            "https://evil.example/acme/",
            "https://evil.example/dev.azure.com/acme",
            "https://a.b.dev.azure.com/acme/",
            "https://dev-azure.com/acme/",
            "https://dev.azure.com./acme/",
            "https://labs.visualstudio.com/acme/",
            "https://acme.evil.example/",
            "https://acme.a.b.visualstudio.com/",
            "https://visualstudio.com/acme",
            "https://acme.visualstudio.com.evil.example/",
            "https://evil.example\\@dev.azure.com/acme/",
            "https://127.0.0.1/acme/",
            "https://[::1]/acme/",
        ] {
            assert_eq!(given(url), elsewhere, "{url}");
        }
        for (url, why) in [
            ("http://dev.azure.com/acme/", ProbeError::NotHttps),
            ("ftp://dev.azure.com/acme/", ProbeError::NotHttps),
            ("https://me@dev.azure.com/acme/", ProbeError::Odd),
            ("https://:word@dev.azure.com/acme/", ProbeError::Odd),
            ("https://dev.azure.com:8443/acme/", ProbeError::Odd),
            ("dev.azure.com/acme", ProbeError::NotUrl),
            ("", ProbeError::NotUrl),
        ] {
            assert_eq!(given(url), Err(why), "{url}");
        }
    }

    #[test]
    fn one_of_the_pats_own_scopes_opens_the_url() {
        for (scopes, scope, url) in [
            (
                "vso.code vso.build_execute",
                Some("vso.build"),
                "https://dev.azure.com/acme/_apis/build/controllers?api-version=7.1",
            ),
            (
                "vso.packaging_write",
                Some("vso.packaging"),
                "https://feeds.dev.azure.com/acme/_apis/packaging/feeds?api-version=7.1-preview.1",
            ),
            (
                "vso.code_manage",
                Some("vso.code"),
                "https://dev.azure.com/acme/_apis/git/repositories?api-version=7.1",
            ),
            (
                "vso.release_manage vso.made_up",
                None,
                "https://dev.azure.com/acme/_apis/connectionData?api-version=7.1-preview",
            ),
            (
                "app_token",
                Some("vso.build"),
                "https://dev.azure.com/acme/_apis/build/controllers?api-version=7.1",
            ),
        ] {
            let probe = chosen(scopes);
            assert_eq!((probe.scope(), probe.url()), (scope, url), "{scopes}");
        }
        assert_eq!(
            chosen("vso.build").shown(),
            "dev.azure.com/acme/_apis/build/controllers"
        );
    }

    #[test]
    fn every_row_is_of_a_scope_that_exists_and_of_the_organization() {
        for row in ROWS {
            assert!(scope::find(row.scope).is_some(), "{}", row.scope);
            let probe = chosen(row.scope);
            assert_eq!(probe.scope(), Some(row.scope));
            assert_eq!(given(probe.url()).as_deref(), Ok(probe.url()));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_a_url_of_the_organization(
            text in "(https://)?[a-zA-Z0-9.:/@?#%\\\\-]{0,30}(acme|dev\\.azure\\.com/acme|\\.visualstudio\\.com)[/.@:?#a-z]{0,20}",
        ) {
            if let Ok(url) = given(&text) {
                let host = url.strip_prefix("https://").unwrap().split(['/', '?']).next().unwrap();
                let of_azure = host == "dev.azure.com" || host.ends_with(".dev.azure.com");
                let legacy = host.starts_with("acme.") && host.ends_with(".visualstudio.com");
                prop_assert!(of_azure || legacy, "{}", url);
                prop_assert!(!of_azure || url.to_lowercase().contains(".com/acme"), "{}", url);
            }
        }
    }
}
