//! What the log shows in place of secrets: the agent's literal masker, one line at a time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a URI escape leaves alone, besides letters and digits.
const URI_ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Replaces whole values it was told of, and nothing else: no substrings, no other encodings.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    values: Vec<String>,
}

impl Masker {
    /// Masks a value and its JSON, URI and backslash forms, as for every value given while a job runs.
    pub fn add(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        let json = serde_json::Value::from(value).to_string();
        let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
        let uri = utf8_percent_encode(value, URI_ESCAPED).to_string();
        let backslash = value
            .replace(r"\\", r"\")
            .replace(r"\'", "'")
            .replace("\\\"", "\"")
            .replace(r"\t", "\t");
        for form in [value.to_owned(), json, uri, backslash] {
            if !form.is_empty() && !self.values.contains(&form) {
                self.values.push(form);
            }
        }
    }

    /// Masks a secret that the job started with: its trimmed, unquoted and base64 forms too.
    pub fn add_job_secret(&mut self, value: &str) {
        self.add(value);
        self.add(value.trim());
        let unquoted = value.trim().trim_matches(|c| c == '"' || c == '\'');
        self.add(unquoted);
        if !value.is_empty() {
            self.add(&STANDARD.encode(value));
        }
    }

    /// The line as the log shows it.
    #[must_use]
    pub fn mask(&self, line: &str) -> String {
        let mut spans: Vec<(usize, usize)> = self
            .values
            .iter()
            .flat_map(|value| occurrences(line, value).map(|start| (start, start + value.len())))
            .collect();
        spans.sort_unstable();
        let mut masked = String::with_capacity(line.len());
        let mut done = 0;
        let mut spans = spans.into_iter().peekable();
        while let Some((start, mut end)) = spans.next() {
            while let Some((_, next_end)) = spans.next_if(|(next, _)| *next <= end) {
                end = end.max(next_end);
            }
            masked.push_str(line.get(done..start).unwrap_or_default());
            masked.push_str("***");
            done = end;
        }
        masked.push_str(line.get(done..).unwrap_or_default());
        masked
    }
}

/// Overlapping ones too: `match_indices` would leave the tail of the second one readable.
fn occurrences<'a>(line: &'a str, value: &'a str) -> impl Iterator<Item = usize> + 'a {
    line.char_indices()
        .map(|(at, _)| at)
        .filter(move |at| line.get(*at..).is_some_and(|rest| rest.starts_with(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masker(values: &[&str]) -> Masker {
        let mut masker = Masker::default();
        values.iter().for_each(|value| masker.add(value));
        masker
    }

    #[test]
    fn a_whole_value_is_masked_wherever_it_stands() {
        assert_eq!(
            masker(&["opensesame"]).mask("a opensesame b opensesame"),
            "a *** b ***"
        );
    }

    #[test]
    fn a_part_of_a_value_is_not_masked() {
        assert_eq!(masker(&["opensesame"]).mask("opensesam"), "opensesam");
    }

    #[test]
    fn json_and_uri_forms_are_masked() {
        let masker = masker(&["a\"b/c d"]);
        assert_eq!(masker.mask(r#"{"x":"a\"b/c d"}"#), r#"{"x":"***"}"#);
        assert_eq!(masker.mask("q=a%22b%2Fc%20d&r"), "q=***&r");
    }

    #[test]
    fn base64_is_masked_only_for_secrets_of_the_job() {
        let encoded = STANDARD.encode("opensesame");
        assert_eq!(masker(&["opensesame"]).mask(&encoded), encoded);
        let mut of_the_job = Masker::default();
        of_the_job.add_job_secret("opensesame");
        assert_eq!(of_the_job.mask(&encoded), "***");
    }

    #[test]
    fn overlapping_secrets_leave_nothing_readable() {
        assert_eq!(masker(&["abcd", "cdef"]).mask("xabcdefy"), "x***y");
        assert_eq!(masker(&["aba"]).mask("ababa!"), "***!");
    }

    #[test]
    fn an_empty_secret_masks_nothing() {
        assert_eq!(masker(&[""]).mask("text"), "text");
    }

    proptest::proptest! {
        #[test]
        fn no_value_survives_its_own_masking(value in "[a-c\u{e9}]{2,5}", line in "[a-c\u{e9} ]{0,40}") {
            proptest::prop_assert!(!masker(&[&value]).mask(&line).contains(&value));
        }
    }
}
