//! No secret in anything that a scan writes, not even in the file without a name that holds its rows meanwhile.

use patkeeper_sim::{Action, Fault, Match};
use patkeeper_tests::world::World;

use crate::scene::{USERS, USERS_PATS, crowded, run, step};

/// A service that says in its refusals what it was sent.
fn quoting(when: Match, status: u16) -> Fault {
    let body = r#"{"message":"no such thing as <sent>","typeKey":"<sent>","errorCode":0}"#.to_owned();
    Fault::always(when, Action::Quote { status, body })
}

#[test]
fn a_service_that_quotes_the_token_puts_it_nowhere() {
    let users_pats = || Match::any().path(USERS_PATS);
    for fault in [
        quoting(users_pats().nth(30), 403),
        quoting(users_pats().nth(30), 404),
        quoting(users_pats(), 403),
        quoting(users_pats(), 400),
        quoting(Match::any().path(USERS), 401),
        quoting(Match::any().path(USERS).nth(2), 400),
        quoting(Match::any().path("connectionData"), 403),
    ] {
        let mut world = crowded(60, 0);
        world.sim.cloud(|cloud| cloud.manners.graph_page = 20);
        world.sim.fault(fault.clone());
        let formats = "json markdown junit csv html sarif";
        let channels = world.telling_all(step().input("reportFormats", formats));
        let run = run(&mut world, &channels);
        assert!(!run.output("reportJson").is_empty(), "{fault:?}\n{}", run.log());
    }
}

/// What a process wrote into files that have no name any more.
#[cfg(target_os = "linux")]
fn nameless_files(pid: i32, below: &std::path::Path) -> Vec<Vec<u8>> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let nameless = open.filter(|file| {
        let target = std::fs::read_link(file.path()).unwrap_or_default();
        target.starts_with(below) && target.display().to_string().ends_with("(deleted)")
    });
    nameless.map(|file| std::fs::read(file.path()).unwrap()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn the_file_that_holds_the_rows_meanwhile_has_no_secret_and_no_name() {
    use patkeeper_tests::leak::Search;
    use patkeeper_tests::world::eventually;

    let mut world: World = crowded(2_000, 0);
    // Of the first 1,200 users every fourth is refused with the token in the words of the service; the others hang.
    for nth in 1..=300 {
        let mut quote = quoting(Match::any().path(USERS_PATS).nth(nth * 4), 403);
        quote.times = Some(1);
        world.sim.fault(quote);
    }
    world.sim.fault(Fault::always(
        Match::any().path(USERS_PATS).nth(1_201),
        Action::Hang,
    ));
    let running = world.start(&step().input("parallelism", "8"));
    eventually("only those are left that hang", || {
        let hang = |request: &patkeeper_sim::LoggedRequest| {
            request.path.contains(USERS_PATS) && request.status.is_none() && request.fault.is_some()
        };
        world.sim.log().iter().filter(|request| hang(request)).count() >= 8
    });
    let program = running.descendants().pop().unwrap();
    let held = nameless_files(program.pid, &world.job.temp());
    let secrets = world.sim.cloud(|cloud| cloud.secrets());
    let mut search = Search::new(&secrets);
    for content in &held {
        search.text("the file of rows", content);
    }
    let searched = search.end();
    assert!(searched.bytes > 100_000, "{searched}");
    let run = running.cancel().finish(&mut world.job);
    run.assert_well_behaved();
    world.assert_no_secret(&run, &[]);
}
