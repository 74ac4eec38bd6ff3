//! Service connections, as the agent hands them to a task in `ENDPOINT_*` variables
//! (microsoft/azure-pipelines-agent, `Handler.cs`: `AddEndpointsToEnvironment`).

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;

/// One service connection.
#[derive(Debug)]
pub struct Endpoint {
    /// `ENDPOINT_URL_<id>`.
    pub url: Option<String>,
    /// The authorization scheme, e.g. `ServicePrincipal` or `WorkloadIdentityFederation`.
    pub scheme: String,
    parameters: BTreeMap<String, SecretString>,
    data: BTreeMap<String, String>,
}

/// Why a service connection cannot be used. Never holds a value of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The agent passed nothing for this id.
    #[error("the agent passed no authorization for the service connection {id}")]
    Absent {
        /// The connection's id.
        id: String,
    },
    /// A variable is not the JSON it should be.
    #[error("the agent's variable {variable} is not understood")]
    Malformed {
        /// Which one.
        variable: String,
    },
}

#[derive(Deserialize)]
struct Authorization {
    scheme: Option<String>,
    #[serde(default)]
    parameters: Option<BTreeMap<String, Option<String>>>,
}

impl Endpoint {
    /// Reads the connection of this id (a GUID as the input holds it, or `SYSTEMVSSCONNECTION`) from the
    /// environment's variables, whatever the letter case of their names.
    ///
    /// # Errors
    /// See [`EndpointError`].
    pub fn read(
        id: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, EndpointError> {
        let mut endpoint = Self {
            url: None,
            scheme: String::new(),
            parameters: BTreeMap::new(),
            data: BTreeMap::new(),
        };
        // Single variables repeat what the JSON holds, and win over it, in whatever order they come.
        let (mut parameters, mut data) = (BTreeMap::new(), BTreeMap::new());
        let mut scheme = None;
        for (name, value) in variables {
            if value.is_empty() {
                continue;
            }
            // What follows the id: nothing, or a field's name.
            let after = |prefix: &str| after(&name, prefix, id);
            let field = |prefix: &str| after(prefix)?.strip_prefix('_').map(str::to_lowercase);
            if after("ENDPOINT_URL_") == Some("") {
                endpoint.url = Some(value);
            } else if after("ENDPOINT_AUTH_") == Some("") {
                let read: Authorization =
                    serde_json::from_str(&value).map_err(|_| EndpointError::Malformed { variable: name })?;
                endpoint.scheme = read.scheme.unwrap_or_default();
                for (key, value) in read.parameters.unwrap_or_default() {
                    if let Some(value) = value.filter(|value| !value.is_empty()) {
                        endpoint
                            .parameters
                            .insert(key.to_lowercase(), SecretString::from(value));
                    }
                }
            } else if after("ENDPOINT_AUTH_SCHEME_") == Some("") {
                scheme = Some(value);
            } else if let Some(key) = field("ENDPOINT_AUTH_PARAMETER_") {
                parameters.insert(key, SecretString::from(value));
            } else if after("ENDPOINT_DATA_") == Some("") {
                let read: BTreeMap<String, Option<String>> =
                    serde_json::from_str(&value).map_err(|_| EndpointError::Malformed { variable: name })?;
                for (key, value) in read {
                    if let Some(value) = value {
                        endpoint.data.insert(key.to_lowercase(), value);
                    }
                }
            } else if let Some(key) = field("ENDPOINT_DATA_") {
                data.insert(key, value);
            }
        }
        endpoint.parameters.append(&mut parameters);
        endpoint.data.append(&mut data);
        endpoint.scheme = scheme.unwrap_or(endpoint.scheme);
        if endpoint.scheme.is_empty() && endpoint.parameters.is_empty() {
            return Err(EndpointError::Absent { id: id.to_owned() });
        }
        Ok(endpoint)
    }

    /// An authorization parameter, e.g. `serviceprincipalkey`, whatever its letter case.
    #[must_use]
    pub fn parameter(&self, key: &str) -> Option<&SecretString> {
        self.parameters.get(&key.to_lowercase())
    }

    /// A data field, e.g. `subscriptionId`, whatever its letter case.
    #[must_use]
    pub fn data(&self, key: &str) -> Option<&str> {
        self.data.get(&key.to_lowercase()).map(String::as_str)
    }
}

/// What follows the prefix and the id in a variable's name. An agent writes GUIDs in lower case, and Windows has
/// names without case.
fn after<'a>(name: &'a str, prefix: &str, id: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    let (found, rest) = rest.split_at_checked(id.len())?;
    (start.eq_ignore_ascii_case(prefix) && found.eq_ignore_ascii_case(id)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    const ID: &str = "0a1b2c3d-0000-4000-8000-00000000000e";

    fn read(values: &[(&str, &str)]) -> Result<Endpoint, EndpointError> {
        Endpoint::read(
            ID,
            values
                .iter()
                .map(|(name, value)| (name.replace("<id>", ID), (*value).to_owned())),
        )
    }

    #[test]
    fn the_json_and_the_single_variables_say_the_same_in_any_order() {
        let json = r#"{"parameters":{"serviceprincipalid":"app","serviceprincipalkey":"made-up-key","empty":null},"scheme":"ServicePrincipal"}"#;
        for values in [
            vec![("ENDPOINT_AUTH_<id>", json)],
            vec![
                ("ENDPOINT_AUTH_PARAMETER_<id>_SERVICEPRINCIPALKEY", "made-up-key"),
                ("ENDPOINT_AUTH_PARAMETER_<id>_SERVICEPRINCIPALID", "app"),
                ("ENDPOINT_AUTH_SCHEME_<id>", "ServicePrincipal"),
            ],
            vec![
                ("ENDPOINT_AUTH_PARAMETER_<id>_SERVICEPRINCIPALKEY", "made-up-key"),
                ("ENDPOINT_AUTH_<id>", &json.replace("made-up-key", "********")),
            ],
        ] {
            let endpoint = read(&values).unwrap();
            assert_eq!(endpoint.scheme, "ServicePrincipal");
            let key = endpoint.parameter("servicePrincipalKey").unwrap();
            assert_eq!(key.expose_secret(), "made-up-key");
            assert!(endpoint.parameter("empty").is_none());
            assert!(!format!("{endpoint:?}").contains("made-up"));
        }
    }

    #[test]
    fn url_and_data_are_read_and_other_connections_are_not() {
        let endpoint = read(&[
            ("ENDPOINT_AUTH_SCHEME_<id>", "WorkloadIdentityFederation"),
            ("ENDPOINT_URL_<id>", "https://management.azure.com/"),
            (
                "ENDPOINT_DATA_<id>",
                r#"{"environment":"AzureCloud","none":null}"#,
            ),
            ("ENDPOINT_DATA_<id>_SUBSCRIPTIONID", "sub"),
            ("ENDPOINT_DATA_other_SUBSCRIPTIONID", "wrong"),
        ])
        .unwrap();
        assert_eq!(endpoint.url.as_deref(), Some("https://management.azure.com/"));
        assert_eq!(endpoint.data("subscriptionId"), Some("sub"));
        assert_eq!(endpoint.data("environment"), Some("AzureCloud"));
        assert_eq!(endpoint.data("none"), None);
    }

    #[test]
    fn nothing_and_nonsense_are_told_apart_and_show_no_value() {
        assert_eq!(read(&[]).unwrap_err(), EndpointError::Absent { id: ID.into() });
        let wrong = read(&[("ENDPOINT_AUTH_<id>", "made-up-key")]).unwrap_err();
        assert_eq!(
            wrong,
            EndpointError::Malformed {
                variable: format!("ENDPOINT_AUTH_{ID}")
            }
        );
    }

    proptest! {
        #[test]
        fn any_values_are_survived(auth in any::<String>(), data in any::<String>()) {
            let _ = read(&[("ENDPOINT_AUTH_<id>", &auth), ("ENDPOINT_DATA_<id>", &data)]);
        }
    }
}
