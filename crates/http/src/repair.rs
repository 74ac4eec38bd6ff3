//! JSON with escapes that JSON does not allow. Azure DevOps sends some now and then: half of a surrogate pair, where a
//! name was cut in the middle of an emoji, and a backslash before any character (seen in its audit log). One odd name
//! must not make a whole list unreadable.

/// The body with each such escape replaced by U+FFFD; everything else stays as it is, and so does what is no JSON for
/// any other reason.
pub(crate) fn escapes(body: &[u8]) -> Vec<u8> {
    let mut repaired = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, escape) = rest.split_at(at);
        repaired.extend_from_slice(before);
        let (length, sound) = measure(escape);
        let (escape, after) = escape.split_at(length);
        repaired.extend_from_slice(if sound { escape } else { br"\ufffd" });
        rest = after;
    }
    repaired.extend_from_slice(rest);
    repaired
}

/// How long the escape at the start is, a pair of surrogates counting as one, and whether JSON allows it.
fn measure(escape: &[u8]) -> (usize, bool) {
    match escape {
        [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => (2, true),
        [_, b'u', ..] => match unit(escape) {
            Some(0xd800..=0xdbff) => match escape.get(6..).and_then(unit) {
                Some(0xdc00..=0xdfff) => (12, true),
                _ => (6, false),
            },
            Some(0xdc00..=0xdfff) => (6, false),
            Some(_) => (6, true),
            None => (2, false),
        },
        // Only the backslash goes: what follows may be the first byte of a longer character.
        _ => (1, false),
    }
}

/// The code unit of `\uXXXX` at the start.
fn unit(escape: &[u8]) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = escape else {
        return None;
    };
    let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal
        .then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &str) -> Value {
        serde_json::from_slice(&escapes(body.as_bytes())).unwrap()
    }

    #[test]
    fn an_escape_that_json_does_not_know_costs_one_character() {
        assert_eq!(read(r#"["a\ud83d"]"#), json!(["a\u{fffd}"]));
        assert_eq!(read(r#"["\ude00b", "ok"]"#), json!(["\u{fffd}b", "ok"]));
        assert_eq!(read(r#"["\ud83d\u0041"]"#), json!(["\u{fffd}A"]));
        assert_eq!(read(r#"["C:\Users"]"#), json!(["C:\u{fffd}Users"]));
        assert_eq!(read(r#"["\u12"]"#), json!(["\u{fffd}12"]));
        assert_eq!(read(r#"["\ä"]"#), json!(["\u{fffd}ä"]));
    }

    #[test]
    fn sound_escapes_stay() {
        assert_eq!(read(r#"["\ud83d\ude00\n\"\\u0041"]"#), json!(["😀\n\"\\u0041"]));
    }

    proptest! {
        #[test]
        fn what_is_sound_is_left_alone(text in any::<String>(), ascii in any::<bool>()) {
            let mut body = Value::from(text).to_string();
            if ascii {
                body = body.chars().map(|c| c.encode_utf16(&mut [0; 2]).iter()
                    .map(|unit| if c.is_ascii() { c.to_string() } else { format!("\\u{unit:04x}") }).collect::<String>()).collect();
            }
            prop_assert_eq!(escapes(body.as_bytes()), body.into_bytes());
        }

        #[test]
        fn nothing_makes_it_fail(body in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\\'), Just(b'u'), Just(b'd')], 0..64)) {
            let _ = escapes(&body);
        }
    }
}
