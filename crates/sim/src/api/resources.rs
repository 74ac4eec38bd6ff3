//! A few resources that a PAT can open, each with the scope it needs.

use serde_json::{Value, json};

use super::Call;
use super::caller::{reader, visitor};
use super::version::{Stage, version};
use crate::answer::Answer;
use crate::cloud::Cloud;
use crate::refusal::Refusal;

/// A list that can be read.
struct Resource {
    /// Host, or `None` for `dev.azure.com` and its older form.
    host: Option<&'static str>,
    /// Path after organization and project, lower case.
    path: &'static str,
    /// Whether a project may stand before the path.
    in_project: bool,
    needs: &'static str,
    names: &'static [&'static str],
    /// Whether everybody may read it where projects are public.
    public: bool,
}

const fn resource(
    host: Option<&'static str>,
    path: &'static str,
    in_project: bool,
    needs: &'static str,
    names: &'static [&'static str],
) -> Resource {
    Resource {
        host,
        path,
        in_project,
        needs,
        names,
        public: false,
    }
}

impl Resource {
    const fn public(mut self) -> Self {
        self.public = true;
        self
    }
}

const FEEDS: Option<&str> = Some("feeds.dev.azure.com");
const RELEASE: Option<&str> = Some("vsrm.dev.azure.com");

static RESOURCES: &[Resource] = &[
    resource(None, "_apis/projects", false, "vso.project", &[]).public(),
    resource(None, "_apis/build/controllers", false, "vso.build", &[]),
    resource(
        None,
        "_apis/wit/workitemrelationtypes",
        false,
        "vso.work",
        &["Parent", "Child"],
    ),
    resource(
        None,
        "_apis/serviceendpoint/types",
        false,
        "vso.serviceendpoint",
        &["generic"],
    ),
    resource(
        Some("artifacts.dev.azure.com"),
        "_apis/symbol/availability",
        false,
        "vso.symbols",
        &[],
    ),
    resource(
        Some("vsaex.dev.azure.com"),
        "_apis/userentitlementsummary",
        false,
        "vso.memberentitlementmanagement",
        &[],
    ),
    resource(
        None,
        "_apis/build/definitions",
        true,
        "vso.build",
        &["nightly", "release"],
    ),
    resource(None, "_apis/build/builds", true, "vso.build", &["20261120.1"]),
    resource(
        None,
        "_apis/git/repositories",
        true,
        "vso.code",
        &["api", "shop-front"],
    )
    .public(),
    resource(None, "_apis/wit/fields", true, "vso.work", &["Title", "State"]),
    resource(
        None,
        "_apis/wit/workitemtypes",
        true,
        "vso.work",
        &["Bug", "Task"],
    ),
    resource(
        None,
        "_apis/distributedtask/pools",
        false,
        "vso.agentpools",
        &["Default", "linux-large"],
    ),
    resource(
        None,
        "_apis/distributedtask/variablegroups",
        true,
        "vso.variablegroups_read",
        &["shared"],
    ),
    resource(
        None,
        "_apis/serviceendpoint/endpoints",
        true,
        "vso.serviceendpoint",
        &["azure-production"],
    ),
    resource(None, "_apis/test/plans", true, "vso.test", &["regression"]),
    resource(None, "_apis/wiki/wikis", true, "vso.wiki", &["handbook"]),
    resource(
        None,
        "_apis/dashboard/dashboards",
        true,
        "vso.dashboards",
        &["overview"],
    )
    .public(),
    resource(
        FEEDS,
        "_apis/packaging/feeds",
        true,
        "vso.packaging",
        &["internal", "nuget-cache"],
    )
    .public(),
    resource(
        RELEASE,
        "_apis/release/definitions",
        true,
        "vso.release",
        &["shop-front"],
    ),
];

pub(super) fn answer(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let Some((found, project)) = RESOURCES.iter().find_map(|known| fits(known, call)) else {
        // Who is not signed in is not told what exists.
        reader(cloud, call, None)?;
        return Err(not_found(call));
    };
    if found.public {
        visitor(cloud, call, Some(found.needs))?;
    } else {
        reader(cloud, call, Some(found.needs))?;
    }
    version(call.request, Stage::Released)?;
    if call.request.method != "GET" {
        return Err(Refusal::method(&call.request.method));
    }
    let project = match project {
        Some(name) => {
            let known = call
                .organization
                .projects
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name));
            Some(known.ok_or_else(|| no_project(name))?.clone())
        }
        None => None,
    };
    let names = match found.path {
        "_apis/projects" => call.organization.projects.clone(),
        _ => found.names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let value: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let mut entry = json!({ "id": index + 1, "name": name, "url": format!("https://{}{}", call.request.host, call.request.path) });
            if let (Some(entry), Some(project)) = (entry.as_object_mut(), &project) {
                entry.insert("project".to_owned(), json!({ "name": project }));
            }
            entry
        })
        .collect();
    Ok(Answer::json(
        200,
        &json!({ "count": value.len(), "value": value }),
    ))
}

/// The project named before the path, if the resource is the one asked for.
fn fits<'a>(known: &'static Resource, call: &Call<'a>) -> Option<(&'static Resource, Option<&'a str>)> {
    let host_fits = match known.host {
        Some(host) => call.request.host == host,
        None => call.request.host == "dev.azure.com" || call.request.host.ends_with(".visualstudio.com"),
    };
    if !host_fits {
        return None;
    }
    if call.is(known.path) {
        return Some((known, None));
    }
    let (project, path) = call.path.split_first()?;
    let wanted = known.path.split('/');
    let same = path.len() == wanted.clone().count()
        && path
            .iter()
            .zip(wanted)
            .all(|(part, name)| part.eq_ignore_ascii_case(name));
    (known.in_project && same).then_some((known, Some(project.as_str())))
}

fn not_found(call: &Call<'_>) -> Refusal {
    Refusal::exception(
        404,
        "VssResourceNotFoundException",
        format!(
            "API resource location /{} is not registered on https://{}/.",
            call.path.join("/"),
            call.request.host
        ),
    )
}

fn no_project(name: &str) -> Refusal {
    Refusal::exception(
        404,
        "ProjectDoesNotExistWithNameException",
        format!(
            "TF200016: The following project does not exist: {name}. Verify that the name of the project is correct \
             and that the project exists on the specified Azure DevOps Server."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scope;

    #[test]
    fn every_resource_needs_a_scope_that_a_pat_can_have() {
        for known in RESOURCES {
            assert!(
                scope::is_known(known.needs),
                "{} needs {}",
                known.path,
                known.needs
            );
        }
    }
}
