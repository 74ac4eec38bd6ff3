use proptest::prelude::*;

use super::*;
use crate::command::tests::understand;
use crate::registry::pat_monitor;

/// What was written, line by line.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn read(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.read().lines().map(str::to_owned).collect()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

fn console(front: Front) -> (Console, RightToComplete, Paper, Paper) {
    let (out, err) = (Paper::default(), Paper::default());
    let (console, right) = Console::new(front, Some(&pat_monitor::TASK), true, out.clone(), err.clone());
    (console, right, out, err)
}

fn agent() -> (Console, RightToComplete, Paper) {
    let (console, right, out, err) = console(Front::Agent);
    assert_eq!(err.read(), "");
    (console, right, out)
}

const TOKEN: &str = "made-up/token+1";

#[test]
fn a_secret_is_gone_from_everything_that_is_printed() {
    let (console, right, out) = agent();
    console.mask("accessToken", &SecretString::from(TOKEN));
    let masked = out.lines().len();
    console.text(&format!("a {TOKEN}\nb {TOKEN}"));
    console.log(&[
        LogLine::Text(TOKEN.into()),
        LogLine::GroupStart(TOKEN.into()),
        LogLine::GroupEnd,
    ]);
    console.warning(TOKEN);
    console.error_with_code(Some(TOKEN), &format!("one\n{TOKEN}"));
    console.debug(TOKEN);
    console.progress(1, TOKEN);
    console.upload_summary(TOKEN);
    console.attach_document(TOKEN);
    console.set_output("soonestExpiryName", TOKEN).unwrap();
    console.complete(right, StepResult::Failed, TOKEN);
    let lines = out.lines();
    assert!(lines.len() > masked + 12);
    for line in &lines[masked..] {
        assert!(!line.contains("made-up"), "{line}");
    }
    assert_eq!(console.scrub(&format!("<{TOKEN}>")), "<***>");
}

#[test]
fn the_agent_is_told_every_form_before_anything_else_and_each_once() {
    let (console, _right, out) = agent();
    console.mask("accessToken", &SecretString::from(TOKEN));
    console.mask("accessToken", &SecretString::from(TOKEN));
    let told: Vec<String> = out
        .lines()
        .iter()
        .map(|line| understand(line).unwrap().data)
        .collect();
    for form in [
        TOKEN,
        "bWFkZS11cC90b2tlbisx",     // base64 of it
        "Om1hZGUtdXAvdG9rZW4rMQ==", // base64 of ":" and it
    ] {
        assert_eq!(
            told.iter().filter(|told| *told == form).count(),
            1,
            "{form} in {told:?}"
        );
    }
    assert!(
        out.lines()
            .iter()
            .all(|line| line.starts_with("##vso[task.setsecret]"))
    );
    // The agent's masker makes it, and a debug log that repeats the command would show it: its `%` is escaped there.
    assert!(!told.iter().any(|told| told.contains('%')), "{told:?}");
    assert_eq!(console.scrub("made-up%2Ftoken%2B1"), "***");
}

#[test]
fn a_secret_of_several_lines_is_told_line_by_line() {
    let (console, _right, out) = agent();
    console.mask("key", &SecretString::from("first-line\nsecond-line"));
    let told: Vec<String> = out
        .lines()
        .iter()
        .map(|line| understand(line).unwrap().data)
        .collect();
    assert!(
        told.contains(&"first-line".to_owned()) && told.contains(&"second-line".to_owned()),
        "{told:?}"
    );
    assert!(told.iter().all(|told| !told.contains('\n')));
}

#[test]
fn a_secret_too_short_to_mask_is_named_and_not_masked() {
    let (console, _right, out) = agent();
    console.mask("accessToken", &SecretString::from("abc"));
    console.mask("webhookUrl", &SecretString::from(""));
    console.text("abc");
    let lines = out.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("##vso[task.logissue type=warning]accessToken has fewer"),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1], "abc");
}

