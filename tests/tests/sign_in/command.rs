//! `patkeeper sign-in`: a person signs in once, and what the pipelines need is in the vault and nowhere else.

use chrono::TimeDelta;
use patkeeper_sim::Browser;
use patkeeper_tests::step::StepResult::Succeeded;
use patkeeper_tests::world::{end, ends};

use crate::office::{ENTRA_HOST, Office, Registration, VAULT_HOST};
use crate::terminal::{Terminal, follow, open};

/// An office where the Azure CLI is signed in, so that the vault can be reached from a terminal.
fn office() -> Office {
    let mut office = Office::with(&[("healthy", 60)]);
    office.has_azure_cli();
    office.world.sim.cloud(|cloud| cloud.entra.device_interval = 1);
    office
}

fn assert_nothing_stored(office: &Office) {
    assert_eq!(office.kept().versions.len(), 1);
    assert!(
        office
            .asked(VAULT_HOST)
            .iter()
            .all(|request| request.method == "GET")
    );
}

fn assert_stored(office: &mut Office, said: &str) {
    let kept = office.kept();
    let [_, new] = kept.versions.as_slice() else {
        panic!("{kept:?}\n{said}")
    };
    let left = new.expires.unwrap() - office.world.sim.cloud(|cloud| cloud.now());
    assert!(
        left > TimeDelta::days(89) && left <= TimeDelta::days(90),
        "{left}"
    );
    assert_eq!(
        new.content_type.as_deref(),
        Some("application/vnd.patkeeper.refresh-token")
    );
    let tag = |name: &str| new.tags.get(name).map(String::as_str);
    assert_eq!(tag("patkeeper-client-id"), Some(office.client_id.as_str()));
    assert_eq!(tag("patkeeper-tenant-id"), Some(office.tenant.as_str()));
    assert_eq!(tag("patkeeper-for"), Some("rotate"));
    assert!(tag("patkeeper-account").is_some_and(|account| account.contains("svc-build@acme.example")));
    for line in [
        "Signed in as",
        "svc-build@acme.example",
        "signIn: refreshToken",
        "refreshTokenVault: acme-kv",
    ] {
        assert!(said.contains(line), "no '{line}' in:\n{said}");
    }
    // What the YAML says works.
    let step = office.refresh_step();
    let run = office.run(&step);
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn a_sign_in_in_the_browser_puts_the_refresh_token_into_the_vault() {
    for more in [&[][..], &["--verbose"]] {
        let mut office = office();
        let mut terminal = Terminal::sign_in(&office, more);
        let page = terminal.page();
        let user = Browser::User(office.world.user.clone());
        let back = open(&office.world.sim, user, &page);
        // Anything on the machine may ask the address. Without the sign-in's own state it is not believed.
        let (address, _) = back.split_once('?').unwrap();
        for query in [
            "code=made-up-code&state=made-up-state",
            "code=made-up-code",
            "error=access_denied",
            "",
        ] {
            assert_eq!(
                follow(&office.world.sim, &format!("{address}?{query}")),
                400,
                "{query}"
            );
        }
        assert_eq!(follow(&office.world.sim, &back), 200);
        let (code, said) = terminal.end(&office);
        assert_eq!(code, 0, "{said}");
        assert_stored(&mut office, &said);
    }
}

#[test]
fn a_sign_in_with_a_device_code_puts_the_refresh_token_into_the_vault() {
    let mut office = office();
    let mut terminal = Terminal::sign_in(&office, &["--device-code", "--verbose"]);
    let code = terminal.shows("Code:");
    let user = office.world.user.clone();
    office.world.sim.cloud(|cloud| cloud.approve_device(&code, &user));
    let (code, said) = terminal.end(&office);
    assert_eq!(code, 0, "{said}");
    assert_stored(&mut office, &said);
}

#[test]
fn an_app_that_must_prove_itself_does_so_with_a_secret_from_standard_input() {
    let mut office = office();
    let secret = office.signed_in(Registration::Secret);
    let stored = office.kept().versions.len();
    let mut terminal = Terminal::sign_in_typing(&office, &["--client-secret", "-", "--verbose"], &secret);
    let page = terminal.page();
    let back = open(&office.world.sim, Browser::User(office.world.user.clone()), &page);
    assert_eq!(follow(&office.world.sim, &back), 200);
    let (code, said) = terminal.end(&office);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("clientAuthentication: federated"), "{said}");
    assert_eq!(office.kept().versions.len(), stored + 1);
}

#[test]
fn an_account_that_the_organization_does_not_let_in_is_told_and_nothing_is_stored() {
    let office = office();
    let mut terminal = Terminal::sign_in(&office, &[]);
    let page = terminal.page();
    let stranger = office
        .world
        .sim
        .cloud(|cloud| cloud.add_user("other", "someone@acme.example", "Some One"));
    let back = open(&office.world.sim, Browser::User(stranger), &page);
    assert_eq!(follow(&office.world.sim, &back), 200);
    let (code, said) = terminal.end(&office);
    assert_eq!(code, 3, "{said}");
    for words in ["acme does not let someone@acme.example", "nothing was stored"] {
        assert!(said.contains(words), "no '{words}' in:\n{said}");
    }
    assert_nothing_stored(&office);
}

#[test]
fn a_sign_in_that_is_declined_ends_and_nothing_is_stored() {
    let office = office();
    let mut terminal = Terminal::sign_in(&office, &[]);
    let page = terminal.page();
    let back = open(&office.world.sim, Browser::Declines, &page);
    follow(&office.world.sim, &back);
    let (code, said) = terminal.end(&office);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("declined"), "{said}");
    assert_nothing_stored(&office);

    let mut terminal = Terminal::sign_in(&office, &["--device-code"]);
    let code = terminal.shows("Code:");
    office.world.sim.cloud(|cloud| cloud.decline_device(&code));
    let (code, said) = terminal.end(&office);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("declined"), "{said}");
    assert_nothing_stored(&office);
}

#[test]
fn who_cannot_reach_the_vault_is_told_before_any_page_is_shown() {
    let mut signed_out = office();
    signed_out.az("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let mut without = office();
    without.has_no_azure_cli();
    for (office, words) in [(signed_out, "az login"), (without, "Azure CLI")] {
        let (code, said) = Terminal::sign_in(&office, &[]).end(&office);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(words) && !said.contains("https://"), "{said}");
        assert!(office.asked(ENTRA_HOST).is_empty());
        assert_nothing_stored(&office);
    }
}

#[test]
fn a_person_who_stops_waiting_leaves_nothing_behind() {
    for more in [&[][..], &["--device-code"]] {
        let office = office();
        let mut terminal = Terminal::sign_in(&office, more);
        terminal.shows("https://");
        terminal.interrupt();
        let (code, said) = terminal.end(&office);
        assert_eq!(code, 130, "{said}");
        assert_nothing_stored(&office);
    }
}
