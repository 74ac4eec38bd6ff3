//! What the agent tells about the run: the build, the organization, the step.

use std::path::PathBuf;

use patkeeper_core::rotation::RunId;
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
    /// `System.JobPositionInPhase`: which of the phase's parallel jobs this is, from 1.
    pub job_position: Option<u32>,
    /// `System.TotalJobsInPhase`: how many there are.
    pub total_jobs: Option<u32>,
    /// `Agent.TempDirectory`: emptied after every job.
    pub temp_directory: Option<PathBuf>,
    run: Option<RunId>,
}

impl AgentContext {
    /// Reads `SYSTEM_*`, `BUILD_*`, `RELEASE_*` and `AGENT_*`; `variable` is the process environment in the product.
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
        let number = |name: &str| read(name)?.parse().ok();
        let collection_uri = read("SYSTEM_COLLECTIONURI");
        let collection_id = id("SYSTEM_COLLECTIONID");
        let run = collection_id
            .as_deref()
            .and_then(|collection| run_id(collection, read));
        let build_link = build_link(
            collection_uri.as_deref(),
            read("SYSTEM_TEAMPROJECT").as_deref(),
            read("BUILD_BUILDID").as_deref(),
        );
        Self {
            task_instance_id: id("SYSTEM_TASKINSTANCEID"),
            collection_uri,
            collection_id,
            build_link,
            pipeline: read("BUILD_DEFINITIONNAME"),
            debug: read("SYSTEM_DEBUG").is_some_and(|debug| debug.eq_ignore_ascii_case("true")),
            job_position: number("SYSTEM_JOBPOSITIONINPHASE"),
            total_jobs: number("SYSTEM_TOTALJOBSINPHASE"),
            temp_directory: read("AGENT_TEMPDIRECTORY").map(PathBuf::from),
            run,
        }
    }

    /// The name of the folder that this step alone writes to: uploads are queued, so steps must not share one.
    #[must_use]
    pub fn step_folder(&self) -> &str {
        self.task_instance_id.as_deref().unwrap_or("step")
    }

    /// Which run of which job this is; `None` where the agent does not say it, or there is none.
    #[must_use]
    pub fn run_id(&self) -> Option<RunId> {
        self.run.clone()
    }
}

