//! What the agent tells about the run: the build, the organization, the step.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The agent's variables that matter here; each is absent where the agent gave none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentContext {
    /// `System.TaskInstanceId`: this step's, fit to be a folder's name.
    pub task_instance_id: Option<String>,
    /// `System.CollectionUri`: the organization that runs the pipeline.
    pub collection_uri: Option<String>,
    /// `System.CollectionId`: its account id.
    pub collection_id: Option<String>,
    /// The build's page.
    pub build_link: Option<String>,
    /// `Build.DefinitionName`: text of a stranger.
    pub pipeline: Option<String>,
    /// `System.Debug`: the run was queued with diagnostics.
    pub debug: bool,
}

impl AgentContext {
    /// Reads `SYSTEM_*` and `BUILD_*`; `variable` is the process environment in the product.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| {
            variable(name)
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        let id = |name: &str| {
            read(name).filter(|id| {
                id.len() <= 64
                    && id
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        };
        let collection_uri = read("SYSTEM_COLLECTIONURI");
        let build_link = build_link(
            collection_uri.as_deref(),
            read("SYSTEM_TEAMPROJECT").as_deref(),
            read("BUILD_BUILDID").as_deref(),
        );
        Self {
            task_instance_id: id("SYSTEM_TASKINSTANCEID"),
            collection_uri,
            collection_id: id("SYSTEM_COLLECTIONID"),
            build_link,
            pipeline: read("BUILD_DEFINITIONNAME"),
            debug: read("SYSTEM_DEBUG").is_some_and(|debug| debug.eq_ignore_ascii_case("true")),
        }
    }
}

fn build_link(collection: Option<&str>, project: Option<&str>, build: Option<&str>) -> Option<String> {
    let (collection, project, build) = (collection?, project?, build?);
    let url = Url::parse(collection).ok()?;
    let plain = matches!(url.scheme(), "https" | "http") && url.query().is_none() && url.fragment().is_none();
    if !plain || !url.username().is_empty() || build.is_empty() || !build.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let project = utf8_percent_encode(project, SEGMENT);
    Some(format!(
        "{}/{project}/_build/results?buildId={build}",
        url.as_str().trim_end_matches('/')
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> AgentContext {
        AgentContext::read(|name| {
            values
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_build_is_linked_whatever_the_project_is_called() {
        let context = read(&[
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
            ("SYSTEM_TEAMPROJECT", "Größe & more/x?"),
            ("BUILD_BUILDID", "42"),
        ]);
        assert_eq!(
            context.build_link.as_deref(),
            Some("https://dev.azure.com/acme/Gr%C3%B6%C3%9Fe%20%26%20more%2Fx%3F/_build/results?buildId=42")
        );
    }

    #[test]
    fn a_link_that_cannot_be_right_is_none() {
        for (uri, build) in [
            ("javascript:alert(1)", "42"),
            ("https://me:pw@dev.azure.com/acme/", "42"),
            ("https://dev.azure.com/acme/?a=b", "42"),
            ("https://dev.azure.com/acme/", "42&x=y"),
            ("", "42"),
        ] {
            let context = read(&[
                ("SYSTEM_COLLECTIONURI", uri),
                ("SYSTEM_TEAMPROJECT", "p"),
                ("BUILD_BUILDID", build),
            ]);
            assert_eq!(context.build_link, None, "{uri} {build}");
        }
    }

    #[test]
    fn an_id_that_could_leave_its_folder_is_none() {
        assert_eq!(
            read(&[("SYSTEM_TASKINSTANCEID", "../../etc")]).task_instance_id,
            None
        );
        let id = "0a1b2c3d-0000-4000-8000-00000000000e";
        assert_eq!(
            read(&[("SYSTEM_TASKINSTANCEID", id)]).task_instance_id.as_deref(),
            Some(id)
        );
    }

    #[test]
    fn only_an_id_in_the_agents_own_form_is_believed() {
        let longest = "a".repeat(64);
        assert_eq!(
            read(&[("SYSTEM_COLLECTIONID", &longest)]).collection_id,
            Some(longest.clone())
        );
        for wrong in [
            longest + "a",
            "a.b".into(),
            "..".into(),
            "a/b".into(),
            "ä".into(),
            "a b".into(),
        ] {
            let context = read(&[("SYSTEM_COLLECTIONID", &wrong), ("SYSTEM_TASKINSTANCEID", &wrong)]);
            assert_eq!(
                (context.collection_id, context.task_instance_id),
                (None, None),
                "{wrong}"
            );
        }
    }

    #[test]
    fn diagnostics_are_on_only_where_the_agent_says_true() {
        for (value, on) in [
            ("true", true),
            ("TRUE", true),
            ("false", false),
            ("1", false),
            ("", false),
        ] {
            assert_eq!(read(&[("SYSTEM_DEBUG", value)]).debug, on, "{value}");
        }
    }

    #[test]
    fn the_rest_is_read_as_it_is() {
        let context = read(&[
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
            ("SYSTEM_COLLECTIONID", "0A1B"),
            ("BUILD_DEFINITIONNAME", " nightly "),
            ("SYSTEM_DEBUG", "True"),
        ]);
        assert_eq!(context.collection_id.as_deref(), Some("0A1B"));
        assert_eq!(context.pipeline.as_deref(), Some("nightly"));
        assert_eq!(
            context.collection_uri.as_deref(),
            Some("https://dev.azure.com/acme/")
        );
        assert_eq!(
            context.build_link, None,
            "without a build there is no page to link"
        );
        assert!(context.debug);
        assert_eq!(read(&[("BUILD_DEFINITIONNAME", "  ")]), AgentContext::default());
    }
}
