//! Values shown in refusals: harmless, short, and without a password that was pasted along.

use patkeeper_core::text::plain;

/// Longest value shown, in characters.
const MOST: usize = 80;

/// The value in quotes, on one line.
pub(super) fn quote(value: &str) -> String {
    let value = without_password(value);
    let mut short: String = value.chars().take(MOST).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    format!("'{}'", plain(&short))
}

/// Clone URLs carry `user:password@`, and queries carry tokens: neither belongs in a log.
fn without_password(value: &str) -> String {
    let end = value.find(['?', '#']).unwrap_or(value.len());
    let (shown, cut) = value.split_at_checked(end).unwrap_or((value, ""));
    let shown = match shown.rsplit_once('@') {
        Some((_, rest)) => format!("***@{rest}"),
        None => shown.to_owned(),
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
