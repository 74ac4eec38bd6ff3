//! `patkeeper identify`: a leaked PAT on standard input; whose it is, and where it still works.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::process::Output;

use assert_cmd::Command;
use patkeeper_sim::{Action, Fault, Match, PatSeed, Sim, SimConfig};

/// Whose PAT it is.
const ANN: &str = "ann@acme.example";

/// Ann, who is in two organizations, and a PAT of hers whose text has leaked.
struct Leak {
    sim: Sim,
    id: String,
    pat: String,
    descriptor: String,
}

impl Leak {
    /// Of `acme`, but for what `alter` changes.
    fn of(scopes: &str, alter: impl FnOnce(PatSeed) -> PatSeed) -> Self {
        let sim = Sim::start(SimConfig::default()).unwrap();
        let (id, pat, descriptor) = sim.cloud(|cloud| {
            let ann = cloud.add_user("acme", ANN, "Ann");
            cloud.join(&ann, "acme-labs");
            cloud.add_organization("globex");
            let id = cloud.add_pat(alter(PatSeed::new(&ann, "acme", "ci-leaked", scopes).usable()));
            let pat = cloud.secret_of(&id).unwrap().to_owned();
            (id, pat, cloud.user(&ann).unwrap().descriptor.clone())
        });
        Self {
            sim,
            id,
            pat,
            descriptor,
        }
    }

    fn new() -> Self {
        Self::of("vso.code", |pat| pat)
    }

    fn identify(&self, arguments: &[&str]) -> Said {
        self.identify_typing(arguments, &format!("{}\n", self.pat))
    }

    /// Whatever comes of it, the PAT is in nothing that is said, and went as Basic to hosts of Azure DevOps alone.
    fn identify_typing(&self, arguments: &[&str], typed: &str) -> Said {
        let output = Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"))
            .env_clear()
            .envs(self.sim.plain_env())
            .arg("identify")
            .args(arguments)
            .write_stdin(typed)
            .output()
            .unwrap();
        let said = Said::of(&output);
        assert!(!said.all.contains(&self.pat), "{}", said.all);
        assert!(!said.all.contains(&self.pat[..20]), "{}", said.all);
        let mark = patkeeper_sim::fingerprint(&self.pat);
        for request in self.sim.log() {
            let host = request.host.as_str();
            assert!(
                host.ends_with("dev.azure.com") || host.ends_with(".visualstudio.com"),
                "{host}"
            );
            assert_eq!(request.method, "GET", "{request:?}");
            let authorization = request.header("authorization").unwrap_or_default();
            assert!(
                authorization.is_empty() || authorization.starts_with("Basic "),
                "{authorization}"
            );
            let rest = format!("{} {} {}", request.path, request.query, request.body);
            assert!(!rest.contains(&self.pat) && !rest.contains(&mark), "{rest}");
        }
        for tunnel in self.sim.tunnels() {
            assert!(!format!("{tunnel:?}").contains(&self.pat));
        }
        said
    }
}

/// How it ended, and what was said in all.
struct Said {
    code: Option<i32>,
    all: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            code: output.status.code(),
            all: text(&output.stdout) + &text(&output.stderr),
        }
    }

    fn holds(&self, words: &[&str]) {
        for words in words {
            assert!(self.all.contains(words), "no '{words}' in:\n{}", self.all);
        }
    }
}

#[test]
fn a_live_pat_is_said_to_work_for_its_owner_with_what_to_type_next() {
    let leak = Leak::new();
    let said = leak.identify(&["--organization", "acme", "--organization", "globex"]);
    assert_eq!(said.code, Some(0), "{}", said.all);
    said.holds(&[
        "acme: it works",
        "globex: no",
        ANN,
        "works in 1 organization",
        "docs/incident.md",
        "patkeeper revoke --organization acme --scope organization --owners",
        &leak.descriptor,
    ]);
    // The id is nowhere to be had from the PAT itself, and must not be made up.
    assert!(!said.all.contains(&leak.id), "{}", said.all);
}

