//! What the organization's own resources take, and what is said when it is missing.

use patkeeper_core::failure::{Failure, FailureKind};

use crate::answer::About;
use crate::error::Reason;

/// What one resource takes of who asks.
struct Needs {
    /// Ends `it takes …`.
    takes: &'static str,
    scope: &'static str,
    ways_out: &'static [&'static str],
}

static USERS: Needs = Needs {
    takes: "membership of the organization",
    scope: "vso.graph",
    ways_out: &[
        "check that the account is a member of the organization, and not one of its project-scoped users",
    ],
};

static ADMINISTRATION: Needs = Needs {
    takes: "a Project Collection Administrator",
    scope: "vso.tokenadministration",
    ways_out: &[
        "have the account added to the Project Collection Administrators: Organization settings, Permissions",
    ],
};

static AUDIT: Needs = Needs {
    takes: "the permission 'View audit log', which Project Collection Administrators have",
    scope: "vso.auditlog",
    ways_out: &[
        "have the account given 'View audit log': Organization settings, Permissions",
        "check that auditing is on: Organization settings, Policies, Log Audit Events; while it is off, the log may be \
         refused in the same way",
    ],
};

/// The failure of a sign-in that was not let in, as `what` says; `None`: permission is not the point, or the table of
/// advice knows it better.
pub(crate) fn missing(about: About, reason: &Reason, what: &str, who: &str) -> Option<Failure> {
    let needs = match about {
        About::Organization | About::OnePat => return None,
        About::Users => &USERS,
        About::User | About::AnyonesPats => &ADMINISTRATION,
        About::AuditLog => &AUDIT,
    };
    let (code, is_app) = match reason {
        Reason::MissingScopes(_) => ("missingScopes", false),
        Reason::NotAuthorized => ("TF400813", false),
        Reason::Refused => ("notAuthorized", false),
        Reason::AppOnly => ("notAuthorized", true),
        _ => return None,
    };
    let Needs { takes, scope, .. } = needs;
    let mut why = format!("it takes {takes}, and in a user's token the scope {scope}");
    if is_app {
        why.push_str("; whether a service principal or managed identity is let in at all is not documented");
    }
    let mut failure = Failure::new(FailureKind::Refused, what)
        .with_code(code)
        .with_why(why);
    failure.ways_out = needs.ways_out.iter().map(|way| (*way).to_owned()).collect();
    let scope = format!("ask for the token with {scope}: the app registration needs it (docs/sign-in.md)");
    match reason {
        Reason::MissingScopes(_) => failure.ways_out.insert(0, scope),
        Reason::AppOnly => failure.ways_out.push(format!(
            "sign in as a user in place of {who}: signIn: refreshToken, accessToken or azureCli"
        )),
        _ => failure.ways_out.push(scope),
    }
    Some(failure)
}

/// The failure of an organization whose audit log is not to be had.
pub(crate) fn auditing_off(organization: &str) -> Failure {
    Failure::new(
        FailureKind::Refused,
        format!("{organization} has no audit log to read: auditing seems to be switched off there"),
    )
    .with_code("auditingOff")
    .with_why("auditing is off unless somebody turns it on, and takes an organization that is connected to Microsoft Entra")
    .with_way_out("have it turned on: Organization settings, Policies, Log Audit Events")
    .with_way_out("what happened before that is not in the log; look at the lists of PATs instead: patkeeper monitor")
}
