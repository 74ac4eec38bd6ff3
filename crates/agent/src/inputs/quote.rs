//! Values shown in refusals: harmless, short, and without a password that was pasted along.

use patkeeper_core::text::plain;

/// Longest value shown, in characters.
const MOST: usize = 80;

/// The value in quotes, on one line.
pub(super) fn quote(value: &str) -> String {
    let value = without_pats(&without_password(value));
    let mut short: String = value.chars().take(MOST).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    format!("'{}'", plain(&short))
}

/// A text that was pasted where an id belongs: 84 letters and digits with `AZDO` in them, or 52 in the older form
/// ("Use personal access tokens", Azure DevOps documentation, on the token's format).
pub(super) fn looks_like_a_pat(text: &str) -> bool {
    match text.len() {
        84 => text.get(76..80) == Some("AZDO") && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        52 => text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
        _ => false,
    }
}

fn without_pats(value: &str) -> String {
    let parts = value.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let hidden = parts.map(|part| {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        match part.strip_prefix(word) {
            Some(end) if looks_like_a_pat(word) => format!("***{end}"),
            _ => part.to_owned(),
        }
    });
    hidden.collect()
}

/// Clone URLs carry `user:password@`, and queries carry tokens: neither belongs in a log. A UPN carries none.
fn without_password(value: &str) -> String {
    let end = value.find(['?', '#']).unwrap_or(value.len());
    let (shown, cut) = value.split_at_checked(end).unwrap_or((value, ""));
    let shown = match shown.rsplit_once('@') {
        Some((user, rest)) if user.contains(':') => format!("***@{rest}"),
        _ => shown.to_owned(),
    };
    if cut.is_empty() { shown } else { shown + "…" }
}

/// `allowed are a, b and c`.
pub(super) fn any_of<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    match values.as_slice() {
        [] => "nothing is allowed".to_owned(),
        [only] => format!("allowed is {only}"),
        [first @ .., last] => format!("allowed are {} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_or_query_pasted_into_a_url_is_not_shown() {
        assert_eq!(
            quote("https://me:hunter2@dev.azure.com/acme"),
            "'***@dev.azure.com/acme'"
        );
        assert_eq!(
            quote("https://me:p@ss@dev.azure.com/acme?t=s3cret"),
            "'***@dev.azure.com/acme…'"
        );
        assert_eq!(quote("https://tfs.example/x#s3cret"), "'https://tfs.example/x…'");
    }

    #[test]
    fn a_pat_pasted_in_the_wrong_place_is_not_shown_however_it_is_wrapped() {
        let today = format!("{}AZDO{}", "Made0Up1".repeat(10).split_at(76).0, "abcd");
        let older = "madeup23".repeat(7).split_at(52).0.to_owned();
        for pat in [today, older] {
            for (before, after) in [("", ""), ("id=", ""), ("x ", ", y"), ("<", ">")] {
                assert_eq!(
                    quote(&format!("{before}{pat}{after}")),
                    format!("'{before}***{after}'")
                );
            }
            assert!(looks_like_a_pat(&pat) && !looks_like_a_pat(&format!("{pat}x")));
        }
    }

    #[test]
    fn a_upn_is_shown() {
        assert_eq!(quote("ann @acme.example"), "'ann @acme.example'");
    }

    #[test]
    fn a_long_value_is_cut() {
        let shown = quote(&"é".repeat(500));
        assert_eq!(shown.chars().count(), MOST + 3, "{shown}");
    }

    #[test]
    fn lists_read_like_a_sentence() {
        assert_eq!(any_of(["a"]), "allowed is a");
        assert_eq!(any_of(["a", "b", "c"]), "allowed are a, b and c");
    }
}
