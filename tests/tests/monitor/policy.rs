//! Rules, the policy file, and waivers, as they reach the end of a step.

use patkeeper_tests::job::Step;
use patkeeper_tests::step::StepResult::{Failed, Succeeded};

use patkeeper_tests::world::{World, count, end, ends, report};

/// A PAT with a finding of each severity: full access (error), a high-risk scope (warning).
fn world_with_findings() -> World {
    let world = World::having(&[("plain", 60)]);
    world.special("everything", 60, |seed| seed);
    world.special("writer", 60, |seed| seed);
    world.sim.cloud(|cloud| {
        for pat in &mut cloud.pats {
            match pat.display_name.as_str() {
                "everything" => pat.scope = "app_token".to_owned(),
                "writer" => pat.scope = "vso.code_write".to_owned(),
                _ => {}
            }
        }
    });
    world
}

/// Writes a policy file where the job's sources are, and a step that names it as pipelines do.
fn step_with(world: &World, policy: &str) -> Step {
    std::fs::write(world.job.sources().join("policy.yml"), policy).unwrap();
    World::step().input("policyFile", "policy.yml")
}

#[test]
fn findings_fail_the_step_only_from_the_chosen_severity_on() {
    let mut world = world_with_findings();
    let run = world.run(&World::step());
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert!(count(&run, "policyFindings") >= 2, "{}", run.log());
    for threshold in ["error", "warning"] {
        let run = world.run(&World::step().input("failOnPolicy", threshold));
        run.assert_well_behaved();
        assert_eq!(end(&run), ends("ok", Failed, 1), "{}", run.log());
    }
    let run = world.run(
        &World::step()
            .input("failOnPolicy", "error")
            .input("names", "writer"),
    );
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    let run = world.run(
        &World::step()
            .input("failOnPolicy", "warning")
            .input("names", "writer"),
    );
    assert_eq!(end(&run), ends("ok", Failed, 1), "{}", run.log());
}

#[test]
fn a_waiver_takes_a_finding_out_until_its_day() {
    let mut world = world_with_findings();
    let waiver = |until: &str| {
        format!(
            "version: 1\nrules:\n  high-risk-scope: {{ severity: off }}\nwaivers:\n  - rule: full-access\n    \
             pat: every*\n    reason: vendor tool (ticket 4711)\n    until: {until}\n  - rule: forbidden-scope\n    \
             pat: every*\n    reason: the same\n    until: {until}\n"
        )
    };
    let step = step_with(&world, &waiver("2999-01-31")).input("failOnPolicy", "warning");
    let run = world.run(&step);
    run.assert_well_behaved();
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
    assert!(run.log().contains("ticket 4711"), "{}", run.log());
    assert!(report(&run)["totals"]["waived"].as_u64().unwrap() >= 1);
    let step = step_with(&world, &waiver("2020-01-31")).input("failOnPolicy", "warning");
    let run = world.run(&step);
    assert_eq!(end(&run), ends("ok", Failed, 1), "{}", run.log());
}

#[test]
fn the_file_speaks_where_the_inputs_are_silent_and_the_inputs_win() {
    let mut world = World::having(&[("a", 40)]);
    let policy = "version: 1\nrules:\n  lifetime: { severity: error, maxDays: 30 }\n";
    let step = step_with(&world, policy).input("failOnPolicy", "error");
    assert_eq!(world.run(&step).exit_code, Some(1), "60 days, the file allows 30");
    let run = world.run(&step.input("maxLifetimeDays", "90"));
    assert_eq!(end(&run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn a_file_that_is_not_understood_is_bad_input_with_its_place() {
    for (policy, place) in [
        ("version: 1\nrules:\n  lifetme: { severity: error }\n", "3"),
        ("version: 1\nrules: [\n", "3"),
        (
            "version: 1\nrules:\n  name: { severity: warning, pattern: '(' }\n",
            "3",
        ),
        ("version: 1\nrules:\n  lifetime: { severity: fatal }\n", "3"),
        (
            "version: 1\nwaivers:\n  - rule: full-access\n    pat: x\n    until: 2027-01-31\n",
            "3",
        ),
        (
            "version: 1\nwaivers:\n  - rule: full-access\n    pat: x\n    reason: y\n    until: someday\n",
            "6",
        ),
        ("version: 2\n", "1"),
        ("surprise: true\n", "1"),
    ] {
        let mut world = World::having(&[("a", 60)]);
        let step = step_with(&world, policy);
        let run = world.run(&step);
        run.assert_well_behaved();
        assert_eq!(
            (run.exit_code, run.record.errors.len()),
            (Some(2), 1),
            "{policy}\n{}",
            run.log()
        );
        assert!(run.record.errors[0].contains("policyFile") || run.record.errors[0].contains("policy.yml"));
        assert!(
            run.record.errors[0].contains(&format!("line {place}")),
            "{policy}\n{}",
            run.record.errors[0]
        );
        assert!(world.sim.tunnels().is_empty(), "something was sent");
    }
}

#[test]
fn a_file_that_is_not_there_is_bad_input() {
    let mut world = World::having(&[("a", 60)]);
    let run = world.run(&World::step().input("policyFile", "no-such.yml"));
    run.assert_well_behaved();
    assert_eq!(
        (run.exit_code, run.record.errors.len()),
        (Some(2), 1),
        "{}",
        run.log()
    );
    assert!(
        run.record.errors[0].contains("no-such.yml"),
        "{}",
        run.record.errors[0]
    );
    assert!(world.sim.tunnels().is_empty(), "something was sent");
}