#[test]
fn what_it_says_to_type_next_is_taken() {
    let leak = Leak::new();
    let said = leak.identify(&["--organization", "acme"]);
    let line = said
        .all
        .lines()
        .find_map(|line| line.split_once("patkeeper revoke "))
        .map(|(_, rest)| rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .unwrap();
    let token = leak.sim.cloud(|cloud| {
        let admin = patkeeper_sim::UserSeed::new("acme", "pca@acme.example", "Petra Admin").administrator();
        let admin = cloud.enroll(admin);
        cloud.full_token(&admin)
    });
    let output = Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"))
        .env_clear()
        .envs(leak.sim.plain_env())
        .arg("revoke")
        .args(&line)
        .args(["--access-token", "-"])
        .write_stdin(token)
        .output()
        .unwrap();
    let listed = Said::of(&output);
    assert_eq!(listed.code, Some(0), "{}", listed.all);
    listed.holds(&["ci-leaked", &leak.id, "Dry run"]);
}

#[test]
fn a_dead_one_works_nowhere_and_why_is_not_guessed_at() {
    for how in ["revoked", "expired"] {
        let leak = Leak::new();
        leak.sim.cloud(|cloud| {
            let now = cloud.now();
            let pat = cloud.pat_mut(&leak.id).unwrap();
            match how {
                "revoked" => pat.revoked = Some(now),
                _ => pat.valid_to = now - chrono::TimeDelta::days(1),
            }
        });
        let said = leak.identify(&["--organization", "acme"]);
        assert_eq!(said.code, Some(0), "{how}: {}", said.all);
        said.holds(&[
            "acme: no",
            "works in none",
            ": it has expired, was revoked, or",
            "does not say which",
        ]);
        assert!(!said.all.contains("patkeeper revoke"), "{}", said.all);
    }
}

#[test]
fn a_global_one_finds_its_owners_organizations_itself() {
    let leak = Leak::of("vso.profile vso.code", PatSeed::global);
    let said = leak.identify(&[]);
    assert_eq!(said.code, Some(0), "{}", said.all);
    said.holds(&[
        "acme: it works",
        "acme-labs: it works",
        ANN,
        "works in 2 organizations",
    ]);
    assert!(!said.all.contains("globex"), "{}", said.all);
}

#[test]
fn one_that_does_not_tell_and_no_organization_named_is_told_what_to_name() {
    let leak = Leak::new();
    let said = leak.identify(&[]);
    assert_eq!(said.code, Some(2), "{}", said.all);
    said.holds(&["--organization"]);
}

#[test]
fn what_is_not_one_pat_is_refused_and_nothing_is_sent() {
    let leak = Leak::new();
    let two = format!("{}\n{}\n", leak.pat, leak.pat);
    let blank = format!("token {}", leak.pat);
    let quoted = format!("\"{}\"", leak.pat);
    for typed in ["", " \n\n", &two, &blank, &quoted, "x"] {
        let said = leak.identify_typing(&["--organization", "acme"], typed);
        assert_eq!(said.code, Some(2), "{}", said.all);
        said.holds(&["tandard input"]);
    }
    assert!(leak.sim.log().is_empty() && leak.sim.tunnels().is_empty());
}

#[test]
fn a_pat_is_taken_with_what_a_shell_puts_around_it() {
    for (before, after) in [("", ""), ("\u{feff}", "\r\n"), ("  ", "\n")] {
        let leak = Leak::new();
        let typed = format!("{before}{}{after}", leak.pat);
        let said = leak.identify_typing(&["--organization", "acme"], &typed);
        assert_eq!(said.code, Some(0), "{}", said.all);
        said.holds(&["acme: it works"]);
    }
}

#[test]
fn a_service_that_says_nothing_is_no_all_clear() {
    for action in [
        Action::status(500),
        Action::ResetBefore,
        Action::GarbageJson,
        Action::ContentType("text/html".to_owned()),
    ] {
        let leak = Leak::new();
        leak.sim
            .fault(Fault::always(Match::any().path("connectionData"), action.clone()));
        let said = leak.identify(&["--organization", "acme"]);
        assert_eq!(said.code, Some(4), "{action:?}: {}", said.all);
        said.holds(&["acme: not known", "not seen to work anywhere", "it is not known"]);
    }
}

#[test]
fn a_service_that_quotes_the_pat_back_is_not_repeated() {
    for status in [401, 403, 500] {
        let leak = Leak::new();
        let body = r#"{"message":"You sent <sent>.","typeKey":"UnauthorizedRequestException"}"#;
        leak.sim.fault(Fault::always(
            Match::any(),
            Action::Quote {
                status,
                body: body.to_owned(),
            },
        ));
        // That it says nothing of it is asserted for every run.
        leak.identify(&["--organization", "acme"]);
    }
}

#[test]
fn an_organization_that_is_none_or_elsewhere() {
    let leak = Leak::new();
    let said = leak.identify(&["--organization", "no-such-organization"]);
    assert_eq!(said.code, Some(0), "{}", said.all);
    said.holds(&["no-such-organization: no"]);
    leak.sim.clear_log();
    let tunnels = leak.sim.tunnels().len();
    for organization in [
        "https://evil.example/acme",
        "acme/../evil",
        "https://dev.azure.com.evil.example/acme",
    ] {
        let said = leak.identify(&["--organization", organization]);
        assert_eq!(said.code, Some(2), "{organization}: {}", said.all);
    }
    assert!(leak.sim.log().is_empty() && leak.sim.tunnels().len() == tunnels);
}

#[test]
fn names_of_strangers_reach_a_terminal_as_text() {
    for name in [
        "\u{1b}[2J\u{1b}[31mred",
        "##vso[task.complete]",
        "a\u{202e}b",
        "x\r\n--all true",
    ] {
        let leak = Leak::of("vso.profile vso.code", PatSeed::global);
        leak.sim.cloud(|cloud| {
            for user in &mut cloud.users {
                user.upn = name.to_owned();
                user.display_name = name.to_owned();
                user.mail = Some(name.to_owned());
            }
        });
        let said = leak.identify(&[]);
        assert_eq!(said.code, Some(0), "{}", said.all);
        for hostile in ["\u{1b}", "##vso[", "\u{202e}", "\r"] {
            assert!(!said.all.contains(hostile), "{hostile:?} in {}", said.all);
        }
        assert!(
            !said.all.lines().any(|line| line.starts_with("--all")),
            "{}",
            said.all
        );
    }
}

#[test]
fn there_is_no_flag_that_would_take_the_pat() {
    let leak = Leak::new();
    let pat = leak.pat.as_str();
    for arguments in [
        &["--pat", pat][..],
        &[pat],
        &["--organization", "acme", pat],
        &["--token", pat],
    ] {
        let said = leak.identify(arguments);
        assert_eq!(said.code, Some(2), "{}", said.all);
    }
    assert!(leak.sim.log().is_empty());
}
