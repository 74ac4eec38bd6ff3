//! Every form that a secret may appear in, and the text of strangers that could act as a command.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use patkeeper_core::text;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Shorter texts are never masked: a masked `true` or `acme` would blot out half the log
/// (the agent's own limit, `AZP_IGNORE_SECRETS_SHORTER_THAN`, is capped at 6 as well).
pub const SHORTEST: usize = 6;

/// A webhook's path alone is masked from this length on; `/hooks` must not be.
const SHORTEST_PATH: usize = 20;

/// A part of a token alone is masked from this length on.
const SHORTEST_PART: usize = 16;

const MASK: &str = "***";

/// Of a secret that was cut off, the beginning is taken out from this length on, in bytes.
const BEGINNING: usize = 20;

/// An Azure DevOps PAT is 84 letters and digits with this at 76..80 ("Use personal access tokens", Azure DevOps
/// documentation, on the token's format).
const PAT_SIGNATURE: &str = "AZDO";
const PAT_BEFORE: usize = 76;
const PAT_AFTER: usize = 4;

/// RFC 3986 leaves these as they are.
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Every form the secret may appear in: as it is, trimmed, line by line, base64 of it and of `:` + it
/// (Basic authentication), URL-encoded, JSON-escaped, for a URL also as parsers write it, for a JWT also its
/// claims and signature alone.
/// Empty when it is too short to be masked.
#[must_use]
pub fn forms(secret: &SecretString) -> Vec<String> {
    let raw = secret.expose_secret();
    let mut forms = vec![raw.to_owned(), raw.trim().to_owned()];
    forms.extend(raw.split(['\r', '\n']).map(|line| line.trim().to_owned()));
    for text in [raw, raw.trim()] {
        if text.chars().count() < SHORTEST {
            continue;
        }
        for text in [text.to_owned(), format!(":{text}")] {
            forms.push(STANDARD.encode(&text));
            forms.push(URL_SAFE_NO_PAD.encode(&text));
        }
        let encoded = utf8_percent_encode(text, NOT_UNRESERVED).to_string();
        forms.push(lower_case_escapes(&encoded));
        forms.push(encoded);
        let json = serde_json::Value::from(text).to_string();
        forms.push(json.trim_matches('"').to_owned());
        forms.extend(jwt_parts(text).map(str::to_owned));
        if let Ok(url) = Url::parse(text)
            && url.has_host()
        {
            forms.push(url.as_str().to_owned());
            let path_and_query = url
                .as_str()
                .split_at_checked(url[..url::Position::BeforePath].len());
            forms.extend(
                path_and_query
                    .map(|(_, path)| path.to_owned())
                    .filter(|path| path.len() >= SHORTEST_PATH),
            );
        }
    }
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms.sort();
    forms.dedup();
    forms
}

/// What of a JWT is of use to a thief on its own: its claims and its signature. Its header is the same in many.
fn jwt_parts(text: &str) -> impl Iterator<Item = &str> {
    let parts: Vec<&str> = text.split('.').collect();
    let is_jwt = parts.len() == 3 && text.starts_with("eyJ");
    let parts = if is_jwt { parts } else { Vec::new() };
    parts
        .into_iter()
        .skip(1)
        .filter(|part| part.len() >= SHORTEST_PART)
}

/// `%2F` as `%2f`.
fn lower_case_escapes(encoded: &str) -> String {
    let mut lower = String::with_capacity(encoded.len());
    let mut escape = 0;
    for c in encoded.chars() {
        lower.push(if escape > 0 { c.to_ascii_lowercase() } else { c });
        escape = if c == '%' { 2 } else { std::cmp::max(escape, 1) - 1 };
    }
    lower
}

/// Knows every secret that lives, and takes them out of text.
///
/// No `Debug`: it holds nothing but secrets.
#[derive(Default)]
pub struct Scrubber {
    /// Longest first, so that a secret within another leaves no rest.
    forms: Vec<String>,
}

impl Scrubber {
    /// Learns a secret and returns its forms that were not known yet.
    pub fn learn(&mut self, secret: &SecretString) -> Vec<String> {
        let new: Vec<String> = forms(secret)
            .into_iter()
            .filter(|form| !self.forms.contains(form))
            .collect();
        self.forms.extend(new.iter().cloned());
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        new
    }

    /// The text with every known secret, and whatever looks like a PAT, replaced by `***`.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let mut text = without_pats(text);
        // A form that does not even begin here is neither whole in the text nor cut off in it.
        let met: Vec<&str> = self
            .forms
            .iter()
            .map(String::as_str)
            .filter(|form| text.contains(form.get(..BEGINNING).unwrap_or(form)))
            .collect();
        for form in &met {
            text = text.replace(form, MASK);
        }
        // Text that was shortened before it came here may end within a secret.
        for form in met.iter().filter(|form| form.len() > BEGINNING) {
            if let Some(clean) = without_beginning(&text, form) {
                text = clean;
            }
        }
        text
    }
}

