//! `patkeeper explain`: what a code, a message, or every code of a log means, and what to do about it.

use std::io::{Read, Write};
use std::process::ExitCode;

use patkeeper_core::render;

/// Most that is read from standard input, in bytes. The agent cuts logs long before.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Explains the words, or what standard input holds when they are a single `-`; lists all codes without any. Ends
/// with 2 when nothing is known. Nothing of the text is printed but codes: a pasted log may hold a secret.
pub(crate) fn run<'a>(words: impl Iterator<Item = &'a String>) -> ExitCode {
    let words: Vec<&str> = words.map(String::as_str).collect();
    let (text, found) = match words.as_slice() {
        [] => (render::explanations(), true),
        ["-"] => {
            let mut pasted = Vec::new();
            if let Err(error) = std::io::stdin().take(LARGEST + 1).read_to_end(&mut pasted) {
                let _ = writeln!(std::io::stderr(), "Standard input could not be read: {error}.");
                return ExitCode::from(2);
            }
            if pasted.len() as u64 > LARGEST {
                let read = LARGEST / 1024 / 1024;
                let _ = writeln!(
                    std::io::stderr(),
                    "Only the first {read} MB of standard input are read."
                );
            }
            explain(&decode(&pasted))
        }
        words => explain(&words.join(" ")),
    };
    // A reader that went away is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(if found { 0 } else { 2 })
}

fn explain(text: &str) -> (String, bool) {
    let explanation = render::explain(text);
    (explanation.text, explanation.found)
}

/// The text of a file: UTF-8, or the UTF-16 that Windows PowerShell's `>` writes. What is neither reads as U+FFFD.
fn decode(bytes: &[u8]) -> String {
    let pairs = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => pairs(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => pairs(rest, u16::from_be_bytes),
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_windows_powershell_wrote_is_read() {
        let utf16 = |bytes: fn(u16) -> [u8; 2], bom: [u8; 2]| {
            let text = "AADSTS50076: \u{e9}".encode_utf16().flat_map(bytes);
            bom.into_iter().chain(text).collect::<Vec<u8>>()
        };
        assert_eq!(
            decode(&utf16(u16::to_le_bytes, [0xff, 0xfe])),
            "AADSTS50076: \u{e9}"
        );
        assert_eq!(
            decode(&utf16(u16::to_be_bytes, [0xfe, 0xff])),
            "AADSTS50076: \u{e9}"
        );
        assert_eq!(decode("AADSTS50076: \u{e9}".as_bytes()), "AADSTS50076: \u{e9}");
        assert_eq!(decode(&[0xff, 0xfe, 0x41]), "", "half a unit is none");
    }
}
