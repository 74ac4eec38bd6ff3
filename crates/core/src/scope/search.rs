//! Finding the scope for what one wants to do, and the scope that was meant by a mistyped one.

use super::{Scope, Standing, all, find, implied};

/// One scope found, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The scope.
    pub scope: &'static Scope,
    /// The task of it that fits the words best; `None` when its name or description fitted.
    pub task: Option<&'static str>,
}

/// Words that say nothing about a scope.
const STOP_WORDS: &[&str] = &[
    "a", "an", "the", "to", "of", "in", "on", "for", "from", "with", "by", "and", "or", "my", "our", "i",
    "want", "need", "how", "do", "can", "azure", "devops", "ado", "scope", "scopes", "vso", "api", "rest",
    "via", "using", "new",
];

/// What people say, and the word that the catalogue uses for it.
const SYNONYMS: &[(&str, &str)] = &[
    ("repo", "repository"),
    ("ticket", "work"),
    ("wit", "work"),
    ("issue", "work"),
    ("story", "work"),
    ("task", "work"),
    ("pr", "pull"),
    ("ci", "build"),
    ("cd", "release"),
    ("launch", "trigger"),
    ("kick", "trigger"),
    ("invoke", "trigger"),
    ("execute", "run"),
    ("rerun", "run"),
    ("add", "create"),
    ("make", "create"),
    ("mint", "create"),
    ("generate", "create"),
    ("regenerate", "rotate"),
    ("renew", "rotate"),
    ("edit", "update"),
    ("modify", "update"),
    ("change", "update"),
    ("write", "update"),
    ("view", "read"),
    ("get", "read"),
    ("see", "read"),
    ("show", "read"),
    ("list", "read"),
    ("fetch", "read"),
    ("query", "read"),
    ("access", "read"),
    ("remove", "delete"),
    ("destroy", "delete"),
    ("upload", "publish"),
    ("install", "restore"),
    ("nupkg", "nuget"),
    ("token", "pat"),
    ("personal", "pat"),
    ("endpoint", "connection"),
    ("artefact", "artifact"),
    ("webhook", "hook"),
    ("license", "entitlement"),
    ("licence", "entitlement"),
    ("permission", "security"),
    ("acl", "security"),
    ("everything", "full"),
    ("admin", "administrator"),
];

/// How well one word of the query fits one word of the catalogue.
const SAME: u32 = 10;
const SYNONYM: u32 = 8;
const BEGINNING: u32 = 6;
const MISTYPED: u32 = 5;

/// Scopes that do what the words say, the least one that does it first. A scope's own name finds it; a mistyped
/// one finds nothing, not what its parts happen to mean: see [`near`]. Empty when nothing fits.
#[must_use]
pub fn search(words: &str) -> Vec<Match> {
    if let Some(scope) = find(words.trim()) {
        return vec![Match { scope, task: None }];
    }
    if is_name(words) {
        return Vec::new();
    }
    let query: Vec<Word> = split(words)
        .filter(|word| !STOP_WORDS.contains(&word.text.as_str()))
        .collect();
    let mut found: Vec<(Rank, Match)> = all().iter().filter_map(|scope| rank(scope, &query)).collect();
    // The sort is stable: what ties stays in the order of the catalogue.
    found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let Some(top) = found.first().map(|(rank, _)| *rank) else {
        return Vec::new();
    };
    found
        .into_iter()
        .filter(|(rank, _)| rank.covered == top.covered && rank.score * 4 >= top.score * 3)
        .map(|(_, found)| found)
        .collect()
}

/// Compared field by field: how many words of the query fit; whether the scope can be relied on; how well they
/// fit; then the least scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    covered: usize,
    sound: bool,
    score: u32,
    narrow: std::cmp::Reverse<usize>,
}

fn rank(scope: &'static Scope, query: &[Word]) -> Option<(Rank, Match)> {
    let narrow = std::cmp::Reverse(implied(scope.name).len());
    // Only what a scope opens itself counts for its description, so that the least one wins.
    let own_words: Vec<Word> = [scope.name, scope.area, scope.title, scope.opens]
        .into_iter()
        .flat_map(split)
        .collect();
    let in_own = |word: &Word| best(word, &own_words).div_ceil(2);
    let mut top: Option<(Rank, Match)> = None;
    let tasks = scope
        .tasks
        .iter()
        .map(|task| (Some(*task), split(task).collect::<Vec<_>>()));
    for (task, task_words) in tasks.chain([(None, Vec::new())]) {
        let fits: Vec<u32> = query
            .iter()
            .map(|word| best(word, &task_words).max(in_own(word)))
            .collect();
        let covered = fits.iter().filter(|fit| **fit > 0).count();
        let unasked = task_words.iter().filter(|word| best(word, query) == 0).count();
        let score = (fits.iter().sum::<u32>() * 4).saturating_sub(u32::try_from(unasked).unwrap_or(u32::MAX));
        let sound = !matches!(scope.standing, Standing::Doubtful | Standing::Retired);
        let rank = Rank {
            covered,
            sound,
            score,
            narrow,
        };
        if covered > 0 && top.is_none_or(|(best, _)| rank > best) {
            top = Some((rank, Match { scope, task }));
        }
    }
    top
}

