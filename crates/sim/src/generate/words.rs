//! What generated things are called, and what they may.

use fastrand::Rng;

const AREAS: &[&str] = &[
    "api",
    "billing",
    "board",
    "catalog",
    "checkout",
    "crm",
    "data-lake",
    "docs",
    "gateway",
    "identity",
    "infra",
    "inventory",
    "ledger",
    "mobile",
    "nuget",
    "orders",
    "payments",
    "portal",
    "pricing",
    "reports",
    "search",
    "shop",
    "terraform",
    "warehouse",
];
const JOBS: &[&str] = &[
    "agent",
    "backup",
    "bot",
    "build",
    "ci",
    "deploy",
    "export",
    "feed-sync",
    "import",
    "mirror",
    "nightly",
    "release",
    "report",
    "scan",
    "sync",
    "trigger",
];
const PLACES: &[&str] = &["", "-dev", "-prod", "-staging", "-eu", "-us"];
const SCOPES: &[&str] = &[
    "vso.build",
    "vso.build_execute",
    "vso.code",
    "vso.code vso.build",
    "vso.code_write",
    "vso.packaging",
    "vso.packaging_write",
    "vso.work",
    "vso.work_write vso.code",
    "vso.test_write",
    "vso.variablegroups_read",
    "vso.wiki",
    "vso.governance",
    "app_token",
];

/// What something is about.
pub(crate) fn area(rng: &mut Rng) -> &'static str {
    pick(rng, AREAS)
}

/// What something does.
pub(crate) fn job(rng: &mut Rng) -> &'static str {
    pick(rng, JOBS)
}

/// Where, for most things nothing.
pub(crate) fn place(rng: &mut Rng) -> &'static str {
    pick(rng, PLACES)
}

/// What a PAT may.
pub(crate) fn scope(rng: &mut Rng) -> &'static str {
    pick(rng, SCOPES)
}

fn pick(rng: &mut Rng, from: &[&'static str]) -> &'static str {
    rng.choice(from).copied().unwrap_or_default()
}