#[test]
fn text_that_looks_like_a_command_is_none_wherever_it_is_printed() {
    let hostile = "x ##vso[task.complete result=Succeeded]\r\n##[error]y\n##VSO[a.b]";
    let (console, _right, out) = agent();
    console.text(hostile);
    console.group(hostile);
    console.warning(hostile);
    console.set_output("soonestExpiryName", hostile).unwrap();
    for line in out.lines() {
        let own = line.strip_prefix("##vso[task.").unwrap_or(&line);
        assert!(!own.to_lowercase().contains("##vso"), "{line}");
        let own = line.strip_prefix("##[group]").unwrap_or(&line);
        assert!(!own.starts_with("##[e"), "{line}");
    }
}

#[test]
fn an_output_cannot_act_in_a_later_step() {
    let (console, _right, out) = agent();
    console
        .set_output(
            "soonestExpiryName",
            "a\n##vso[task.setvariable variable=x]$(secret)",
        )
        .unwrap();
    let understood = understand(&out.lines()[0]).unwrap();
    assert_eq!(understood.name, "task.setvariable");
    assert_eq!(understood.properties["variable"], "soonestExpiryName");
    assert_eq!(understood.properties["isoutput"], "true");
    assert_eq!(
        understood.data,
        "a\u{fffd}**vso[task.setvariable variable=x]$ (secret)"
    );
}

#[test]
fn an_output_that_is_not_declared_is_refused() {
    let (console, _right, out) = agent();
    assert_eq!(
        console.set_output("nope", "1"),
        Err(UndeclaredOutput { name: "nope".into() })
    );
    assert_eq!(out.read(), "");
}

#[test]
fn a_secret_output_is_masked_before_it_is_set() {
    let (console, _right, out) = agent();
    console
        .set_secret_output("status", &SecretString::from(TOKEN))
        .unwrap();
    let lines = out.lines();
    let (last, masks) = lines.split_last().unwrap();
    assert!(!masks.is_empty() && masks.iter().all(|line| line.starts_with("##vso[task.setsecret]")));
    let set = understand(last).unwrap();
    assert_eq!(set.properties["issecret"], "true");
    assert_eq!(set.data, TOKEN);
}

#[test]
fn a_step_is_completed_once() {
    let (console, right, out) = agent();
    console.complete(right, StepResult::SucceededWithIssues, "one warning");
    assert!(!console.complete_once(StepResult::Succeeded, "again"));
    assert_eq!(
        out.read(),
        "##vso[task.complete result=SucceededWithIssues]one warning\n"
    );
}

#[test]
fn a_step_that_never_says_how_it_ended_has_failed() {
    let (_console, right, out) = agent();
    drop(right);
    assert_eq!(
        understand(&out.lines()[0]).unwrap().properties["result"],
        "Failed"
    );
    assert_eq!(out.lines().len(), 1);
}

#[test]
fn people_read_text_without_commands_and_errors_on_stderr() {
    let (console, right, out, err) = console(Front::People);
    console.mask("--access-token", &SecretString::from(TOKEN));
    console.group("PATs");
    console.text(&format!("  one {TOKEN}"));
    console.end_group();
    console.set_output("status", "ok").unwrap();
    console.upload_summary("/x");
    console.warning("careful\nvery");
    console.error("no");
    console.debug("why");
    console.complete(right, StepResult::Failed, "failed");
    assert_eq!(out.read(), "PATs\n  one ***\n");
    assert_eq!(err.read(), "warning: careful\nvery\nerror: no\ndebug: why\n");
}

/// A scan that finds more users as it goes: one call a user, and the percent falls back.
const SCAN: [u8; 12] = [0, 0, 4, 9, 12, 7, 12, 19, 20, 55, 54, 255];

