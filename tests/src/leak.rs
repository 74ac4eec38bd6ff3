//! The search for secrets in everything that a job has written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::job::Job;
use crate::running::Run;

/// Shorter forms occur by chance.
const SHORTEST: usize = 8;

/// How much was searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Searched {
    /// Texts: log lines, issues, outputs, arguments, variables of children, uploads, files.
    pub places: usize,
    /// Of these, files.
    pub files: usize,
    /// Bytes in all.
    pub bytes: usize,
    /// Secrets.
    pub secrets: usize,
    /// Forms of secrets.
    pub forms: usize,
}

impl std::fmt::Display for Searched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            places,
            files,
            bytes,
            secrets,
            forms,
        } = self;
        write!(
            f,
            "0 of {secrets} secrets ({forms} forms) in {places} places, {files} files, {bytes} bytes"
        )
    }
}

/// Ends the test when a secret, whole or in a form derived from it, is in anything written: the log as shown,
/// what was printed before masking (but for the commands that make the agent mask), issues, outputs, uploads,
/// every file of the job, the arguments of node's descendants, and their environment (but for the inputs and
/// settings that were given the secret on purpose).
///
/// # Panics
/// When one is found, or when there is nothing to search for or in.
pub fn assert_no_secret(job: &Job, run: &Run, secrets: &[&str]) -> Searched {
    let forms: BTreeSet<Vec<u8>> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    assert!(!forms.is_empty(), "no secret to search for");
    let finder = AhoCorasick::new(&forms).expect("a finder");
    let mut searched = Searched {
        secrets: secrets.len(),
        forms: forms.len(),
        ..Searched::default()
    };
    let mut search = |place: String, content: &[u8]| {
        searched.places += 1;
        searched.bytes += content.len();
        let found = finder.find(content).and_then(|found| content.get(found.range()));
        assert!(
            found.is_none(),
            "a secret (as {:?}) is in {place}",
            String::from_utf8_lossy(found.unwrap_or_default())
        );
    };
    written(run, &mut search);
    for (at, process) in run.seen.iter().enumerate() {
        search(
            format!("the arguments of child {at}"),
            process.arguments.join("\0").as_bytes(),
        );
        for (name, value) in process
            .environment
            .iter()
            .filter(|(name, _)| !was_given(run, name))
        {
            search(format!("{name} of child {at}"), value.as_bytes());
        }
    }
    let mut files = 0;
    for path in files_below(job.root()) {
        if let Ok(content) = fs::read(&path) {
            files += 1;
            search(
                format!("{} (its name)", path.display()),
                path.display().to_string().as_bytes(),
            );
            search(path.display().to_string(), &content);
        }
    }
    searched.files = files;
    assert!(searched.places > 0, "nothing to search in");
    searched
}

fn written(run: &Run, search: &mut impl FnMut(String, &[u8])) {
    for line in &run.record.log {
        search(format!("the log: {}", line.text), line.text.as_bytes());
    }
    for (_, line) in run.record.raw.iter().filter(|(_, line)| !is_for_the_masker(line)) {
        search(format!("what was printed: {line}"), line.as_bytes());
    }
    for issue in run.record.errors.iter().chain(&run.record.warnings) {
        search(format!("an issue: {issue}"), issue.as_bytes());
    }
    for (name, output) in run.record.outputs.iter().filter(|(_, output)| !output.secret) {
        search(format!("output {name}"), output.value.as_bytes());
    }
    for upload in &run.record.uploads {
        search(format!("upload {}", upload.name), &upload.content);
    }
}

fn is_for_the_masker(line: &str) -> bool {
    line.starts_with("##vso[task.setsecret")
}

/// A value that the step's own inputs or the agent's settings hold, handed on under its own name.
fn was_given(run: &Run, name: &str) -> bool {
    (name.starts_with("INPUT_") || name.starts_with("SECRET_AGENT_")) && run.environment.contains_key(name)
}

/// The secret, its lines, and what encoders make of them, at any position in what is encoded.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let lines = secret
        .lines()
        .map(str::trim)
        .filter(|line| line.len() >= SHORTEST);
    let mut forms: Vec<Vec<u8>> = Vec::new();
    for text in lines.chain([secret.trim()]).filter(|text| text.len() >= SHORTEST) {
        let json = serde_json::Value::from(text).to_string();
        let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.push(text.as_bytes().to_vec());
        forms.push(json.trim_matches('"').as_bytes().to_vec());
        forms.push(percent.to_lowercase().into_bytes());
        forms.push(percent.into_bytes());
        forms.push(hex.to_uppercase().into_bytes());
        forms.push(hex.into_bytes());
        forms.push(text.chars().rev().collect::<String>().into_bytes());
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        for shift in 0..3 {
            forms.push(base64_core(text, shift, &STANDARD_NO_PAD));
            forms.push(base64_core(text, shift, &URL_SAFE_NO_PAD));
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// The characters of a base64 text that depend on the secret alone, when `shift` bytes (modulo 3) precede it.
fn base64_core(text: &str, shift: usize, engine: &base64::engine::GeneralPurpose) -> Vec<u8> {
    let padded = [&vec![0; shift], text.as_bytes()].concat();
    let encoded = engine.encode(&padded).into_bytes();
    let skip = (shift * 8).div_ceil(6);
    let whole = padded.len() * 8 / 6;
    encoded
        .get(skip..whole.min(encoded.len()))
        .unwrap_or_default()
        .to_vec()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(secret: &str, content: &str) -> bool {
        AhoCorasick::new(forms(secret)).unwrap().is_match(content)
    }

    #[test]
    fn a_secret_is_found_in_base64_whatever_precedes_it() {
        for prefix in ["", ":", "me:", "user:"] {
            let encoded = STANDARD_NO_PAD.encode(format!("{prefix}opensesame!and more"));
            assert!(finds("opensesame!", &encoded), "{prefix}");
        }
    }

    #[test]
    fn an_innocent_text_is_not_found() {
        assert!(!finds("opensesame!", "open sesame, b3BlbnNlc2Ft"));
    }

    #[test]
    fn every_line_of_a_secret_counts() {
        assert!(finds("first line\nsecond line", "x second line y"));
    }
}
