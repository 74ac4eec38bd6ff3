//! Unpacking the program, once a job, and again when that went wrong.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use patkeeper_tests::job::Step;
use patkeeper_tests::running::Run;
use patkeeper_tests::step::StepResult::Succeeded;

use patkeeper_tests::world::{World, end, ends};

/// The unpacked program in the job's temp folder.
fn program(world: &World) -> PathBuf {
    let found = programs(&world.job.temp());
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

/// Files that may be run, below a folder.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(programs(&path));
        } else if entry.metadata().unwrap().permissions().mode() & 0o111 != 0 {
            found.push(path);
        }
    }
    found
}

fn assert_ok(run: &Run) {
    run.assert_well_behaved();
    assert_eq!(end(run), ends("ok", Succeeded, 0), "{}", run.log());
}

#[test]
fn two_steps_of_a_job_share_the_unpacked_program() {
    let mut world = World::having(&[("a", 60)]);
    assert_ok(&world.run(&World::step()));
    let first = fs::metadata(program(&world)).unwrap();
    assert_ok(&world.run(&World::step()));
    let second = fs::metadata(program(&world)).unwrap();
    assert_eq!(
        (first.ino(), first.mtime_nsec()),
        (second.ino(), second.mtime_nsec())
    );
    assert_eq!(first.permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_program_that_was_altered_or_cut_is_not_run() {
    for spoil in [
        |bytes: &mut Vec<u8>| bytes.truncate(1000),
        |bytes: &mut Vec<u8>| bytes.push(0),
        |bytes: &mut Vec<u8>| bytes.clear(),
        |bytes: &mut Vec<u8>| *bytes = b"#!/bin/sh\necho '##vso[task.complete result=Succeeded;]'\n".to_vec(),
    ] {
        let mut world = World::having(&[("a", 60)]);
        assert_ok(&world.run(&World::step()));
        let path = program(&world);
        let mut bytes = fs::read(&path).unwrap();
        spoil(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        assert_ok(&world.run(&World::step()));
    }
}

#[test]
fn an_unpacking_that_was_killed_is_made_good_by_the_next_step() {
    let mut world = World::having(&[("a", 60)]);
    let running = world.start(&World::step());
    let _ = running.kill().finish(&mut world.job);
    assert_ok(&world.run(&World::step()));

    let path = program(&world);
    let bytes = fs::read(&path).unwrap();
    let half = path.with_file_name(format!("{}.1.half", path.file_name().unwrap().to_string_lossy()));
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    fs::remove_file(&path).unwrap();
    assert_ok(&world.run(&World::step()));
}

#[test]
fn steps_that_unpack_into_one_folder_at_the_same_time_do_not_meet() {
    let mut owner = World::having(&[("a", 60)]);
    let temp = owner.job.temp().display().to_string();
    let mut others: Vec<World> = (0..3).map(|_| World::having(&[("a", 60)])).collect();
    let running = owner.start(&World::step());
    let also_running: Vec<_> = others
        .iter_mut()
        .map(|world| {
            world.job.set_variable("Agent.TempDirectory", &temp);
            world.start(&Step::new("a step elsewhere").input("accessToken", "$(Token)"))
        })
        .collect();
    for (step, world) in also_running.into_iter().zip(&mut others) {
        assert_eq!(end(&step.finish(&mut world.job)), ends("ok", Succeeded, 0));
    }
    assert_ok(&running.finish(&mut owner.job));
}

#[test]
fn a_folder_that_others_may_write_is_not_trusted() {
    let mut world = World::having(&[("a", 60)]);
    assert_ok(&world.run(&World::step()));
    let folder = program(&world).parent().unwrap().to_owned();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    assert_ok(&world.run(&World::step()));
    assert_eq!(
        programs(&world.job.temp()).len(),
        2,
        "another folder, that nobody else can write"
    );
}

#[test]
fn a_link_in_place_of_the_program_is_not_followed() {
    let mut world = World::having(&[("a", 60)]);
    assert_ok(&world.run(&World::step()));
    let path = program(&world);
    let target = world.job.root().join("elsewhere");
    fs::write(&target, "#!/bin/sh\nexit 0\n").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert_ok(&world.run(&World::step()));
    assert_eq!(fs::read_to_string(&target).unwrap(), "#!/bin/sh\nexit 0\n");
}