fn best(word: &Word, words: &[Word]) -> u32 {
    words
        .iter()
        .map(|candidate| fit(word, candidate))
        .max()
        .unwrap_or(0)
}

fn fit(word: &Word, candidate: &Word) -> u32 {
    if word.text == candidate.text {
        return SAME;
    }
    if word.meant() == candidate.meant() {
        return SYNONYM;
    }
    let (mut short, mut long) = (word.text.as_str(), candidate.text.as_str());
    if short.len() > long.len() {
        (short, long) = (long, short);
    }
    if short.len() >= 4 && long.starts_with(short) {
        return BEGINNING;
    }
    // Few people mistype the first letter, and most pairs of words need no closer look.
    let alike =
        short.len() >= 5 && long.len() - short.len() <= 1 && short.chars().next() == long.chars().next();
    if alike && strsim::osa_distance(short, long) == 1 {
        return MISTYPED;
    }
    0
}

/// One word, lower-case, without a plural ending or `-ing`.
struct Word {
    text: String,
    synonym: Option<&'static str>,
}

impl Word {
    fn meant(&self) -> &str {
        self.synonym.unwrap_or(&self.text)
    }
}

fn split(text: &str) -> impl Iterator<Item = Word> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let text = stem(&word.to_lowercase());
            let synonym = SYNONYMS
                .iter()
                .find(|(said, _)| *said == text)
                .map(|(_, meant)| *meant);
            Word { text, synonym }
        })
}

fn stem(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let verb = word.strip_suffix("ing").filter(|stem| stem.len() >= 4);
    let plural = word
        .strip_suffix('s')
        .filter(|stem| stem.len() >= 2 && !stem.ends_with(['s', 'u', 'i']));
    verb.or(plural).unwrap_or(word).to_owned()
}

/// Whether someone wrote a scope's name, known or not, rather than words.
fn is_name(words: &str) -> bool {
    let words = words.trim().to_ascii_lowercase();
    !words.contains(char::is_whitespace) && (words.starts_with("vso") || words.contains('_'))
}

/// How alike two names must be, from 0 to 1, to be taken for each other.
const ALIKE: f64 = 0.62;

