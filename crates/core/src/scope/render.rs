//! The catalogue as people read it.

use super::{Scope, Standing, all, find, implied, near, search, wider};
use crate::text::{fit, width};

/// Most scopes shown for one search.
const MATCHES: usize = 5;

/// What `patkeeper scopes [words]` prints: the scopes that do what the words say, the least one first; without
/// words all scopes by area.
#[must_use]
pub fn terminal(words: &str) -> String {
    if words.trim().is_empty() {
        return list();
    }
    let found = search(words);
    let Some(first) = found.first() else {
        return nothing_found(words);
    };
    let mut text = String::new();
    entry(&mut text, first.scope, first.task);
    let others: Vec<_> = found.iter().skip(1).take(MATCHES - 1).collect();
    if !others.is_empty() {
        text.push_str("\nOr did you mean\n");
        let widest = others
            .iter()
            .map(|other| width(other.scope.name))
            .max()
            .unwrap_or(0);
        for other in others {
            let scope = other.scope;
            let what = other.task.unwrap_or(scope.title);
            line(
                &mut text,
                format!("  {:widest$}  {what}{}", scope.name, mark(scope)),
            );
        }
    }
    text
}

fn line(text: &mut String, line: impl AsRef<str>) {
    text.push_str(line.as_ref().trim_end());
    text.push('\n');
}

fn mark(scope: &Scope) -> &'static str {
    if scope.high_risk() { "  (high risk)" } else { "" }
}

fn names(scopes: &[&Scope]) -> String {
    scopes
        .iter()
        .map(|scope| scope.name)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What it includes, in words.
fn inclusions(scope: &Scope) -> String {
    if scope.name == "app_token" {
        return "every scope that a PAT can hold".to_owned();
    }
    let documented = closure(scope, true);
    let inferred: Vec<&Scope> = implied(scope.name)
        .into_iter()
        .filter(|inner| !documented.contains(&inner.name))
        .collect();
    match (documented.is_empty(), inferred.is_empty()) {
        (true, true) => String::new(),
        (false, true) => documented.join(" "),
        (true, false) => format!("{} (inferred)", names(&inferred)),
        (false, false) => format!("{}; inferred: {}", documented.join(" "), names(&inferred)),
    }
}

/// What is reached over documented inclusions alone, in the order of the catalogue.
fn closure(scope: &Scope, documented: bool) -> Vec<&'static str> {
    let mut reached: Vec<&str> = Vec::new();
    let mut open = vec![scope.name];
    while let Some(scope) = open.pop().and_then(find) {
        for inclusion in scope
            .includes
            .iter()
            .filter(|inclusion| inclusion.documented == documented)
        {
            if !reached.contains(&inclusion.scope) {
                reached.push(inclusion.scope);
                open.push(inclusion.scope);
            }
        }
    }
    all()
        .iter()
        .map(|scope| scope.name)
        .filter(|name| reached.contains(name))
        .collect()
}

/// High risk of its own, or of what it includes.
fn risk(scope: &Scope) -> String {
    if let Some(risk) = scope.risk {
        return format!("high: {risk}");
    }
    let inner: Vec<&Scope> = implied(scope.name)
        .into_iter()
        .filter(|inner| inner.high_risk())
        .collect();
    if inner.is_empty() {
        "not in the high-risk set".to_owned()
    } else {
        format!("high, through {}", names(&inner))
    }
}

fn entry(text: &mut String, scope: &Scope, task: Option<&str>) {
    line(text, format!("{}   {}", scope.name, scope.title));
    if let Some(task) = task {
        line(text, format!("  for       {task}: no smaller scope does it"));
    }
    line(text, format!("  opens     {}", scope.opens));
    let includes = inclusions(scope);
    line(
        text,
        format!(
            "  includes  {}",
            if includes.is_empty() {
                "nothing else"
            } else {
                &includes
            }
        ),
    );
    line(text, format!("  risk      {}", risk(scope)));
    let wider = wider(scope.name);
    if !wider.is_empty() {
        line(
            text,
            format!(
                "  wider     {} would do it too, opening more",
                wider_names(&wider)
            ),
        );
    }
    if let Some(note) = scope.standing.note() {
        line(text, format!("  note      {note}"));
    }
}

fn wider_names(wider: &[&Scope]) -> String {
    wider
        .iter()
        .map(|scope| scope.name)
        .collect::<Vec<_>>()
        .join(" or ")
}

fn nothing_found(words: &str) -> String {
    let mut text = String::new();
    line(&mut text, format!("No scope is known for '{}'.", fit(words, 60)));
    let near = near(words);
    if near.is_empty() {
        line(
            &mut text,
            "Say what you want to do, such as: trigger a pipeline, push code, read work items.",
        );
    } else {
        line(&mut text, format!("Near to it: {}", names(&near)));
    }
    line(&mut text, "All scopes: patkeeper scopes");
    text
}

