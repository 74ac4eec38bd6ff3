//! One due PAT, rotated: how many requests it takes, and how close it comes to what the network makes it wait.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::cloud::{Cloud, Size, longest_chain};
use super::measure::{cost, median};
use super::table::{Row, Table};
use crate::workspace::Workspace;

/// Milliseconds before every answer.
const LATENCY: u32 = 20;
/// Rotations for each sign-in.
const ROTATIONS: usize = 7;
/// Own PATs beside the one that is rotated.
const PATS: usize = 40;

/// Who signs in, and the most requests that a rotation may take then.
struct Way {
    count: &'static str,
    wall: &'static str,
    sign_in: &'static str,
    federated: bool,
    most: f64,
}

const WAYS: [Way; 2] = [
    Way {
        count: "a due rotation, access token: requests",
        wall: "a due rotation, access token: wall over longest chain",
        sign_in: "accessToken",
        federated: false,
        most: 16.0,
    },
    Way {
        count: "a due rotation, refresh token: requests",
        wall: "a due rotation, refresh token: wall over longest chain",
        sign_in: "refreshToken",
        federated: true,
        most: 22.0,
    },
];

/// Adds the rows of a rotation.
///
/// # Errors
/// A rotation that fails.
pub(super) fn measure(table: &mut Table, workspace: &Workspace, program: &Path, temp: &Path) -> Result<()> {
    for way in &WAYS {
        let mut cloud = Cloud::start(workspace, Size::Pats(PATS), LATENCY)?;
        // The first one makes the secret, which takes other requests.
        cost(rotation(&cloud, way, program, temp))?.expect(&[0])?;
        cloud.asked()?;
        let (mut counts, mut chains, mut walls, mut over) = (vec![], vec![], vec![], vec![]);
        for _ in 0..ROTATIONS {
            let wall = cost(rotation(&cloud, way, program, temp))?.expect(&[0])?.wall;
            let asked = cloud.asked()?;
            let chain = longest_chain(&asked) as f64;
            over.push(wall / (chain * f64::from(LATENCY)));
            counts.push(asked.len() as f64);
            chains.push(chain);
            walls.push(wall);
        }
        table.add(Row::at_most(way.count, median(counts), way.most, ""));
        table.add(Row::at_most(way.wall, median(over), 1.3, ""));
        table.note(format!(
            "{}: {:.0} ms, the longest chain {:.0} requests of {LATENCY} ms",
            way.sign_in,
            median(walls),
            median(chains)
        ));
    }
    Ok(())
}

/// Due because it is forced; what it replaces is revoked in the same run, which is the longest way.
fn rotation(cloud: &Cloud, way: &Way, program: &Path, temp: &Path) -> Command {
    let mut step = Command::new(program);
    step.args(["task", "PatRotate"])
        .env_clear()
        .env("AGENT_TEMPDIRECTORY", temp)
        .envs(cloud.environment())
        .env("INPUT_SIGNIN", way.sign_in)
        .env("INPUT_NAME", "bench")
        .env("INPUT_SCOPES", "vso.build")
        .env("INPUT_SECRETNAME", "bench")
        .env("INPUT_OVERLAPHOURS", "0")
        .env("INPUT_FORCE", "true");
    let value = |name: &str| {
        cloud
            .environment()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    if let Some(vault) = value("INPUT_REFRESHTOKENVAULT") {
        step.env("INPUT_VAULT", vault);
    }
    if way.federated {
        let scheme = cloud
            .environment()
            .find(|(_, value)| *value == "WorkloadIdentityFederation");
        let id = scheme.and_then(|(name, _)| name.strip_prefix("ENDPOINT_AUTH_SCHEME_"));
        step.env("INPUT_AZURESUBSCRIPTION", id.unwrap_or_default());
    }
    step
}
