//! The table of scopes.
//!
//! Names come from the published scope table ("OAuth scopes", Azure DevOps documentation), the published OpenAPI
//! documents (version 7.2) and from Microsoft's own tools that mint PATs. Inclusions marked documented are stated
//! by one of them; inferred ones follow the pattern of all documented families (`manage` over `write` over read).

use super::{Inclusion, Scope, Standing};

/// A scope that opens something and includes nothing; the methods below add the rest.
const fn scope(
    name: &'static str,
    area: &'static str,
    title: &'static str,
    opens: &'static str,
    tasks: &'static [&'static str],
) -> Scope {
    Scope {
        name,
        area,
        title,
        opens,
        tasks,
        includes: &[],
        risk: None,
        standing: Standing::Current,
    }
}

const fn documented(scope: &'static str) -> Inclusion {
    Inclusion {
        scope,
        documented: true,
    }
}

const fn inferred(scope: &'static str) -> Inclusion {
    Inclusion {
        scope,
        documented: false,
    }
}

impl Scope {
    const fn including(mut self, includes: &'static [Inclusion]) -> Self {
        self.includes = includes;
        self
    }

    const fn risky(mut self, risk: &'static str) -> Self {
        self.risk = Some(risk);
        self
    }

    const fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }
}

/// The scope that opens everything. It has no entry of its own for each scope it includes: see [`super::implied`].
pub(super) const FULL_ACCESS: &str = "app_token";