/// The text without the longest beginning of the secret wherever one stands; `None`: none does.
fn without_beginning(text: &str, secret: &str) -> Option<String> {
    let beginning = secret.get(..BEGINNING)?;
    let mut rest = text.split_once(beginning)?;
    let mut clean = String::with_capacity(text.len());
    loop {
        let (before, after) = rest;
        let further = secret
            .get(BEGINNING..)
            .unwrap_or_default()
            .chars()
            .zip(after.chars());
        let same: usize = further
            .take_while(|(one, other)| one == other)
            .map(|(c, _)| c.len_utf8())
            .sum();
        let after = after.get(same..).unwrap_or_default();
        clean.push_str(before);
        clean.push_str(MASK);
        match after.split_once(beginning) {
            Some(next) => rest = next,
            None => {
                clean.push_str(after);
                return Some(clean);
            }
        }
    }
}

/// The text without anything of a PAT's format: nobody told us of it, but a service or a PAT's name may show one.
fn without_pats(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut from = 0;
    while let Some(found) = rest.get(from..).and_then(|tail| tail.find(PAT_SIGNATURE)) {
        let at = from + found;
        let pat = at.checked_sub(PAT_BEFORE).and_then(|start| {
            let end = at + PAT_SIGNATURE.len() + PAT_AFTER;
            let pat = rest.get(start..end)?;
            pat.bytes()
                .all(|byte| byte.is_ascii_alphanumeric())
                .then_some((start, end))
        });
        match pat {
            Some((start, end)) => {
                clean.push_str(rest.get(..start).unwrap_or_default());
                clean.push_str(MASK);
                rest = rest.get(end..).unwrap_or_default();
                from = 0;
            }
            None => from = at + PAT_SIGNATURE.len(),
        }
    }
    clean.push_str(rest);
    clean
}

/// One line that the agent takes for text: no `##vso` in it, whatever its letter case or what invisible
/// characters stand between (a comparison by culture skips those), no `##[` at its start, and each hidden
/// character but the tab as U+FFFD. Renderers made it harmless before; this is the second wall.
#[must_use]
pub fn neutral(line: &str) -> String {
    let visible = |c: char| {
        if text::is_hidden(c) && c != '\t' {
            text::REPLACEMENT
        } else {
            c
        }
    };
    let chars: Vec<char> = line.chars().map(visible).collect();
    let mut disarmed = Vec::with_capacity(chars.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if let Some(end) = spelled(&chars, at, "##vso") {
            disarmed.extend("**vso".chars());
            at = end;
        } else {
            disarmed.push(*c);
            at += 1;
        }
    }
    let first = |from: usize| {
        let blank = disarmed
            .iter()
            .skip(from)
            .take_while(|c| c.is_whitespace() || ignorable(**c));
        from + blank.count()
    };
    let indent = first(0);
    let mut start = indent;
    while let Some(end) = spelled(&disarmed, start, "##[") {
        start = first(end);
    }
    disarmed
        .iter()
        .take(indent)
        .chain(disarmed.iter().skip(start))
        .collect()
}

