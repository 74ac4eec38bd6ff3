//! `patkeeper explain`, as a person or a script runs it.
#![allow(clippy::unwrap_used)]

use assert_cmd::Command;

/// What it printed, and its exit code.
fn explain(arguments: &[&str], stdin: impl Into<Vec<u8>>) -> (String, i32) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("patkeeper"));
    let output = command
        .env_clear()
        .arg("explain")
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    let all = [output.stdout, output.stderr].concat();
    (String::from_utf8(all).unwrap(), output.status.code().unwrap())
}

#[test]
fn a_code_is_explained_and_ends_with_0() {
    let (text, code) = explain(&["AADSTS7000222"], "");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("client secret has expired"), "{text}");
}

#[test]
fn a_message_in_several_words_is_looked_at_as_a_whole() {
    let (text, code) = explain(&["Sign-in", "at", "least", "once", "as", "acme"], "");
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("TF401444"), "{text}");
}

#[test]
fn what_is_not_known_ends_with_2_and_says_where_to_look() {
    let (text, code) = explain(&["zebra"], "");
    assert_eq!(code, 2);
    assert!(text.contains("docs/sign-in.md"), "{text}");
    let (_, code) = explain(&["-"], "");
    assert_eq!(code, 2, "an empty log");
}

#[test]
fn a_log_on_standard_input_is_read_and_none_of_its_secrets_printed() {
    let secret = "made-up-refresh-token-0123456789-abcdef";
    let log = format!(
        "2026-11-21T06:00:00Z refresh_token={secret}\n\u{1b}[31m##[error]AADSTS700082: the refresh token has expired\n\
         ##vso[task.setvariable variable=x]{secret}\nTF400813: The user is not authorized to access this resource.\n"
    );
    let mut bytes = log.into_bytes();
    bytes.extend([0xff, 0xfe, 0x00]);
    let (text, code) = explain(&["-"], bytes);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("AADSTS700082") && text.contains("TF400813"),
        "{text}"
    );
    for hidden in [secret, "\u{1b}", "##"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    // As an argument, too, and one that begins with a dash.
    let (text, code) = explain(&[&format!("--{secret} AADSTS50076")], "");
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains(secret), "{text}");
}

#[test]
fn without_words_every_code_is_listed() {
    let (text, code) = explain(&[], "");
    assert_eq!(code, 0);
    for code in [
        "TF400813",
        "patLifespanPolicyViolation",
        "AADSTS50076",
        "ForbiddenByRbac",
    ] {
        assert!(text.contains(code), "{code}");
    }
}