/// Every scope known, by area.
pub(super) static CATALOG: &[Scope] = &[
    scope(
        FULL_ACCESS,
        "Full access",
        "Full access",
        "Everything its owner can do, in every area, now and in areas that come later",
        &["do everything", "full access", "all scopes", "any api"],
    )
    .risky("whoever holds it is its owner"),
    scope(
        "vso.advsec",
        "Advanced Security",
        "Advanced Security (read)",
        "Read security alerts, their results and which analyses ran",
        &[
            "read security alerts",
            "list code scanning and secret scanning alerts",
            "read advanced security results",
        ],
    ),
    scope(
        "vso.advsec_write",
        "Advanced Security",
        "Advanced Security (read and write)",
        "Also upload analysis results and dismiss alerts",
        &[
            "upload SARIF scan results",
            "publish code scanning analysis",
            "dismiss security alerts",
        ],
    )
    .including(&[inferred("vso.advsec")]),
    scope(
        "vso.advsec_manage",
        "Advanced Security",
        "Advanced Security (manage)",
        "Also switch Advanced Security on and off",
        &[
            "enable advanced security",
            "disable advanced security",
            "configure advanced security",
        ],
    )
    .including(&[inferred("vso.advsec_write")]),
    scope(
        "vso.agentpools",
        "Agents and environments",
        "Agent pools (read)",
        "Read agent pools, queues, agents and the jobs they run",
        &[
            "list agents and agent pools",
            "read queues",
            "see which jobs agents run",
            "monitor agents",
        ],
    ),
    scope(
        "vso.agentpools_manage",
        "Agents and environments",
        "Agent pools (manage)",
        "Register and remove agents, make and change pools and queues",
        &[
            "register a self-hosted agent",
            "install build agent",
            "remove agents",
            "create agent pool",
            "scale agents",
        ],
    )
    .including(&[inferred("vso.agentpools")]),
    scope(
        "vso.environment_manage",
        "Agents and environments",
        "Environments (read and manage)",
        "Read, make, change and delete pipeline environments and the resources in them",
        &[
            "create environment",
            "register virtual machine in environment",
            "manage deployment environments",
        ],
    ),
    scope(
        "vso.machinegroup_manage",
        "Agents and environments",
        "Deployment groups (read and manage)",
        "Register machines in deployment groups, manage the groups and their pools",
        &[
            "register machine in deployment group",
            "manage deployment groups",
            "add deployment target",
        ],
    ),
    scope(
        "vso.analytics",
        "Analytics and audit",
        "Analytics (read)",
        "Query the Analytics service, such as OData feeds behind reports",
        &["query analytics", "read OData", "Power BI report"],
    ),
    scope(
        "vso.auditlog",
        "Analytics and audit",
        "Audit log (read)",
        "Read the organization's audit log and its audit streams",
        &[
            "read audit log",
            "download audit events",
            "see who created a token",
        ],
    ),
    scope(
        "vso.auditstreams_manage",
        "Analytics and audit",
        "Audit streams (manage)",
        "Make, change and delete audit streams to outside systems",
        &[
            "create audit stream",
            "send audit events to Splunk or Log Analytics",
            "manage audit streams",
        ],
    ),
    scope(
        "vso.build",
        "Build",
        "Build (read)",
        "Read pipelines, their runs, logs, artifacts and results",
        &[
            "read builds",
            "list pipelines",
            "read pipeline runs",
            "download build artifacts",
            "get pipeline artifact",
            "build status",
            "read build logs",
        ],
    ),
    scope(
        "vso.build_execute",
        "Build",
        "Build (read and execute)",
        "Also start and cancel runs, and change pipelines and their settings",
        &[
            "trigger a pipeline",
            "queue a build",
            "start pipeline run",
            "run pipeline",
            "cancel build",
            "create pipeline",
            "update build definition",
            "tag a build",
            "retain a build",
        ],
    )
    .including(&[documented("vso.build")])
    .risky("starts code on agents that hold deployment secrets"),
    scope(
        "vso.code",
        "Code",
        "Code (read)",
        "Read source, commits, branches, pull requests; clone and fetch",
        &[
            "clone repo",
            "git fetch pull repository",
            "read source code",
            "download files from repository",
            "list repositories",
            "list branches and commits",
            "read pull requests",
            "search code",
        ],
    ),
    scope(
        "vso.code_status",
        "Code",
        "Code (status)",
        "Read and post statuses on commits and pull requests, without the source",
        &[
            "post commit status",
            "set pull request status",
            "report check result on pull request",
        ],
    ),
    scope(
        "vso.code_write",
        "Code",
        "Code (read and write)",
        "Also push, and make, change and complete pull requests",
        &[
            "push code",
            "git push commits",
            "create pull request",
            "complete pull request",
            "merge pull request",
            "comment on pull request",
            "approve pull request",
            "create branch",
            "create tag",
            "commit files",
        ],
    )
    .including(&[documented("vso.code"), documented("vso.code_status")])
    .risky("changes the source that pipelines build and deploy"),
    scope(
        "vso.code_manage",
        "Code",
        "Code (read, write and manage)",
        "Also make, rename and delete repositories",
        &[
            "create repository",
            "delete repository",
            "rename repo",
            "fork repository",
            "import repository",
        ],
    )
    .including(&[documented("vso.code_write")])
    .risky("changes source and can delete whole repositories"),
    scope(
        "vso.code_full",
        "Code",
        "Code (full)",
        "Everything about code, over version control APIs old and new",
        &[
            "full code access",
            "TFVC version control write",
            "client object model",
        ],
    )
    .including(&[inferred("vso.code_manage")])
    .risky("everything that can be done to source and repositories"),
    scope(
        "vso.connectedserver",
        "Connected server and drop",
        "Connected server",
        "Reach the endpoints that a connected on-premises server uses",
        &["connected server", "access endpoints from on-premises server"],
    )
    .standing(Standing::Undocumented),
    scope(
        "vso.drop",
        "Connected server and drop",
        "Drop (read)",
        "Read drops: large sets of build output in the artifact service",
        &["read drop", "download drop"],
    )
    .standing(Standing::Undocumented),
    scope(
        "vso.drop_write",
        "Connected server and drop",
        "Drop (read and write)",
        "Also upload drops",
        &["upload drop", "publish drop"],
    )
    .including(&[inferred("vso.drop")])
    .standing(Standing::Undocumented),
    scope(
        "vso.drop_manage",
        "Connected server and drop",
        "Drop (manage)",
        "Also change and delete drops",
        &["delete drop", "manage drops"],
    )
    .including(&[inferred("vso.drop_write")])
    .standing(Standing::Undocumented),
    scope(
        "vso.dashboards",
        "Dashboards",
        "Dashboards (read)",
        "Read team dashboards and their widgets",
        &["read dashboards", "list widgets"],
    ),
    scope(
        "vso.dashboards_manage",
        "Dashboards",
        "Dashboards (manage)",
        "Also make, change and delete dashboards and widgets",
        &["create dashboard", "update dashboard widget", "delete dashboard"],
    )
    .including(&[inferred("vso.dashboards")]),
    scope(
        "vso.entitlements",
        "Entitlements",
        "Entitlements (read)",
        "Read license entitlements of the signed-in user",
        &["read license entitlements", "check my license"],
    ),
    scope(
        "vso.memberentitlementmanagement",
        "Entitlements",
        "Member entitlements (read)",
        "Read users, their licenses, extensions and projects",
        &[
            "list users",
            "read user licenses and access levels",
            "read members",
        ],
    ),
    scope(
        "vso.memberentitlementmanagement_write",
        "Entitlements",
        "Member entitlements (read and write)",
        "Also add and remove users, and change their licenses and projects",
        &[
            "add user to organization",
            "invite user",
            "remove user",
            "assign license",
            "change access level",
        ],
    )
    .including(&[inferred("vso.memberentitlementmanagement")])
    .risky("lets people into the organization"),
    scope(
        "vso.extension",
        "Extensions",
        "Extensions (read)",
        "Read which extensions are installed",
        &["list installed extensions", "read extensions"],
    ),
    scope(
        "vso.extension_manage",
        "Extensions",
        "Extensions (read and manage)",
        "Also install, switch off and remove extensions",
        &["install extension", "uninstall extension", "disable extension"],
    )
    .including(&[inferred("vso.extension")])
    .risky("installs code that runs in everyone's pages and pipelines"),
    scope(
        "vso.extension.data",
        "Extensions",
        "Extension data (read)",
        "Read settings and documents that extensions keep",
        &["read extension data", "read extension settings"],
    ),
    scope(
        "vso.extension.data_write",
        "Extensions",
        "Extension data (read and write)",
        "Also change settings and documents that extensions keep",
        &["write extension data", "update extension settings"],
    )
    .including(&[inferred("vso.extension.data")]),
    scope(
        "vso.gallery",
        "Marketplace",
        "Marketplace (read)",
        "Read public and private Marketplace items and publishers",
        &[
            "read marketplace items",
            "list marketplace extensions",
            "extension statistics",
        ],
    ),
    scope(
        "vso.gallery_acquire",
        "Marketplace",
        "Marketplace (acquire)",
        "Also acquire items: install, request or buy them",
        &["acquire marketplace item", "buy extension"],
    )
    .including(&[inferred("vso.gallery")]),
    scope(
        "vso.gallery_publish",
        "Marketplace",
        "Marketplace (publish)",
        "Also upload, update and share items",
        &[
            "publish extension",
            "upload VSIX to marketplace",
            "share extension",
            "update extension version",
        ],
    )
    .including(&[inferred("vso.gallery")]),
    scope(
        "vso.gallery_manage",
        "Marketplace",
        "Marketplace (manage)",
        "Also make and manage publishers",
        &[
            "create publisher",
            "manage marketplace publisher",
            "unpublish or delete extension from marketplace",
        ],
    )
    .including(&[inferred("vso.gallery_publish")]),
    scope(
        "vso.githubconnections",
        "GitHub and governance",
        "GitHub connections (read)",
        "Read connections between projects and GitHub repositories",
        &["read GitHub connections", "list connected GitHub repositories"],
    ),
    scope(
        "vso.githubconnections_manage",
        "GitHub and governance",
        "GitHub connections (manage)",
        "Also make, change and delete connections to GitHub",
        &["connect GitHub repository to Boards", "manage GitHub connections"],
    )
    .including(&[inferred("vso.githubconnections")]),
    scope(
        "vso.governance",
        "GitHub and governance",
        "Component governance",
        "Reach the component governance service, which lists used packages and their alerts",
        &["component governance", "component detection alerts"],
    )
    .standing(Standing::Undocumented),
    scope(
        "vso.graph",
        "Graph and identity",
        "Graph (read)",
        "Read users, groups and who is in which group",
        &[
            "read users and groups",
            "list group members",
            "find user descriptor",
        ],
    ),
    scope(
        "vso.graph_manage",
        "Graph and identity",
        "Graph (manage)",
        "Also add users and groups, and change who is in which group",
        &["add user to group", "create group", "manage group membership"],
    )
    .including(&[documented("vso.graph")])
    .risky("can put anyone into any group, administrators included"),
    scope(
        "vso.identity",
        "Graph and identity",
        "Identity (read)",
        "Look up identities and groups",
        &["look up identity", "resolve identity by mail", "read identities"],
    ),
    scope(
        "vso.identity_manage",
        "Graph and identity",
        "Identity (manage)",
        "Also make, change and delete identities and groups",
        &["manage identities", "change identity", "delete group"],
    )
    .including(&[inferred("vso.identity")])
    .risky("changes who people are and which groups they are in"),
    scope(
        "vso.hooks",
        "Service hooks",
        "Service hooks (read)",
        "Read service hook subscriptions and their history",
        &["read service hooks", "list webhook subscriptions"],
    )
    .standing(Standing::Undocumented),
    scope(
        "vso.hooks_write",
        "Service hooks",
        "Service hooks (read and write)",
        "Also make, change and delete service hook subscriptions",
        &[
            "create service hook",
            "create webhook subscription",
            "update service hooks",
        ],
    )
    .including(&[inferred("vso.hooks")])
    .standing(Standing::Undocumented),
    scope(
        "vso.hooks_interact",
        "Service hooks",
        "Service hooks (interact)",
        "Act on events that service hooks delivered",
        &["interact with service hook events", "reply to service hook"],
    )
    .standing(Standing::Undocumented),
    scope(
        "vso.loadtest",
        "Load test",
        "Load test (read)",
        "Nothing any more: it read load test runs",
        &["read load test runs"],
    )
    .standing(Standing::Retired),
    scope(
        "vso.loadtest_write",
        "Load test",
        "Load test (read and write)",
        "Nothing any more: it made and ran load tests",
        &["run load test"],
    )
    .including(&[inferred("vso.loadtest")])
    .standing(Standing::Retired),
    scope(
        "vso.notification",
        "Notifications",
        "Notifications (read)",
        "Read notification subscriptions, event types and settings",
        &["read notification subscriptions", "list notifications"],
    ),
    scope(
        "vso.notification_write",
        "Notifications",
        "Notifications (read and write)",
        "Also make and change notification subscriptions",
        &[
            "create notification subscription",
            "update notifications",
            "subscribe to events by mail",
        ],
    )
    .including(&[inferred("vso.notification")]),
    scope(
        "vso.notification_manage",
        "Notifications",
        "Notifications (manage)",
        "Also manage subscriptions of teams and settings of delivery",
        &["manage notification settings", "manage team notifications"],
    )
    .including(&[inferred("vso.notification_write")]),
    scope(
        "vso.notification_diagnostics",
        "Notifications",
        "Notifications (diagnostics)",
        "Read diagnostic logs of notifications and switch them on for a subscription",
        &["read notification diagnostic logs", "debug notifications"],
    ),
    scope(
        "vso.packaging",
        "Packaging",
        "Packaging (read)",
        "Read feeds and download packages",
        &[
            "read feed",
            "download packages",
            "restore NuGet packages",
            "npm install from feed",
            "pip install from feed",
            "maven dependencies",
            "list feeds",
        ],
    ),
    scope(
        "vso.packaging_write",
        "Packaging",
        "Packaging (read and write)",
        "Also publish packages, and make and change feeds",
        &[
            "publish package",
            "push NuGet package",
            "npm publish",
            "upload package to feed",
            "create feed",
            "promote package to view",
        ],
    )
    .including(&[documented("vso.packaging")])
    .risky("publishes packages that others install and run"),
    scope(
        "vso.packaging_manage",
        "Packaging",
        "Packaging (read, write and manage)",
        "Also delete packages and feeds, and manage who may use them",
        &["delete package", "delete feed", "manage feed permissions"],
    )
    .including(&[documented("vso.packaging_write")]),
    scope(
        "vso.pats",
        "PAT management",
        "PATs (read)",
        "Read the signed-in user's PATs: names, scopes, dates, never their text",
        &[
            "list my PATs",
            "read personal access tokens",
            "monitor PAT expiry",
        ],
    )
    .standing(Standing::EntraDelegated),
    scope(
        "vso.pats_manage",
        "PAT management",
        "PATs (read and manage)",
        "Make, change and revoke the signed-in user's PATs",
        &[
            "create PAT",
            "rotate PAT",
            "revoke my personal access token",
            "manage personal access tokens",
            "extend PAT",
        ],
    )
    .including(&[documented("vso.pats")])
    .standing(Standing::EntraDelegated),
    scope(
        "vso.pipelineresources_use",
        "Pipeline resources",
        "Pipeline resources (use)",
        "Let pipelines use protected resources, such as connections, pools and repositories",
        &["authorize pipeline to use resource", "permit pipeline resource"],
    ),
    scope(
        "vso.pipelineresources_manage",
        "Pipeline resources",
        "Pipeline resources (use and manage)",
        "Also manage checks and approvals on protected resources",
        &[
            "approve deployment",
            "manage approvals and checks",
            "add check to resource",
        ],
    )
    .including(&[inferred("vso.pipelineresources_use")]),
    scope(
        "vso.profile",
        "Profile",
        "Profile (read)",
        "Read the owner's profile, organizations, projects and teams",
        &["read my profile", "list my organizations", "who am I"],
    ),
    // Microsoft's own PAT tool lists this pair as the exception: writing does not include reading.
    scope(
        "vso.profile_write",
        "Profile",
        "Profile (write)",
        "Change the owner's profile; does not include reading it",
        &["update my profile", "change profile"],
    ),
    scope(
        "vso.project",
        "Project and team",
        "Project and team (read)",
        "Read projects and teams",
        &["list projects", "read teams", "read project properties"],
    ),
    scope(
        "vso.project_write",
        "Project and team",
        "Project and team (read and write)",
        "Also change projects and teams",
        &["update project", "create team", "change team members"],
    )
    .including(&[documented("vso.project")]),
    scope(
        "vso.project_manage",
        "Project and team",
        "Project and team (read, write and manage)",
        "Also make and delete projects",
        &["create project", "delete project"],
    )
    .including(&[documented("vso.project_write")])
    .risky("can delete whole projects"),
    scope(
        "vso.release",
        "Release",
        "Release (read)",
        "Read classic releases, their definitions, folders and logs",
        &["read releases", "list release definitions", "read release logs"],
    ),
    scope(
        "vso.release_execute",
        "Release",
        "Release (read, write and execute)",
        "Also make and change definitions and releases, and start deployments",
        &[
            "create release",
            "start classic release",
            "deploy release to stage",
            "update release definition",
        ],
    )
    .including(&[documented("vso.release")]),
    scope(
        "vso.release_manage",
        "Release",
        "Release (read, write, execute and manage)",
        "Also delete definitions and releases, and approve deployments",
        &["delete release", "approve release", "manage releases"],
    )
    .including(&[documented("vso.release_execute")]),
    scope(
        "vso.securefiles_read",
        "Secure files",
        "Secure files (read)",
        "Read secure files of the pipeline library",
        &["read secure files", "list certificates in library"],
    ),
    scope(
        "vso.securefiles_write",
        "Secure files",
        "Secure files (read and create)",
        "Also add secure files",
        &["upload secure file", "create secure file"],
    )
    .including(&[documented("vso.securefiles_read")]),
    scope(
        "vso.securefiles_manage",
        "Secure files",
        "Secure files (read, create and manage)",
        "Also change and delete secure files",
        &["delete secure file", "manage secure files"],
    )
    .including(&[documented("vso.securefiles_write")]),
    scope(
        "vso.security",
        "Security",
        "Security",
        "Unknown: perhaps reading permissions",
        &[],
    )
    .standing(Standing::Doubtful),
    scope(
        "vso.security_manage",
        "Security",
        "Security (manage)",
        "Read and change permissions on everything",
        &[
            "change permissions",
            "set access control lists",
            "grant access",
            "manage permissions",
        ],
    )
    .risky("grants any permission to anyone"),
    scope(
        "vso.serviceendpoint",
        "Service connections",
        "Service connections (read)",
        "Read service connections, without their secrets",
        &["read service connections", "list service endpoints"],
    ),
    scope(
        "vso.serviceendpoint_query",
        "Service connections",
        "Service connections (read and query)",
        "Also send queries through a connection to the system behind it",
        &["query service connection", "query data through service endpoint"],
    )
    .including(&[documented("vso.serviceendpoint")]),
    scope(
        "vso.serviceendpoint_manage",
        "Service connections",
        "Service connections (read, query and manage)",
        "Also make, change and delete service connections",
        &[
            "create service connection",
            "update service connection secret",
            "delete service endpoint",
        ],
    )
    .including(&[documented("vso.serviceendpoint_query")])
    .risky("controls the keys to clouds and clusters that pipelines deploy with"),
    scope(
        "vso.settings",
        "Settings",
        "Settings (read)",
        "Read settings kept for users and features",
        &["read settings"],
    ),
    scope(
        "vso.settings_write",
        "Settings",
        "Settings (read and write)",
        "Also change settings kept for users and features",
        &["change settings", "update settings"],
    )
    .including(&[inferred("vso.settings")]),
    scope(
        "vso.symbols",
        "Symbols",
        "Symbols (read)",
        "Read and download debug symbols",
        &["download debug symbols", "read symbol server"],
    ),
    scope(
        "vso.symbols_write",
        "Symbols",
        "Symbols (read and write)",
        "Also publish debug symbols",
        &["publish debug symbols", "upload PDB symbols"],
    )
    .including(&[documented("vso.symbols")]),
    scope(
        "vso.symbols_manage",
        "Symbols",
        "Symbols (read, write and manage)",
        "Also change and delete debug symbols",
        &["delete symbols", "manage symbols retention"],
    )
    .including(&[documented("vso.symbols_write")]),
    scope(
        "vso.taskgroups_read",
        "Task groups",
        "Task groups (read)",
        "Read task groups",
        &["read task groups", "list task groups"],
    ),
    scope(
        "vso.taskgroups_write",
        "Task groups",
        "Task groups (read and create)",
        "Also make task groups",
        &["create task group"],
    )
    .including(&[documented("vso.taskgroups_read")]),
    scope(
        "vso.taskgroups_manage",
        "Task groups",
        "Task groups (read, create and manage)",
        "Also change and delete task groups",
        &["update task group", "delete task group"],
    )
    .including(&[documented("vso.taskgroups_write")]),
    scope(
        "vso.test",
        "Test",
        "Test (read)",
        "Read test plans, cases, runs and results",
        &[
            "read test results",
            "list test runs",
            "read test plans",
            "code coverage",
        ],
    ),
    scope(
        "vso.test_write",
        "Test",
        "Test (read and write)",
        "Also make and change test plans, cases, runs and results",
        &[
            "publish test results",
            "create test run",
            "update test case",
            "create test plan",
        ],
    )
    .including(&[documented("vso.test")]),
    scope(
        "vso.threads_full",
        "Pull request threads",
        "Pull request threads (read and write)",
        "Read and write comment threads on pull requests, without the source",
        &["comment on pull request thread", "reply to pull request comments"],
    ),
    scope(
        "vso.tokens",
        "Tokens",
        "Delegated authorization tokens",
        "Make and revoke delegated authorization tokens, PATs included, for the owner",
        &["manage delegated authorization tokens", "session tokens"],
    )
    .risky("makes new credentials that outlive this one"),
    scope(
        "vso.tokenadministration",
        "Tokens",
        "Token administration",
        "List and revoke every user's tokens in the organization (for administrators)",
        &[
            "revoke tokens of other users",
            "list PATs of all users",
            "administrator token audit",
        ],
    )
    .risky("can revoke every credential of the organization"),
    scope(
        "vso.tokens_administration",
        "Tokens",
        "Token administration (doubtful spelling)",
        "Unknown: perhaps a misspelling of vso.tokenadministration",
        &[],
    )
    .standing(Standing::Doubtful),
    scope(
        "vso.variablegroups_read",
        "Variable groups",
        "Variable groups (read)",
        "Read variable groups, without their secret values",
        &["read variable groups", "list pipeline variables"],
    ),
    scope(
        "vso.variablegroups_write",
        "Variable groups",
        "Variable groups (read and create)",
        "Also make variable groups",
        &["create variable group"],
    )
    .including(&[documented("vso.variablegroups_read")]),
    scope(
        "vso.variablegroups_manage",
        "Variable groups",
        "Variable groups (read, create and manage)",
        "Also change and delete variable groups and their values",
        &[
            "update variable group",
            "change secret variable",
            "delete variable group",
        ],
    )
    .including(&[documented("vso.variablegroups_write")]),
    scope(
        "vso.wiki",
        "Wiki",
        "Wiki (read)",
        "Read wikis, their pages and attachments",
        &["read wiki pages", "export wiki"],
    ),
    scope(
        "vso.wiki_write",
        "Wiki",
        "Wiki (read and write)",
        "Also make, change and delete wikis, pages and attachments",
        &["edit wiki page", "create wiki", "publish wiki", "update wiki"],
    )
    .including(&[inferred("vso.wiki")]),
    scope(
        "vso.work",
        "Work items",
        "Work items (read)",
        "Read work items, queries, boards, area and iteration paths",
        &[
            "read work items",
            "run work item query",
            "read boards and backlogs",
            "list sprints",
            "read bugs",
        ],
    ),
    scope(
        "vso.work_write",
        "Work items",
        "Work items (read and write)",
        "Also make and change work items and queries, and boards",
        &[
            "create work item",
            "update work items",
            "create bug",
            "link work item",
            "move card on board",
        ],
    )
    .including(&[documented("vso.work")]),
    scope(
        "vso.work_full",
        "Work items",
        "Work items (full)",
        "Everything about work items, queries, backlogs, plans and their metadata",
        &[
            "full work item access",
            "manage delivery plans",
            "delete work items",
        ],
    )
    .including(&[documented("vso.work_write")]),
];