/// At most three scopes whose name is like this one, the likest first: for a mistyped scope.
/// A name of the catalogue is near to itself.
#[must_use]
pub fn near(name: &str) -> Vec<&'static Scope> {
    let name = bare(name);
    // No scope is nearly this long, and the comparison takes time by the product of both lengths.
    if name.chars().count() > 64 {
        return Vec::new();
    }
    let mut alike: Vec<(f64, &Scope)> = all()
        .iter()
        .map(|scope| {
            (
                strsim::normalized_damerau_levenshtein(&name, &bare(scope.name)),
                scope,
            )
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.into_iter().take(3).map(|(_, scope)| scope).collect()
}

/// The part of a scope's name that people mistype, in the table's spelling; a trailing `_read` is how some
/// spell what has no ending there.
fn bare(name: &str) -> String {
    let name = name.trim().to_lowercase().replace(['-', ' '], "_");
    let name = name
        .strip_prefix("vso")
        .map_or(name.as_str(), |rest| rest.trim_start_matches(['.', '_']));
    if find(&format!("vso.{name}")).is_some() {
        return name.to_owned();
    }
    name.strip_suffix("_read").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_least_scope_for_a_task_comes_first() {
        let cases = [
            ("trigger a pipeline", "vso.build_execute"),
            ("Trigger pipelines", "vso.build_execute"),
            ("run a pipeline", "vso.build_execute"),
            ("queue build", "vso.build_execute"),
            ("start a build", "vso.build_execute"),
            ("cancel a run", "vso.build_execute"),
            ("read pipeline runs", "vso.build"),
            ("download artifacts", "vso.build"),
            ("build", "vso.build"),
            ("push code", "vso.code_write"),
            ("git push", "vso.code_write"),
            ("create a pull request", "vso.code_write"),
            ("clone repo", "vso.code"),
            ("clone a repository", "vso.code"),
            ("git clone", "vso.code"),
            ("read code", "vso.code"),
            ("code", "vso.code"),
            ("create repository", "vso.code_manage"),
            ("delete repo", "vso.code_manage"),
            ("commit status", "vso.code_status"),
            ("work items", "vso.work"),
            ("read work items", "vso.work"),
            ("create work item", "vso.work_write"),
            ("update work items", "vso.work_write"),
            ("create a bug", "vso.work_write"),
            ("read feed", "vso.packaging"),
            ("restore nuget", "vso.packaging"),
            ("npm install", "vso.packaging"),
            ("push nuget package", "vso.packaging_write"),
            ("publish a package", "vso.packaging_write"),
            ("npm publish", "vso.packaging_write"),
            ("delete package", "vso.packaging_manage"),
            ("create PAT", "vso.pats_manage"),
            ("rotate a token", "vso.pats_manage"),
            ("list PATs", "vso.pats"),
            ("revoke tokens of other users", "vso.tokenadministration"),
            ("read audit log", "vso.auditlog"),
            ("register agent", "vso.agentpools_manage"),
            ("list agents", "vso.agentpools"),
            ("edit wiki", "vso.wiki_write"),
            ("read wiki", "vso.wiki"),
            ("publish extension", "vso.gallery_publish"),
            ("install extension", "vso.extension_manage"),
            ("update variable group", "vso.variablegroups_manage"),
            ("read variable groups", "vso.variablegroups_read"),
            ("create service connection", "vso.serviceendpoint_manage"),
            ("list service connections", "vso.serviceendpoint"),
            ("publish test results", "vso.test_write"),
            ("read test results", "vso.test"),
            ("create a release", "vso.release_execute"),
            ("approve release", "vso.release_manage"),
            ("add user", "vso.memberentitlementmanagement_write"),
            ("add user to group", "vso.graph_manage"),
            ("list users", "vso.memberentitlementmanagement"),
            ("read users and groups", "vso.graph"),
            ("create project", "vso.project_manage"),
            ("list projects", "vso.project"),
            ("service hooks", "vso.hooks"),
            ("upload symbols", "vso.symbols_write"),
            ("upload secure file", "vso.securefiles_write"),
            ("change permissions", "vso.security_manage"),
            ("full access", "app_token"),
            ("token administration", "vso.tokenadministration"),
            ("do everything", "app_token"),
            ("triger a pipline", "vso.build_execute"),
            ("vso.full_access", "app_token"),
            ("vso.code_write", "vso.code_write"),
        ];
        let wrong: Vec<_> = cases
            .iter()
            .filter_map(|(words, least)| {
                let first = search(words).first().map(|found| found.scope.name);
                (first != Some(*least)).then_some((words, least, first))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_task_of_the_catalogue_finds_its_scope_first() {
        let mut wrong = Vec::new();
        for scope in all() {
            for task in scope.tasks {
                let first = search(task).first().map(|found| found.scope.name);
                if first != Some(scope.name) {
                    wrong.push((task, scope.name, first));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn words_that_fit_nothing_find_nothing() {
        for words in ["", "  ", "the of", "zebra quux", "\u{202e}##vso["] {
            assert!(search(words).is_empty(), "{words:?}");
        }
    }

    #[test]
    fn a_mistyped_scope_is_near_to_the_one_meant() {
        for (typed, meant) in [
            ("vso.cod_write", "vso.code_write"),
            ("vso.code-write", "vso.code_write"),
            ("code_write", "vso.code_write"),
            ("VSO.Code_Write", "vso.code_write"),
            ("vso.build_exec", "vso.build_execute"),
            ("vso.code_read", "vso.code"),
            ("vso.work_read", "vso.work"),
            ("vso.pakaging", "vso.packaging"),
            ("vso.variablegroups", "vso.variablegroups_read"),
            ("vso.tokens_administration", "vso.tokens_administration"),
            ("vso_build", "vso.build"),
            ("apptoken", "app_token"),
        ] {
            assert_eq!(
                near(typed).first().map(|scope| scope.name),
                Some(meant),
                "{typed}"
            );
        }
        assert!(near("zebra").is_empty());
        assert!(near(&"a".repeat(100_000)).is_empty());
    }

    proptest! {
        // Each case compares with the whole catalogue: few cases keep an unoptimized build quick.
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_words_can_be_searched_for(words in "\\PC{0,40}") {
            for found in search(&words) {
                prop_assert!(find(found.scope.name).is_some());
            }
            prop_assert!(near(&words).len() <= 3);
        }
    }
}
