//! The search for secrets in everything that a job has written.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::job::Job;
use crate::running::Run;

/// Shorter forms occur by chance.
const SHORTEST: usize = 8;
/// Of a secret that is longer than two of them, each piece of this length counts as much as the whole: text is cut.
const PIECE: usize = 48;
/// Names a file for the counts of every search, so that whoever runs all tests can add them up.
const COUNTS: &str = "PATKEEPER_SEARCHED";

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

impl Searched {
    /// Adds a line `secrets forms places files bytes`.
    fn add_to_counts(&self) {
        let Some(path) = std::env::var_os(COUNTS) else {
            return;
        };
        let Self {
            places,
            files,
            bytes,
            secrets,
            forms,
        } = self;
        let line = format!("{secrets} {forms} {places} {files} {bytes}\n");
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("{COUNTS}: {error}"));
    }
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

/// A search under way. Each place that it is shown ends the test when a secret, whole or in a form derived from it, is
/// there.
pub struct Search {
    finder: AhoCorasick,
    searched: Searched,
}

impl Search {
    /// A search for these.
    ///
    /// # Panics
    /// When there is nothing to search for.
    #[must_use]
    pub fn new<S: AsRef<str>>(secrets: &[S]) -> Self {
        let forms: BTreeSet<Vec<u8>> = secrets.iter().flat_map(|secret| forms(secret.as_ref())).collect();
        assert!(!forms.is_empty(), "no secret to search for");
        Self {
            finder: AhoCorasick::new(&forms).expect("a finder"),
            searched: Searched {
                secrets: secrets.len(),
                forms: forms.len(),
                ..Searched::default()
            },
        }
    }

    /// Searches one text.
    ///
    /// # Panics
    /// When a secret is in it.
    pub fn text(&mut self, place: &str, content: &[u8]) {
        self.searched.places += 1;
        self.searched.bytes += content.len();
        let found = self
            .finder
            .find(content)
            .and_then(|found| content.get(found.range()));
        assert!(
            found.is_none(),
            "a secret (as {:?}) is in {place}",
            String::from_utf8_lossy(found.unwrap_or_default())
        );
    }

    /// Searches what a step wrote: the log as shown, what was printed before masking (but for the commands that make
    /// the agent mask), issues, outputs, uploads, the arguments of node's descendants, and their environment (but for
    /// the inputs and settings that were given the secret on purpose).
    ///
    /// # Panics
    /// When a secret is in it.
    pub fn run(&mut self, run: &Run) {
        written(run, &mut |place, content| self.text(&place, content));
        for (at, process) in run.seen.iter().enumerate() {
            self.text(
                &format!("the arguments of child {at}"),
                process.arguments.join("\0").as_bytes(),
            );
            let environment = process
                .environment
                .iter()
                .filter(|(name, _)| !was_given(run, name));
            for (name, value) in environment {
                self.text(&format!("{name} of child {at}"), value.as_bytes());
            }
        }
    }

    /// Searches every file below a folder, and its name. Of a program that was unpacked there only its name is looked
    /// at.
    ///
    /// # Panics
    /// When a secret is in it.
    pub fn files(&mut self, folder: &Path) {
        for path in files_below(folder) {
            let content = if is_program(&path) {
                Ok(Vec::new())
            } else {
                fs::read(&path)
            };
            if let Ok(content) = content {
                self.searched.files += 1;
                let name = path.display().to_string();
                self.text(&format!("{name} (its name)"), name.as_bytes());
                self.text(&name, &content);
            }
        }
    }

    /// How much was searched.
    ///
    /// # Panics
    /// When nothing was.
    #[must_use]
    pub fn end(self) -> Searched {
        assert!(self.searched.places > 0, "nothing to search in");
        self.searched.add_to_counts();
        self.searched
    }
}

/// Searches a job's files and everything that a step of it wrote.
///
/// # Panics
/// When a secret is found, or when there is nothing to search for or in.
pub fn assert_no_secret(job: &Job, run: &Run, secrets: &[&str]) -> Searched {
    let mut search = Search::new(secrets);
    search.run(run);
    search.files(job.root());
    search.end()
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

fn is_program(path: &Path) -> bool {
    let mut start = [0; 4];
    let is_read = fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok();
    // ELF, and Mach-O of 64 bits.
    is_read && [*b"\x7fELF", *b"\xcf\xfa\xed\xfe"].contains(&start)
}

/// What the agent masks before it logs it, and hands to nobody but the steps that name it.
fn is_for_the_masker(line: &str) -> bool {
    let secret_variable = line.starts_with("##vso[task.setvariable ")
        && line
            .split(']')
            .next()
            .is_some_and(|header| header.contains("issecret=true"));
    line.starts_with("##vso[task.setsecret") || secret_variable
}

/// A value that the step's own inputs or the agent's settings hold, handed on under its own name.
fn was_given(run: &Run, name: &str) -> bool {
    let given = ["INPUT_", "SECRET_AGENT_", "ENDPOINT_AUTH_", "IDENTITY_HEADER"];
    given.iter().any(|prefix| name.starts_with(prefix)) && run.environment.contains_key(name)
}

/// Pieces of a long secret of which one is in every text that holds a larger part of it.
fn pieces(secret: &str) -> impl Iterator<Item = &str> {
    let starts = (0..secret.len())
        .step_by(PIECE)
        .filter(|_| secret.len() > 2 * PIECE);
    starts.filter_map(|start| secret.get(start..start + PIECE))
}

/// The secret, its lines and pieces, and what encoders make of them, at any position in what is encoded.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let lines = secret
        .lines()
        .map(str::trim)
        .filter(|line| line.len() >= SHORTEST);
    let mut forms: Vec<Vec<u8>> = Vec::new();
    for text in lines
        .chain([secret.trim()])
        .chain(pieces(secret))
        .filter(|text| text.len() >= SHORTEST)
    {
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
    fn half_of_a_long_secret_is_found() {
        let secret: String = (0..300_u32)
            .map(|at| char::from(b'a' + (at * 7 % 26) as u8))
            .collect();
        assert!(finds(&secret, &secret[100..220]));
        assert!(finds(&secret, &STANDARD_NO_PAD.encode(&secret[..100])));
        assert!(!finds(&secret, &secret[100..130]));
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
