//! `$(variable)`: what an agent leaves in a value when it knows no variable of that name.

use patkeeper_core::text::plain;

use crate::registry::Input;

/// The name in the first `$(name)` of the text.
pub(super) fn first_unresolved(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("$(") {
        let end = after.find(['(', ')', '$', '\n', '\r']);
        if let Some((name, tail)) = end.and_then(|end| after.split_at_checked(end))
            && tail.starts_with(')')
            && !name.trim().is_empty()
        {
            return Some(name);
        }
        rest = after;
    }
    None
}

/// The text with each `$(name)` replaced by what `value` knows; the others stay.
pub(super) fn resolve(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("$(") {
        resolved.push_str(before);
        match after
            .split_once(')')
            .and_then(|(name, tail)| Some((value(name)?, tail)))
        {
            Some((known, tail)) => {
                resolved.push_str(known.trim_end_matches('/'));
                if !tail.starts_with('/') && known.ends_with('/') {
                    resolved.push('/');
                }
                rest = tail;
            }
            None => {
                resolved.push_str("$(");
                rest = after;
            }
        }
    }
    resolved + rest
}

/// What to say about it. Of a secret input only what is surely a variable's name is shown.
pub(super) fn advice(input: &Input, name: &str) -> String {
    let surely_a_name = name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if input.secret && !surely_a_name {
        return "it still holds a variable in $(...), so no such variable is set here. Set it, or leave the \
                input out."
            .to_owned();
    }
    let name = plain(&name.chars().take(64).collect::<String>());
    let mut advice = format!("it still holds $({name}), so no variable of that name is set here. Set it, ");
    advice.push_str(match input.default {
        Some(_) => "write the value itself, or leave the input out for its default.",
        None if input.required => "or write the value itself.",
        None => "write the value itself, or leave the input out.",
    });
    advice
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_macro_is_found_anywhere_and_lone_dollars_are_not_one() {
        assert_eq!(first_unresolved("$(a)"), Some("a"));
        assert_eq!(
            first_unresolved("x/$(Agent.TempDirectory)/y"),
            Some("Agent.TempDirectory")
        );
        assert_eq!(first_unresolved("$($(inner))"), Some("inner"));
        for text in ["", "$", "$(", "$()", "$( )", "cost: 5$ (five)", "(a)", "$(a\n)"] {
            assert_eq!(first_unresolved(text), None, "{text:?}");
        }
    }

    #[test]
    fn resolving_leaves_what_it_does_not_know() {
        let known = |name: &str| (name == "Agent.TempDirectory").then(|| "/t/".to_owned());
        assert_eq!(resolve("$(Agent.TempDirectory)/patkeeper", known), "/t/patkeeper");
        assert_eq!(resolve("$(Other)/patkeeper", known), "$(Other)/patkeeper");
        assert_eq!(resolve("$(Agent.TempDirectory)", known), "/t/");
    }

    proptest! {
        #[test]
        fn any_text_survives(text in any::<String>()) {
            let _ = first_unresolved(&text);
            prop_assert_eq!(resolve(&text, |_| None), text);
        }
    }
}
