//! A scan that is cancelled in its middle ends in time and leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use patkeeper_tests::running::Ended;
use patkeeper_tests::step::StepResult;
use patkeeper_tests::world::eventually;

use crate::scene::{asked_for_pats, crowded, step};

/// Files below a folder, but for the unpacked program.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !is_program(&path) {
            found.push(path);
        }
    }
    found
}

fn is_program(path: &Path) -> bool {
    fs::read(path).is_ok_and(|content| content.starts_with(b"\x7fELF"))
}

#[test]
fn a_scan_cancelled_half_way_leaves_no_process_and_no_file() {
    let mut world = crowded(2_000, 0);
    world.sim.set_latency(Duration::from_millis(100));
    let running = world.start(&step());
    eventually("some hundred users are read", || {
        asked_for_pats(&world).len() > 300
    });
    // `cancel` waits for 7.5 s before it goes further than the interrupt.
    let run = running.cancel().finish(&mut world.job);
    run.assert_well_behaved();
    assert_eq!(
        (run.ended, run.exit_code, run.result()),
        (Ended::Interrupted, Some(130), StepResult::Canceled),
        "{}",
        run.log()
    );
    assert!(asked_for_pats(&world).len() < 1_500);
    assert!(run.log().to_lowercase().contains("cancel"), "{}", run.log());
    assert!(run.log().contains("Nothing was changed"), "{}", run.log());
    assert_eq!(files(&world.job.temp()), Vec::<PathBuf>::new());
    assert_eq!(run.output("status"), "", "half a scan is no verdict");
    world.assert_no_secret(&run, &[]);
}
