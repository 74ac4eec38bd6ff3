//! What the results tab is given of an organization that is too large for a page.

use std::fs;
use std::path::Path;

use patkeeper_tests::documents::{assert_attaches_its_report, attached};
use serde_json::{Value, json};

use crate::scene::{administered, give, member, read_report, rows, run, step, total};
use crate::slices::{merge, merging};

/// Rows that make more than 8 MB of JSON.
const MANY: u32 = 20_000;

#[test]
fn a_large_report_is_attached_as_its_most_urgent_rows_with_all_counts() {
    let mut world = administered();
    let user = member(&world, "ann@acme.example");
    give(&world, &user, "healthy", 60);
    give(&world, &user, "critical", 3);
    let small = run(&mut world, &step().input("failOn", "never"));
    assert_attaches_its_report(&small);

    // As a larger organization's would be.
    let path = Path::new(small.output("reportJson"));
    let mut report = read_report(path);
    let pats = report["pats"].as_array_mut().unwrap();
    let healthy = pats
        .iter()
        .find(|pat| pat["status"] == "healthy")
        .unwrap()
        .clone();
    for number in 0..MANY {
        let mut pat = healthy.clone();
        pat["authorizationId"] = json!(format!("{number:08x}-0000-4000-8000-00000000face"));
        pats.push(pat);
    }
    for count in ["total", "healthy"] {
        report["totals"][count] = json!(total(&report, count) + u64::from(MANY));
    }
    let large = world.job.root().join("large.json");
    fs::write(&large, report.to_string()).unwrap();

    let merged = merge(&mut world, &merging(&[large]).input("failOn", "never"));
    assert_eq!(merged.exit_code, Some(0), "{}", merged.log());
    let whole = Path::new(merged.output("reportJson"));
    assert!(fs::metadata(whole).unwrap().len() > 8 * 1024 * 1024);
    let (upload, head) = attached(&merged).unwrap();
    assert_eq!(upload.path, whole.with_file_name("patkeeper.head.json"));
    let is_told = |member: &str| head[member] == read_report(whole)[member];
    assert!(is_told("totals") && is_told("status") && is_told("run") && is_told("organizations"));
    assert_eq!(total(&head, "total"), u64::from(MANY) + 2);
    assert_eq!(rows(&head, "pats").len(), 1_000);
    let first: &Value = &rows(&head, "pats")[0];
    assert_eq!(first["displayName"], "critical");
}