/// A run by what stays the same when a job is run again, and by how often it has been. `System.JobId` is another one
/// in each attempt, so it is the last resort: such a run is an earlier attempt of none.
///
/// In a release the build is that of its artifact, which many releases share: there the release counts.
fn run_id(collection: &str, read: impl Fn(&str) -> Option<String>) -> Option<RunId> {
    let release = || read("RELEASE_RELEASEID").map(|id| format!("release-{id}"));
    let is_build = read("SYSTEM_HOSTTYPE").is_none_or(|host| host.eq_ignore_ascii_case("build"));
    let build = if is_build {
        read("BUILD_BUILDID").or_else(release)
    } else {
        release()
    };
    let names = ["SYSTEM_STAGENAME", "SYSTEM_PHASENAME", "SYSTEM_JOBNAME"].map(&read);
    let job = read("SYSTEM_JOBIDENTIFIER")
        .or_else(|| match names {
            [Some(stage), Some(phase), Some(job)] => Some([stage, phase, job].join(".")),
            _ => None,
        })
        .or_else(|| read("SYSTEM_JOBID"));
    // Which of them a person's "run again" counts up depends on what was run again.
    let attempt = ["SYSTEM_STAGEATTEMPT", "SYSTEM_PHASEATTEMPT", "SYSTEM_JOBATTEMPT"]
        .iter()
        .filter_map(|name| read(name)?.parse().ok())
        .max();
    Some(RunId::new(collection, &build?, &job?, attempt.unwrap_or(1)))
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
    fn a_parallel_job_is_numbered_by_whole_numbers_alone() {
        let job = |position, total| {
            let context = read(&[
                ("SYSTEM_JOBPOSITIONINPHASE", position),
                ("SYSTEM_TOTALJOBSINPHASE", total),
            ]);
            (context.job_position, context.total_jobs)
        };
        assert_eq!(job("3", "8"), (Some(3), Some(8)));
        assert_eq!(job("", "99999999999"), (None, None));
        assert_eq!(job("3.0", "-8"), (None, None));
    }

    #[test]
    fn the_rest_is_read_as_it_is() {
        let context = read(&[
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
            ("SYSTEM_COLLECTIONID", "0A1B"),
            ("BUILD_DEFINITIONNAME", " nightly "),
            ("SYSTEM_DEBUG", "True"),
            ("AGENT_TEMPDIRECTORY", "/agent/_temp"),
        ]);
        assert_eq!(context.temp_directory, Some(PathBuf::from("/agent/_temp")));
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

    /// A job in its first attempt; values given replace these.
    fn run(values: &[(&str, &str)]) -> Option<RunId> {
        let job = [
            ("SYSTEM_COLLECTIONID", "0a1b"),
            ("SYSTEM_HOSTTYPE", "build"),
            ("BUILD_BUILDID", "42"),
            ("SYSTEM_JOBIDENTIFIER", "Rotate.Job.__default"),
            ("SYSTEM_JOBID", "12f1170f-0000-4000-8000-000000000001"),
            ("SYSTEM_STAGEATTEMPT", "1"),
            ("SYSTEM_PHASEATTEMPT", "1"),
            ("SYSTEM_JOBATTEMPT", "1"),
        ];
        read(&[values, &job].concat()).run_id()
    }

    #[test]
    fn whatever_is_run_again_is_a_later_attempt_of_the_same_job() {
        let first = run(&[]).unwrap();
        assert_eq!(first.to_string(), "0a1b/42/Rotate.Job.__default/1");
        for again in ["SYSTEM_STAGEATTEMPT", "SYSTEM_PHASEATTEMPT", "SYSTEM_JOBATTEMPT"] {
            let id = ("SYSTEM_JOBID", "12f1170f-0000-4000-8000-000000000002");
            let second = run(&[(again, "2"), id]).unwrap();
            assert!(first.is_earlier_attempt_of(&second), "{again}");
        }
    }

    #[test]
    fn another_job_or_build_is_no_attempt_of_this_one() {
        let first = run(&[]).unwrap();
        let again = ("SYSTEM_JOBATTEMPT", "2");
        for other in [
            ("SYSTEM_JOBIDENTIFIER", "Rotate.Job.second"),
            ("BUILD_BUILDID", "43"),
            ("SYSTEM_COLLECTIONID", "0a1c"),
        ] {
            assert!(
                !first.is_earlier_attempt_of(&run(&[other, again]).unwrap()),
                "{other:?}"
            );
        }
    }

    #[test]
    fn two_releases_of_one_build_are_two_runs() {
        let release = |id| [("SYSTEM_HOSTTYPE", "release"), ("RELEASE_RELEASEID", id)];
        let again = [release("8").as_slice(), &[("SYSTEM_STAGEATTEMPT", "2")]].concat();
        let (first, second) = (run(&release("7")).unwrap(), run(&again).unwrap());
        assert!(!first.is_earlier_attempt_of(&second));
        assert_eq!(first.build(), "release-7");
        let nameless = run(&[("SYSTEM_HOSTTYPE", "deployment")]);
        assert_eq!(nameless, None, "the artifact's build is not the run");
    }

    #[test]
    fn a_job_without_an_identifier_goes_by_its_names_and_then_by_its_id() {
        let unnamed = ("SYSTEM_JOBIDENTIFIER", "");
        let names = [
            unnamed,
            ("SYSTEM_STAGENAME", "Rotate"),
            ("SYSTEM_PHASENAME", "Job"),
            ("SYSTEM_JOBNAME", "linux"),
        ];
        assert_eq!(run(&names).unwrap().to_string(), "0a1b/42/Rotate.Job.linux/1");
        let other = run(&[unnamed, ("SYSTEM_JOBID", "other"), ("SYSTEM_JOBATTEMPT", "2")]).unwrap();
        assert!(!run(&[unnamed]).unwrap().is_earlier_attempt_of(&other));
    }

    #[test]
    fn a_run_without_a_name_is_none_and_an_attempt_that_is_no_number_does_not_count() {
        assert_eq!(run(&[("SYSTEM_COLLECTIONID", "")]), None);
        assert_eq!(run(&[("BUILD_BUILDID", "")]), None);
        assert_eq!(run(&[("SYSTEM_JOBIDENTIFIER", ""), ("SYSTEM_JOBID", "")]), None);
        let odd = run(&[("SYSTEM_STAGEATTEMPT", "many"), ("SYSTEM_JOBATTEMPT", "3")]).unwrap();
        assert_eq!(odd.attempt(), 3);
        let unsaid =
            ["SYSTEM_STAGEATTEMPT", "SYSTEM_PHASEATTEMPT", "SYSTEM_JOBATTEMPT"].map(|name| (name, ""));
        assert_eq!(run(&unsaid).unwrap().attempt(), 1);
    }
}
