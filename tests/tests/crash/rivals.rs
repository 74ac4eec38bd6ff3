//! Two runs of two builds at once. Which of them goes on at which request is drawn from a seed.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use patkeeper_sim::{Boundary, Passage, Side};

use patkeeper_tests::world::at_once;

use crate::company::{Again, Company, Ended, Stage};
use crate::table;

const SEEDS: u64 = 80;

/// Who goes on: the two take turns, each of some requests, as long as both are running.
struct Turns {
    drawn: Drawn,
    /// Most requests of a turn.
    longest: usize,
    /// Whose turn it is.
    owner: usize,
    /// How many of its requests each may have begun by now.
    allowed: [usize; 2],
    /// Which of its own requests each one is, by number.
    seen: [HashMap<usize, usize>; 2],
    ended: [Arc<AtomicBool>; 2],
}

impl Turns {
    fn new(seed: u64, ended: [Arc<AtomicBool>; 2]) -> Self {
        let mut drawn = Drawn(seed);
        let owner = drawn.below(2);
        Self {
            longest: [3, 8, 18][drawn.below(3)],
            drawn,
            owner,
            allowed: [0, 0],
            seen: [HashMap::new(), HashMap::new()],
            ended,
        }
    }

    fn pass(&mut self, who: usize, at: &Boundary) -> Passage {
        let next = self.seen[who].len() + 1;
        let mine = *self.seen[who].entry(at.number).or_insert(next);
        let other = 1 - who;
        if at.side == Side::After || mine <= self.allowed[who] || self.ended[other].load(Ordering::SeqCst) {
            return Passage::Go;
        }
        if self.owner == who {
            self.owner = other;
            self.allowed[other] += 1 + self.drawn.below(self.longest);
        }
        Passage::Wait
    }
}

/// SplitMix64.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

fn at_once_with(seed: u64, stage: Stage) -> String {
    let company = Arc::new(Company::new(stage));
    let other = company.sim().another_proxy_url().unwrap();
    let port: u16 = other.rsplit_once(':').unwrap().1.parse().unwrap();
    let ended: [Arc<AtomicBool>; 2] = Default::default();
    let mut turns = Turns::new(seed, ended.clone());
    let violations = company.watch(move |at| turns.pass(usize::from(at.port == port), at));
    let environments = ["4711", "4712"].map(|build| company.environment_of(build, 1));
    let [first, mut second] = environments;
    second.insert("AGENT_PROXYURL".to_owned(), other);
    let runs = std::thread::scope(|scope| {
        let runs = [first, second].map(|environment| (company.clone(), environment));
        let mut running = Vec::new();
        for ((company, environment), ended) in runs.into_iter().zip(&ended) {
            running.push(scope.spawn(move || {
                let run = company.spawn(&environment).wait();
                ended.store(true, Ordering::SeqCst);
                run
            }));
        }
        running
            .into_iter()
            .map(|run| run.join().unwrap())
            .collect::<Vec<_>>()
    });
    violations.assert_none();
    company.assert_safe();
    for (run, other) in [(&runs[0], "4712"), (&runs[1], "4711")] {
        company.assert_kept(&run.log);
        assert_ends_well(run, other);
    }
    let codes = [runs[0].code, runs[1].code];
    assert!(
        codes.contains(&Some(0)),
        "neither won:\n{}\n{}",
        runs[0].log,
        runs[1].log
    );
    company.later();
    company.run_again(Again::AnotherBuild);
    assert_eq!(
        company.own().len(),
        1,
        "{:#?}\n{}\n{}",
        company.own(),
        runs[0].log,
        runs[1].log
    );
    let codes: Vec<String> = runs
        .iter()
        .map(|run| run.code.unwrap_or(-1).to_string())
        .collect();
    let is_overtaken = runs.iter().any(|run| run.log.contains("has taken over"));
    format!(
        "{}{}",
        codes.join("+"),
        if is_overtaken { " overtaken" } else { "" }
    )
}

/// It has done its work, or says who is doing it.
fn assert_ends_well(run: &Ended, other: &str) {
    match run.code {
        Some(0) => {}
        Some(6) => {
            let says = run.log.contains(&format!("build {other}")) || run.log.contains("has taken over");
            assert!(says, "{}", run.log);
        }
        code => panic!("exit code {code:?}:\n{}", run.log),
    }
}

#[test]
fn of_two_runs_at_once_one_wins_and_the_other_says_so() {
    let counts: Mutex<BTreeMap<(Stage, String), usize>> = Mutex::default();
    let seeds: Vec<(u64, Stage)> = (0..SEEDS)
        .flat_map(|seed| Stage::ROTATIONS.map(|stage| (seed, stage)))
        .collect();
    at_once(&seeds, 6, |(seed, stage)| {
        let name = format!("two runs at once, {}, seed {seed}", stage.words());
        if let Some(outcome) = table::alone(&name, || at_once_with(*seed, *stage)) {
            *counts.lock().unwrap().entry((*stage, outcome)).or_default() += 1;
        }
    });
    for stage in Stage::ROTATIONS {
        let counts = counts.lock().unwrap();
        let of_stage = counts.iter().filter(|((of, _), _)| *of == stage);
        let said: Vec<String> = of_stage
            .map(|((_, outcome), count)| format!("{count} × {outcome}"))
            .collect();
        table::note(format!(
            "two runs of {} at once, {SEEDS} seeds, exit codes: {}",
            stage.words(),
            said.join(", ")
        ));
    }
    table::assert_no_failure("two runs at once");
}
