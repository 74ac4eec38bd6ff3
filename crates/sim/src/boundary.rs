//! The points at which a run can be stopped: before and after each of its requests.

use std::fmt;

use crate::log::LoggedRequest;
use crate::request::Request;

/// Which side of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It has been received whole, and nothing is done yet.
    Before,
    /// It has been carried out, and is not answered yet.
    After,
}

impl Side {
    /// Both, in their order.
    pub const ALL: [Self; 2] = [Self::Before, Self::After];
}

/// One side of one request through a tunnel, or to an endpoint of the machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Boundary {
    /// Which request, in order of arrival, from 1 on.
    pub number: usize,
    /// The simulator's port that it came in by: see [`Sim::another_proxy_url`](crate::Sim::another_proxy_url).
    pub port: u16,
    /// Which side of it.
    pub side: Side,
    /// HTTP method.
    pub method: String,
    /// Host asked.
    pub host: String,
    /// Path as sent.
    pub path: String,
}

/// `before 7: PUT acme-kv.vault.azure.net/secrets/pat`.
impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        let Self {
            number,
            method,
            host,
            path,
            ..
        } = self;
        write!(f, "{side} {number}: {method} {host}{path}")
    }
}

/// What happens to a request at a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// It goes on.
    Go,
    /// The connection ends with a reset: before, nothing is done; after, the answer is lost.
    Cut,
    /// It stays where it is, and is asked about again a moment later. Others go on meanwhile.
    Wait,
}

pub(crate) type Hook = Box<dyn FnMut(&Boundary) -> Passage + Send>;

/// Who watches the boundaries, and how many requests were seen.
#[derive(Default)]
pub(crate) struct Watch {
    hook: Option<Hook>,
    seen: usize,
}

impl Watch {
    pub(crate) fn set(&mut self, hook: Option<Hook>) {
        *self = Self { hook, seen: 0 };
    }

    /// The number of a request that has just arrived.
    pub(crate) fn arrive(&mut self) -> usize {
        self.seen += 1;
        self.seen
    }

    pub(crate) fn pass(&mut self, number: usize, side: Side, port: u16, request: &Request) -> Passage {
        let Some(hook) = &mut self.hook else {
            return Passage::Go;
        };
        hook(&Boundary {
            number,
            port,
            side,
            method: request.method.clone(),
            host: request.host.clone(),
            path: request.path.clone(),
        })
    }
}

/// The boundaries of a run that sent these requests.
pub(crate) fn of(log: &[LoggedRequest]) -> Vec<Boundary> {
    let both = |(index, request): (usize, &LoggedRequest)| {
        Side::ALL.map(|side| Boundary {
            number: index + 1,
            port: request.port,
            side,
            method: request.method.clone(),
            host: request.host.clone(),
            path: request.path.clone(),
        })
    };
    log.iter().enumerate().flat_map(both).collect()
}
