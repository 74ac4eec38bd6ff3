//! Taking what was sent out of what comes back.
//!
//! Services quote requests in their errors, whole or in part, and such words end in logs and reports. Whoever
//! shortens them would cut a secret in two, and half of one is not found by a search for the whole: so words go
//! through here first.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Longest piece that may stay, but for one byte; pieces this long are taken out.
const PIECE: usize = 20;
/// Of a short secret even shorter pieces are taken out: half of it, but no piece that could be any word.
const SHORTEST_PIECE: usize = 8;
/// Shorter texts are no secrets: taking `acme` out of an answer would leave nothing to read.
const SHORTEST: usize = 6;
/// How much of a service's words is looked at, in bytes: far more than is ever shown.
const LONGEST: usize = 64 * 1024;

/// RFC 3986 leaves these as they are.
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A form's body (the URL standard, `application/x-www-form-urlencoded`) escapes one more, which client secrets have.
const NOT_LEFT_IN_A_FORM: &AsciiSet = &NOT_UNRESERVED.add(b'~');

/// What was sent, and must not come back.
///
/// No `Debug`: it holds nothing but secrets.
#[derive(Default)]
pub struct Echo {
    /// Every piece of every form, by its length in bytes.
    pieces: HashMap<usize, HashSet<Vec<u8>>>,
}

impl Echo {
    /// Knows these secrets as they are, percent-encoded, and in Base64 (alone or behind other text, such as
    /// `Bearer ` or `:`). Texts of fewer than 6 bytes are not taken for secrets.
    #[must_use]
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut echo = Self::default();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            // Never longer than the secret itself, or it would not be found whole.
            let piece = (secret.len() / 2).clamp(SHORTEST_PIECE, PIECE).min(secret.len());
            for form in forms(secret) {
                let pieces = form.as_bytes().windows(piece).map(<[u8]>::to_vec);
                echo.pieces.entry(piece).or_default().extend(pieces);
            }
        }
        echo
    }

    /// The text, or its first 64 kB, with `***` for each run that is a piece of a secret: 20 bytes or more, of a
    /// shorter secret half of it.
    #[must_use]
    pub fn out_of(&self, text: &str) -> String {
        let text: String = text
            .char_indices()
            .take_while(|(at, _)| *at < LONGEST)
            .map(|(_, c)| c)
            .collect();
        let mut secret = vec![false; text.len()];
        for (length, pieces) in &self.pieces {
            for (at, window) in text.as_bytes().windows(*length).enumerate() {
                if pieces.contains(window) {
                    secret
                        .iter_mut()
                        .skip(at)
                        .take(*length)
                        .for_each(|byte| *byte = true);
                }
            }
        }
        let mut clean = String::with_capacity(text.len());
        let mut within = false;
        for (at, c) in text.char_indices() {
            let hit = secret.iter().skip(at).take(c.len_utf8()).any(|byte| *byte);
            match (hit, within) {
                (false, _) => clean.push(c),
                (true, false) => clean.push_str("***"),
                (true, true) => {}
            }
            within = hit;
        }
        clean
    }
}

/// The texts that may stand for a secret.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for escaped in [NOT_UNRESERVED, NOT_LEFT_IN_A_FORM] {
        let encoded = utf8_percent_encode(secret, escaped).to_string();
        if forms.contains(&encoded) {
            continue;
        }
        // Some write escapes in lower case; these are the ones that tokens need.
        forms.push(
            encoded
                .replace("%2B", "%2b")
                .replace("%2F", "%2f")
                .replace("%3D", "%3d")
                .replace("%7E", "%7e"),
        );
        forms.push(encoded);
    }
    // Base64 of a text depends on how many bytes stand before it; the letters around it do not matter here.
    for before in ["", " ", "  "] {
        let text = format!("{before}{secret}");
        forms.push(STANDARD_NO_PAD.encode(&text));
        forms.push(URL_SAFE_NO_PAD.encode(&text));
    }
    forms
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    /// A made-up token of this many characters, without a piece that comes twice.
    fn token(length: usize) -> String {
        (0..300).map(|n| format!("made-up.{n:x}_")).collect::<String>()[..length].to_owned()
    }

    /// Whether the text holds a run of `length` characters of the secret.
    fn holds(text: &str, secret: &str, length: usize) -> bool {
        secret
            .as_bytes()
            .windows(length)
            .any(|piece| text.contains(std::str::from_utf8(piece).unwrap()))
    }

    #[test]
    fn a_token_is_taken_out_whole_and_the_rest_stays() {
        let token = token(700);
        let echo = Echo::of([token.as_str()]);
        assert_eq!(
            echo.out_of(&format!("The token '{token}' of Größe is unknown.")),
            "The token '***' of Größe is unknown."
        );
    }

    #[test]
    fn half_a_token_and_one_that_is_cut_at_the_end_are_taken_out_too() {
        for length in [31, 84, 700, 2_500] {
            let token = token(length);
            let echo = Echo::of([token.as_str()]);
            for part in [
                &token[..length.div_ceil(2)],
                &token[length / 2..],
                &token[3..length - 3],
            ] {
                assert_eq!(echo.out_of(&format!("see {part}")), "see ***", "{length}");
            }
        }
    }

    #[test]
    fn other_forms_of_a_token_are_known() {
        let token = format!("{}+/=+/={}", token(40), token(30));
        let echo = Echo::of([token.as_str()]);
        for form in [
            token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
            token.replace('+', "%2b").replace('/', "%2f").replace('=', "%3d"),
            STANDARD.encode(&token),
            STANDARD.encode(format!(":{token}")),
            STANDARD.encode(format!("Bearer {token}")),
            URL_SAFE_NO_PAD.encode(format!("Bearer {token}, please")),
        ] {
            let shown = echo.out_of(&format!("<{form}>"));
            assert!(shown.contains("***") && !holds(&shown, &form, 24), "{shown}");
        }
    }

    #[test]
    fn a_client_secret_in_a_forms_body_is_taken_out_from_its_first_letter() {
        let echo = Echo::of(["4sQ8Q~made-up.client_secret-0123456789"]);
        for tilde in ["~", "%7E", "%7e"] {
            let body = format!("client_secret=4sQ8Q{tilde}made-up.client_secret-0123456789&x=y");
            assert_eq!(echo.out_of(&body), "client_secret=***&x=y");
        }
    }

    #[test]
    fn words_that_only_look_alike_stay() {
        let echo = Echo::of([token(700).as_str(), "acme", ""]);
        for words in [
            "",
            "TF400813: The user 'made-up.9' is not authorized in acme.",
            "é ##vso[x]",
        ] {
            assert_eq!(echo.out_of(words), words);
        }
    }

    proptest! {
        #[test]
        fn no_half_of_a_secret_ever_comes_back(
            secret in "[A-Za-z0-9._~+/=-]{16,120}", start in 0..60usize, length in 8..120usize, around in "\\PC{0,40}",
        ) {
            let least = (secret.len() / 2).clamp(SHORTEST_PIECE, PIECE);
            let part = &secret[start.min(secret.len())..(start + length).min(secret.len())];
            let shown = Echo::of([secret.as_str()]).out_of(&format!("{around}{part}{around}"));
            prop_assert!(!holds(&shown, &secret, least), "{}", shown);
        }
    }
}