fn list() -> String {
    let widest = all().iter().map(|scope| width(scope.name)).max().unwrap_or(0);
    let mut text = String::new();
    let mut area = "";
    for scope in all() {
        if scope.area != area {
            if !area.is_empty() {
                text.push('\n');
            }
            area = scope.area;
            line(&mut text, area);
        }
        let standing = match scope.standing {
            Standing::Current => "",
            Standing::Undocumented => "  (undocumented)",
            Standing::Retired => "  (retired)",
            Standing::Doubtful => "  (doubtful)",
            Standing::EntraDelegated => "  (Entra permission, not for PATs)",
        };
        line(
            &mut text,
            format!(
                "  {:widest$}  {}{}{standing}",
                scope.name,
                scope.title,
                mark(scope)
            ),
        );
    }
    text.push_str("\nThe least scope for a task: patkeeper scopes trigger a pipeline\n");
    text
}

/// The page `docs/scopes.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(
        "# Scopes\n\n\
         What each scope of a personal access token opens, what it includes, and which one a task needs at least.\n\
         `patkeeper scopes push code` finds the same at a terminal.\n\n\
         - **Includes** names all that comes along. What Microsoft states stands plain; what follows from how all\n  \
         stated families are built is marked *inferred*.\n\
         - **High risk**: the scopes that the policy rule `high-risk-scope` reports.\n\
         - `vso.full_access` is read as `app_token`.\n\
         - A scope that this page lacks is kept as it is and reported by the rule `unknown-scope`, as a notice.\n",
    );
    let mut area = "";
    for scope in all() {
        if scope.area != area {
            area = scope.area;
            page.push_str(&format!(
                "\n## {area}\n\n| Scope | Opens | Includes | Notes |\n|---|---|---|---|\n"
            ));
        }
        let mut notes: Vec<String> = Vec::new();
        let through: Vec<String> = implied(scope.name)
            .iter()
            .filter(|inner| inner.high_risk())
            .map(|inner| format!("`{}`", inner.name))
            .collect();
        match scope.risk {
            Some(risk) => notes.push(format!("**High risk**: {risk}")),
            None if through.is_empty() => {}
            None => notes.push(format!("high risk through {}", through.join(", "))),
        }
        notes.extend(scope.standing.note().map(ToOwned::to_owned));
        let notes = notes.join("; ");
        page.push_str(&format!(
            "| `{}` | {}: {} | {} | {notes} |\n",
            scope.name,
            scope.title,
            in_code(scope.opens),
            includes_cell(scope)
        ));
    }
    page.push_str("\n## By task\n\n| To | At least |\n|---|---|\n");
    let mut tasks: Vec<(&str, &Scope)> = all()
        .iter()
        .filter(|scope| scope.standing != Standing::Retired)
        .flat_map(|scope| scope.tasks.iter().map(move |task| (*task, scope)))
        .collect();
    tasks.sort_by_key(|(task, _)| task.to_lowercase());
    for (task, scope) in tasks {
        page.push_str(&format!("| {task} | `{}` |\n", scope.name));
    }
    page
}

/// Scopes named in a description stand as code, as they do everywhere on the page.
fn in_code(sentence: &str) -> String {
    let words: Vec<String> = sentence
        .split(' ')
        .map(|word| {
            if find(word).is_some() {
                format!("`{word}`")
            } else {
                word.to_owned()
            }
        })
        .collect();
    words.join(" ")
}

fn includes_cell(scope: &Scope) -> String {
    if scope.name == "app_token" {
        return inclusions(scope);
    }
    let documented = closure(scope, true);
    let cells: Vec<String> = implied(scope.name)
        .iter()
        .map(|inner| {
            let inferred = if documented.contains(&inner.name) {
                ""
            } else {
                " *inferred*"
            };
            format!("`{}`{inferred}", inner.name)
        })
        .collect();
    cells.join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_search_shows_the_least_scope_what_comes_along_and_its_risk() {
        let searches = [
            "push code",
            "create PAT",
            "vso.packaging_manage",
            "app_token",
            "vso.cod_write",
            "zebra",
        ];
        let shown: Vec<String> = searches
            .iter()
            .map(|words| format!("$ patkeeper scopes {words}\n{}", terminal(words)))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn without_words_all_scopes_are_listed() {
        insta::assert_snapshot!(terminal(" "));
    }

    #[test]
    fn the_page_of_scopes() {
        insta::assert_snapshot!(markdown());
    }

    #[test]
    fn the_page_names_every_scope_in_tables_of_even_rows() {
        let page = markdown();
        assert!(
            all()
                .iter()
                .all(|scope| page.contains(&format!("| `{}` |", scope.name)))
        );
        let html = crate::render::tests::markdown_to_html(&page);
        assert_eq!(
            html.matches("<td>").count(),
            all().len() * 4
                + all()
                    .iter()
                    .filter(|scope| scope.standing != Standing::Retired)
                    .map(|scope| scope.tasks.len())
                    .sum::<usize>()
                    * 2
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn words_of_strangers_stay_harmless(words in crate::text::tests::hostile()) {
            terminal(&words).lines().for_each(crate::text::tests::assert_harmless_line);
        }
    }
}
