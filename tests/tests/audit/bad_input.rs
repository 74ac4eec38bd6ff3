//! Input that cannot be used: one message with the input's name, exit code 2, and nothing sent.

use crate::scene::{Scene, assert_says, step};

/// Inputs, and words that their message must hold.
type Case = (Vec<(&'static str, String)>, &'static [&'static str]);

#[test]
fn each_is_refused_before_anything_is_sent() {
    let day = |ago: i64| {
        (chrono::Utc::now() - chrono::TimeDelta::days(ago))
            .format("%Y-%m-%d")
            .to_string()
    };
    let at = |from: i64, to: i64| vec![("startTime", day(from)), ("endTime", day(to))];
    let one = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let cases: Vec<Case> = vec![
        (one("days", "0"), &["days", "90"]),
        (one("days", "91"), &["days", "91", "90"]),
        (one("days", "-1"), &["days"]),
        (one("days", "a month"), &["days", "a month"]),
        (one("startTime", &day(3)), &["endTime", "startTime"]),
        (one("endTime", &day(3)), &["startTime", "endTime"]),
        (at(3, 5), &["startTime", "endTime"]),
        (at(3, 3), &["startTime", "endTime"]),
        (at(120, 100), &["startTime", "90"]),
        (at(89, -3), &["endTime", "future"]),
        (at(95, 1), &["startTime", "90"]),
        (
            vec![("startTime", "yesterday".into()), ("endTime", day(0))],
            &["startTime", "yesterday"],
        ),
        (
            vec![("startTime", "2026-13-01".into()), ("endTime", day(0))],
            &["startTime", "2026-13-01"],
        ),
        ([at(3, 1), one("days", "5")].concat(), &["days", "startTime"]),
        (
            one("failOn", "sometimes"),
            &["failOn", "sometimes", "never", "leaked", "any"],
        ),
        (one("reportFormats", "junit"), &["reportFormats", "junit"]),
        (
            one("organization", "https://evil.example/acme"),
            &["organization"],
        ),
        (one("actors", "$(Who)"), &["actors", "Who"]),
        (
            one("teamsWebhookUrl", "http://teams.example/x"),
            &["teamsWebhookUrl", "https"],
        ),
    ];
    let mut scene = Scene::busy();
    for (inputs, words) in cases {
        let step = inputs
            .iter()
            .fold(step(), |step, (name, value)| step.input(name, value));
        let run = scene.audit(&step);
        assert_eq!(run.exit_code, Some(2), "{inputs:?}\n{}", run.log());
        assert_eq!(run.record.errors.len(), 1, "{inputs:?}\n{}", run.log());
        assert_says(&run, words);
        assert!(
            scene.sim().log().is_empty() && scene.sim().tunnels().is_empty(),
            "{inputs:?}"
        );
    }
}
