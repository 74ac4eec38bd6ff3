//! What is seen of processes from outside, through `/proc`. Elsewhere than on Linux nothing is seen.

use std::fs;
use std::path::Path;

/// A process as it looked at one moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Its id.
    pub pid: i32,
    /// Its arguments, the program's name first.
    pub arguments: Vec<String>,
    /// Its environment as it was started with.
    pub environment: Vec<(String, String)>,
}

impl Seen {
    /// A variable of its environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The processes that descend from this one. A child that has not replaced its parent's image yet is left out:
/// it still shows its parent's arguments and environment.
#[must_use]
pub fn descendants(pid: u32) -> Vec<Seen> {
    let Some(root) = i32::try_from(pid).ok().and_then(see) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for child in children(parent.pid).into_iter().filter_map(see) {
            if child.arguments != parent.arguments {
                found.push(child.clone());
            }
            open.push(child);
        }
    }
    found
}

/// Living processes that run a program below `folder`, or were started with it in their environment.
#[must_use]
pub fn living_of(folder: &Path) -> Vec<i32> {
    let needle = folder.display().to_string();
    let me = i32::try_from(std::process::id()).unwrap_or_default();
    all()
        .filter(|pid| *pid != me && status(*pid).is_some_and(|(state, _)| state != 'Z'))
        .filter(|pid| {
            fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.starts_with(folder))
                || see(*pid)
                    .is_some_and(|seen| seen.environment.iter().any(|(_, value)| value.contains(&needle)))
        })
        .collect()
}

/// Ends processes that a run left behind, so that a failing test leaves no litter.
pub fn kill(pids: &[i32]) {
    for pid in pids.iter().filter_map(|pid| rustix::process::Pid::from_raw(*pid)) {
        // It may have ended meanwhile, which is just as well.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

fn see(pid: i32) -> Option<Seen> {
    let split = |bytes: Vec<u8>| -> Vec<String> {
        bytes
            .split(|byte| *byte == 0)
            .filter(|part| !part.is_empty())
            .map(|part| String::from_utf8_lossy(part).into_owned())
            .collect()
    };
    let arguments = split(fs::read(format!("/proc/{pid}/cmdline")).ok()?);
    let environment = split(fs::read(format!("/proc/{pid}/environ")).ok()?)
        .into_iter()
        .filter_map(|entry| {
            entry
                .split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        })
        .collect();
    Some(Seen {
        pid,
        arguments,
        environment,
    })
}

fn children(pid: i32) -> Vec<i32> {
    all()
        .filter(|child| status(*child).is_some_and(|(_, parent)| parent == pid))
        .collect()
}

fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// State letter and parent: the first two fields after the parenthesized name, which may itself hold anything.
fn status(pid: i32) -> Option<(char, i32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
