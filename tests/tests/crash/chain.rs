//! The requests of a clean run, as they can be told from one another in any other run.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use patkeeper_sim::{Boundary, LoggedRequest, Match, Side};
use patkeeper_tests::office::ENTRA_HOST;

use crate::company::{Company, Stage};

/// One request of a clean run. Which of several it is, is told by how many of the same method went to the same host
/// before it: what goes to one host goes in one order, while what goes to several may overtake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) nth: u32,
    /// Its path, what differs from run to run left out.
    path: String,
}

impl Link {
    /// Whether it is a request that changes a PAT or the secret.
    pub(crate) fn changes(&self) -> bool {
        self.method != "GET" && !self.is_a_sign_in()
    }

    /// Whether it asks for a token.
    pub(crate) fn is_a_sign_in(&self) -> bool {
        self.host == ENTRA_HOST || self.path.ends_with("/oidctoken")
    }

    /// As a row of the table names it.
    pub(crate) fn words(&self) -> String {
        let Self {
            method, host, path, ..
        } = self;
        let host = host.split('.').next().unwrap_or_default();
        format!("{method} {host}{path}")
    }

    /// What selects it in a run that begins now.
    pub(crate) fn matching(&self) -> Match {
        Match::any().method(&self.method).host(&self.host).nth(self.nth)
    }
}

/// Tells in a run whether a boundary is one of the link's.
pub(crate) struct Finder {
    link: Link,
    seen: u32,
    number: Option<usize>,
}

impl Finder {
    pub(crate) fn new(link: &Link) -> Self {
        Self {
            link: link.clone(),
            seen: 0,
            number: None,
        }
    }

    pub(crate) fn is_at(&mut self, at: &Boundary) -> bool {
        let fits = at.method == self.link.method && at.host == self.link.host;
        if fits && at.side == Side::Before {
            self.seen += 1;
            if self.seen == self.link.nth {
                self.number = Some(at.number);
            }
        }
        self.number == Some(at.number)
    }
}

/// Every request of a clean run.
pub(crate) fn chain(stage: Stage) -> &'static [Link] {
    static DUE: LazyLock<Vec<Link>> = LazyLock::new(|| clean(Stage::Due));
    static FIRST: LazyLock<Vec<Link>> = LazyLock::new(|| clean(Stage::First));
    static OVERLAP: LazyLock<Vec<Link>> = LazyLock::new(|| clean(Stage::Overlap));
    match stage {
        Stage::Due => &DUE,
        Stage::First => &FIRST,
        Stage::Overlap => &OVERLAP,
    }
}

fn clean(stage: Stage) -> Vec<Link> {
    let company = Arc::new(Company::new(stage));
    let violations = company.watch(|_| patkeeper_sim::Passage::Go);
    let ended = company.spawn(&company.environment).wait();
    violations.assert_none();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_eq!(company.own().len(), 1);
    let log = company.sim().log();
    let mut counts: HashMap<(String, String), u32> = HashMap::new();
    log.iter().map(|request| link(request, &mut counts)).collect()
}

fn link(request: &LoggedRequest, counts: &mut HashMap<(String, String), u32>) -> Link {
    let (method, host) = (request.method.clone(), request.host.clone());
    let nth = counts.entry((method.clone(), host.clone())).or_default();
    *nth += 1;
    let is_hex = |part: &str| part.len() >= 32 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let parts = request
        .path
        .split('/')
        .map(|part| if is_hex(part) { "*" } else { part });
    let mut path = parts.collect::<Vec<_>>().join("/");
    if let Some(filter) = request
        .query
        .split('&')
        .find_map(|pair| pair.strip_prefix("displayFilterOption="))
    {
        path = format!("{path} ({filter})");
    }
    Link {
        method,
        host,
        nth: *nth,
        path,
    }
}
