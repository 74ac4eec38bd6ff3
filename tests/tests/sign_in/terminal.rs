//! The program at a person's terminal, and the person at a browser.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::Duration;

use patkeeper_sim::{Browser, Sim};
use patkeeper_tests::leak::Search;
use patkeeper_tests::package::Package;
use patkeeper_tests::processes;
use patkeeper_tests::world::{ACME, task};
use reqwest::blocking::Client;
use reqwest::{Certificate, Proxy, redirect};
use rustix::process::{Pid, Signal, kill_process};

use crate::office::{Office, PROXY, SECRET, VAULT};

/// Far beyond what a command of a test needs.
const HANGS: Duration = Duration::from_secs(60);

/// The packaged program, on this machine.
pub(crate) fn program(office: &Office) -> Command {
    let mut command = Command::new(Package::of_this_tree().program(&task()));
    command
        .env_clear()
        .env("PATH", &office.path)
        .env("HOME", office.world.job.root().join("home"))
        .current_dir(office.world.job.root())
        .stdin(Stdio::null());
    command
}

/// A command that runs, and what it has said so far.
pub(crate) struct Terminal {
    child: Child,
    lines: Receiver<String>,
    errors: JoinHandle<String>,
    said: String,
}

impl Terminal {
    /// `patkeeper sign-in` for the office's app, vault and organization.
    pub(crate) fn sign_in(office: &Office, more: &[&str]) -> Self {
        Self::sign_in_typing(office, more, "")
    }

    /// The same, with this on standard input.
    pub(crate) fn sign_in_typing(office: &Office, more: &[&str], typed: &str) -> Self {
        let mut command = program(office);
        command
            .envs(office.world.sim.plain_env())
            .args([
                "sign-in",
                "--tenant-id",
                &office.tenant,
                "--client-id",
                &office.client_id,
            ])
            .args(["--vault", VAULT, "--secret-name", SECRET, "--organization", ACME])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let (send, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // The test may have seen enough.
                let _ = send.send(line);
            }
        });
        let mut err = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        Self {
            child,
            lines,
            errors,
            said: String::new(),
        }
    }

    /// What follows `start` in the first line that has it, to the line's end.
    pub(crate) fn shows(&mut self, start: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(HANGS) else {
                // It is of no use any more, and its errors end with it.
                let _ = self.child.kill();
                let errors = std::mem::replace(&mut self.errors, std::thread::spawn(String::new));
                panic!(
                    "'{start}' never came:\n{}{}",
                    self.said,
                    errors.join().unwrap_or_default()
                );
            };
            self.said.push_str(&line);
            self.said.push('\n');
            if let Some(at) = line.find(start) {
                return line[at + start.len()..].trim().to_owned();
            }
        }
    }

    /// The page that it asks to open.
    pub(crate) fn page(&mut self) -> String {
        "https://".to_owned() + &self.shows("https://")
    }

    /// What Ctrl+C does.
    pub(crate) fn interrupt(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::INT).unwrap();
    }

    /// The exit code and all that was said, which is searched for every secret there is, as are all files.
    pub(crate) fn end(mut self, office: &Office) -> (i32, String) {
        for line in self.lines.iter() {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        let status = self.child.wait().unwrap();
        let said = self.said + &self.errors.join().unwrap();
        let secrets = office.world.sim.cloud(|cloud| cloud.secrets());
        let mut search = Search::new(&secrets);
        search.text("what was said", said.as_bytes());
        search.files(office.world.job.root());
        let _ = search.end();
        // The person's own proxy, password included, is the Azure CLI's too.
        let mut search = Search::new(&[PROXY.1]);
        search.text("what was said", said.as_bytes());
        let _ = search.end();
        let _ = fs::remove_dir_all(office.az_record());
        let left = processes::living_of(office.world.job.root());
        assert_eq!(left, [0; 0], "left behind\n{said}");
        (status.code().unwrap_or(-1), said)
    }
}

/// A browser of this machine, with the company's proxy and certificate.
fn browser(sim: &Sim) -> Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let proxy = Proxy::https(sim.proxy_url())
        .unwrap()
        .basic_auth(PROXY.0, PROXY.1);
    Client::builder()
        .tls_certs_only([Certificate::from_pem(sim.ca_pem().as_bytes()).unwrap()])
        .redirect(redirect::Policy::none())
        .proxy(proxy)
        .timeout(HANGS)
        .build()
        .unwrap()
}

/// Opens the page as this person, and returns where it leads.
pub(crate) fn open(sim: &Sim, who: Browser, page: &str) -> String {
    sim.cloud(|cloud| cloud.entra.browser = who);
    let answer = browser(sim).get(page).send().unwrap();
    let location = answer
        .headers()
        .get("location")
        .map(|location| location.to_str().unwrap().to_owned());
    location.unwrap_or_else(|| panic!("{}", answer.text().unwrap()))
}

/// Follows a redirect to this machine, and returns the status.
pub(crate) fn follow(sim: &Sim, location: &str) -> u16 {
    browser(sim).get(location).send().unwrap().status().as_u16()
}