/// Where `word` ends if it starts at `start`, whatever its letter case and what invisible characters stand
/// within it.
fn spelled(chars: &[char], start: usize, word: &str) -> Option<usize> {
    let mut at = start;
    for (index, expected) in word.chars().enumerate() {
        while index > 0 && chars.get(at).copied().is_some_and(ignorable) {
            at += 1;
        }
        // The long s is an s to comparisons that ignore letter case.
        let found = chars.get(at).map(|c| if *c == 'ſ' { 's' } else { *c })?;
        if !found.eq_ignore_ascii_case(&expected) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Whether a comparison by the rules of a language may pass over a character: one that nobody sees, one without a
/// width of its own such as a combining mark, and the U+FFFD that stands for one.
fn ignorable(c: char) -> bool {
    c == text::REPLACEMENT || text::is_hidden(c) || text::width(c.encode_utf8(&mut [0; 4])) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_that_was_cut_off_leaves_nothing_behind_its_beginning() {
        let secret = "made-up.0123456789abcdefghijklmnopqrstuvwxyz";
        let scrubber = scrubber(secret);
        for length in [20, 21, 43] {
            let text = format!("a {}… b {}\u{e9}", &secret[..length], &secret[..length]);
            assert_eq!(scrubber.scrub(&text), "a ***… b ***\u{e9}", "{length}");
        }
        assert_eq!(
            scrubber.scrub("made-up.0123456789"),
            "made-up.0123456789",
            "too short to be one"
        );
    }

    fn scrubber(secret: &str) -> Scrubber {
        let mut scrubber = Scrubber::default();
        scrubber.learn(&SecretString::from(secret));
        scrubber
    }

    #[test]
    fn a_pat_that_nobody_told_of_is_taken_out_by_its_format() {
        let pat = format!("{}AZDO{}", "Made0Up1".repeat(10).split_at(76).0, "abcd");
        let scrubber = Scrubber::default();
        assert_eq!(scrubber.scrub(&format!("ci {pat}, {pat}!")), "ci ***, ***!");
        for text in [
            "AZDO",
            "xAZDOyyyy",
            &format!("{}-AZDOabcd", "a".repeat(75)),
            "äAZDOabcd",
        ] {
            assert_eq!(scrubber.scrub(text), text);
        }
    }

    #[test]
    fn claims_and_signature_of_a_token_are_masked_alone_and_its_header_is_not() {
        let (claims, signature) = ("made-up-claims-0123456789", "made-up-signature-0123456789");
        let forms = forms(&SecretString::from(format!(
            "eyJhbGciOiJub25lIn0.{claims}.{signature}"
        )));
        assert!(forms.iter().any(|form| form == claims) && forms.iter().any(|form| form == signature));
        assert!(!forms.iter().any(|form| form == "eyJhbGciOiJub25lIn0"));
    }

    #[test]
    fn every_form_of_a_secret_is_taken_out() {
        let secret = " made/up \"tok\\en\"+1 ";
        let scrubber = scrubber(secret);
        let basic = STANDARD.encode(format!(":{}", secret.trim()));
        for form in [
            secret,
            secret.trim(),
            "made%2Fup%20%22tok%5Cen%22%2B1",
            "made%2fup%20%22tok%5cen%22%2b1",
            r#"made/up \"tok\\en\"+1"#,
            &STANDARD.encode(secret),
            &STANDARD.encode(secret.trim()),
            &basic,
        ] {
            let shown = scrubber.scrub(&format!("<{form}>"));
            assert!(
                shown.contains("***") && !shown.contains("made") && !shown.contains(form.trim()),
                "{form}"
            );
        }
    }

    #[test]
    fn each_line_of_a_secret_is_one() {
        let scrubber = scrubber("first-line\r\nsecond-line\nx");
        assert_eq!(scrubber.scrub("a second-line b first-line x"), "a *** b *** x");
    }

    #[test]
    fn a_short_secret_is_left_alone_because_it_would_blot_out_the_log() {
        assert!(forms(&SecretString::from("true")).is_empty());
        assert!(forms(&SecretString::from("")).is_empty());
    }

    #[test]
    fn a_secret_within_a_longer_one_leaves_no_rest() {
        let mut scrubber = scrubber("inner-secret");
        scrubber.learn(&SecretString::from("outer-inner-secret-end"));
        assert_eq!(scrubber.scrub("outer-inner-secret-end"), "***");
    }

    #[test]
    fn a_webhook_is_known_by_its_path_too() {
        let scrubber = scrubber("HTTPS://Hooks.Example/services/T0/B0/made-up-part");
        assert_eq!(
            scrubber.scrub("hooks.example: POST /services/T0/B0/made-up-part"),
            "hooks.example: POST ***"
        );
        assert_eq!(
            scrubber.scrub("https://hooks.example/services/T0/B0/made-up-part"),
            "***"
        );
    }

    #[test]
    fn a_form_is_new_only_once() {
        let mut scrubber = Scrubber::default();
        let secret = SecretString::from("made-up-token");
        assert!(!scrubber.learn(&secret).is_empty());
        assert!(scrubber.learn(&secret).is_empty());
    }

    #[test]
    fn commands_in_text_lose_their_meaning() {
        for (line, harmless) in [
            (
                "a ##vso[task.complete result=Succeeded;]x",
                "a **vso[task.complete result=Succeeded;]x",
            ),
            ("###VsO[x]", "#**vso[x]"),
            ("#\u{200b}#v\u{ad}so[x]", "**vso[x]"),
            ("##\u{0}vso[x]", "**vso[x]"),
            ("##v\u{301}\u{fe0f}ſo[x]", "**vso[x]"),
            ("a\u{202e}b\u{e0041}\u{feff}\tc", "a\u{fffd}b\u{fffd}\u{fffd}\tc"),
            ("##[error]x", "error]x"),
            ("##[ ##[error]x", "error]x"),
            ("  ##[error]x", "  error]x"),
            ("issue ##[error] is fine", "issue ##[error] is fine"),
            ("a\u{1b}[31mb\rc", "a\u{fffd}[31mb\u{fffd}c"),
        ] {
            assert_eq!(neutral(line), harmless, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_command_and_harmless_text_stays(line in "[#vVsSſoO\\[\u{200b}\u{301}\u{fe0f}\u{0}\t a]{0,24}") {
            let shown = neutral(&line);
            let seen: String = shown.chars().filter(|c| !ignorable(*c)).collect();
            prop_assert!(!seen.to_lowercase().replace('ſ', "s").contains("##vso"), "{:?}", shown);
            prop_assert!(!seen.trim_start().starts_with("##["), "{:?}", shown);
            prop_assert_eq!(neutral(&shown), shown.clone());
        }

        #[test]
        fn any_secret_is_gone_after_scrubbing(secret in "\\PC{6,40}", before in any::<String>()) {
            let scrubber = scrubber(&secret);
            prop_assume!(secret.trim().chars().count() >= SHORTEST && !secret.contains('*'));
            let shown = scrubber.scrub(&[before.as_str(), &secret, &before].concat());
            prop_assert!(!shown.contains(&secret));
        }
    }
}