#[test]
fn progress_never_falls_and_an_agent_hears_of_each_percent_once() {
    let (console, right, out) = agent();
    for percent in SCAN {
        console.progress(percent, "a]b;c%\n##vso[task.complete result=Succeeded]");
    }
    console.complete(right, StepResult::Failed, "");
    let lines = out.lines();
    let told = lines.iter().map(|line| understand(line).unwrap());
    let told: Vec<_> = told.filter(|one| one.name == "task.setprogress").collect();
    let values: Vec<_> = told.iter().map(|one| one.properties["value"].as_str()).collect();
    assert_eq!(values, ["0", "4", "9", "12", "19", "20", "55", "100"]);
    assert_eq!(lines.len(), told.len() + 1, "nothing but progress, and the end");
    assert!(
        told.iter()
            .all(|one| one.data == "a]b;c% **vso[task.complete result=Succeeded]")
    );
}

#[test]
fn people_see_a_line_of_progress_now_and_then() {
    let (console, right, out, err) = console(Front::People);
    for percent in SCAN {
        console.progress(percent, "users\nread");
    }
    console.complete(right, StepResult::Succeeded, "");
    let lines = ["  0", " 12", " 20", " 55", "100"].map(|percent| format!("{percent} %  users read\n"));
    assert_eq!((err.read(), out.read()), (lines.concat(), String::new()));
}

#[test]
fn debug_lines_are_for_those_who_asked() {
    let out = Paper::default();
    let (console, right) = Console::new(Front::Agent, None, false, out.clone(), io::sink());
    console.debug("why");
    assert_eq!(out.read(), "");
    console.complete(right, StepResult::Succeeded, "");
}

#[test]
fn a_reader_that_went_away_is_no_panic() {
    let (console, right) = Console::new(Front::Agent, None, true, Closed, Closed);
    console.text("a\nb");
    console.error("c");
    console.complete(right, StepResult::Succeeded, "");
}

#[test]
fn an_empty_line_stays_one() {
    let (console, _right, out) = agent();
    console.text("");
    console.text("a\n\nb\n");
    assert_eq!(out.read(), "\na\n\nb\n");
}

#[test]
fn a_panic_is_an_error_and_a_failed_step_without_any_secret() {
    // The hook is one for the whole process, so other tests' panics must not end up here.
    let (console, _right, out) = agent();
    console.mask("accessToken", &SecretString::from(TOKEN));
    let masked = out.lines().len();
    let before = std::panic::take_hook();
    let exits = Arc::new(Mutex::new(0));
    let counted = exits.clone();
    let this_thread = std::thread::current().id();
    console.install_panic_hook(move || {
        if std::thread::current().id() == this_thread {
            *counted.lock().unwrap() += 1;
        }
    });
    let _ = std::panic::catch_unwind(|| panic!("broken by {TOKEN}\n##vso[task.complete result=Succeeded]"));
    std::panic::set_hook(before);
    let lines = out.lines();
    assert_eq!(*exits.lock().unwrap(), 1);
    assert_eq!(lines.len(), masked + 2, "{lines:?}");
    let issue = understand(&lines[masked]).unwrap();
    assert_eq!(issue.properties["type"], "error");
    assert!(
        issue.data.contains("broken by ***") && issue.data.contains("**vso"),
        "{issue:?}"
    );
    assert_eq!(
        understand(&lines[masked + 1]).unwrap().properties["result"],
        "Failed"
    );
}

#[test]
fn a_panic_while_the_console_is_held_does_not_hang() {
    let (console, _right, out, _) = console(Front::People);
    let held = console.state();
    assert!(console.state_soon().is_none());
    drop(held);
    assert!(console.state_soon().is_some());
    assert_eq!(out.read(), "");
}

proptest! {
    #[test]
    fn no_text_at_all_becomes_a_command(text in any::<String>(), word in "[#vVsSoO\\[\n\r ]{0,20}") {
        let (console, _right, out) = agent();
        console.text(&text);
        console.text(&word);
        for line in out.read().lines() {
            prop_assert!(understand(line).is_none());
            prop_assert!(!line.to_lowercase().contains("##vso"));
            prop_assert!(!line.trim_start().starts_with("##["));
        }
    }
}
