//! `patkeeper explain` on what a step has said.

use std::io::Write as _;
use std::process::Stdio;

use patkeeper_tests::leak::Search;

use crate::office::Office;
use crate::terminal::program;

/// What the packaged program says of a text, and its exit code.
fn explain(office: &Office, arguments: &[&str], text: &str) -> (String, Option<i32>) {
    let mut command = program(office);
    command
        .arg("explain")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code())
}

#[test]
fn the_log_of_a_step_that_was_refused_is_explained_and_no_token_in_it_is_repeated() {
    let mut office = Office::new();
    let user = office.world.user.clone();
    office
        .world
        .sim
        .cloud(|cloud| cloud.refuse_user(&user, Some(50_076)));
    let step = office.refresh_step();
    let refused = office.run(&step).log();
    office.world.sim.cloud(|cloud| cloud.refuse_user(&user, None));
    let refused = refused + &office.run(&Office::connection_step(&office.federated)).log();
    let token = office.world.token.clone();
    let pasted = format!("{token}\n{refused}\nAuthorization: Bearer {token}\n");
    let (said, code) = explain(&office, &["-"], &pasted);
    assert_eq!(code, Some(0), "{said}");
    for words in ["AADSTS50076", "multi-factor", "InvalidAccessException"] {
        assert!(said.contains(words), "no '{words}' in:\n{said}");
    }
    let mut search = Search::new(&[&token]);
    search.text("the explanation", said.as_bytes());
    let (said, code) = explain(&office, &[&token], "");
    assert_eq!(code, Some(2), "{said}");
    search.text("the answer to a token", said.as_bytes());
    let _ = search.end();

    let (said, code) = explain(&office, &["AADSTS700016"], "");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("clientId"), "{said}");
}
