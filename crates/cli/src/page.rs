//! The report as one HTML file: the page that shows a build's results, with documents in it.
//!
//! `cargo xtask page` makes the page; the build puts it into the program.

use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lzma_rust2::LzmaReader;
use patkeeper_agent::Front;
use patkeeper_agent::inputs::ReportFormat;
use patkeeper_core::failure::{Failure, FailureKind};

/// The page as the build packed it: its text, a NUL, the wasm that stands in it as base64. Empty where it was not made before
/// the program.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/page"));
/// The page's wasm comes after this.
const WASM: &str = "id=\"wasm\">";
/// The line of the page that stands where its documents go.
const MARKER: &str = "<!--documents-->";

/// The page without documents, before and after their place.
#[derive(Debug)]
pub(crate) struct Page {
    before: String,
    after: String,
}

impl Page {
    /// The one in the program; `None`: it was built without.
    pub(crate) fn embedded() -> Option<Self> {
        let mut page = Vec::new();
        LzmaReader::new_mem_limit(PACKED, u32::MAX, None)
            .and_then(|mut packed| packed.read_to_end(&mut page))
            .ok()?;
        let (text, wasm) = page.split_at_checked(page.iter().position(|byte| *byte == 0)?)?;
        let (before, after) = std::str::from_utf8(text).ok()?.split_once(WASM)?;
        let wasm = STANDARD.encode(wasm.get(1..)?);
        Self::new(&[before, WASM, &wasm, after].concat())
    }

    /// One that was made since; `None`: it is not there, or none.
    #[cfg(feature = "demo")]
    pub(crate) fn made(file: &Path) -> Option<Self> {
        Self::new(&std::fs::read_to_string(file).ok()?)
    }

    fn new(page: &str) -> Option<Self> {
        let (before, after) = page.split_once(MARKER)?;
        Some(Self {
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    /// Writes the page with these documents, each a file of JSON and its name.
    ///
    /// # Errors
    /// Those of reading and of writing.
    pub(crate) fn write(&self, out: &mut dyn Write, documents: &[(&str, &Path)]) -> io::Result<()> {
        out.write_all(self.before.as_bytes())?;
        for (name, file) in documents {
            embed(out, name, &mut std::fs::File::open(file)?)?;
        }
        out.write_all(self.after.as_bytes())
    }
}

/// Refuses formats that this program cannot draw.
pub(crate) fn check(front: Front, asked: &[ReportFormat]) -> Result<(), Failure> {
    if !asked.contains(&ReportFormat::Html) || !PACKED.is_empty() {
        return Ok(());
    }
    let label = front.label("reportFormats");
    Err(Failure::new(
        FailureKind::Input,
        format!("{label}: this program was built without the page that html is drawn with."),
    )
    .with_code("badInput")
    .with_why("the page is made before the program, and was not there")
    .with_way_out("run `cargo xtask page`, then build the program again")
    .with_way_out("leave html out"))
}

/// One document as an element of the page: data, which no browser runs. A name is one of ours.
fn embed(out: &mut dyn Write, name: &str, document: &mut dyn Read) -> io::Result<()> {
    write!(
        out,
        "<script type=\"application/json\" class=\"document\" data-name=\"{name}\">"
    )?;
    io::copy(document, &mut Inside(out))?;
    writeln!(out, "</script>")
}

/// JSON inside an element: nothing in it ends the element or begins a comment. It holds these characters in strings only,
/// and there an escape is the character.
struct Inside<'a>(&'a mut dyn Write);

impl Write for Inside<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'<' | b'>' | b'&')) {
            match piece.split_last() {
                Some((last @ (b'<' | b'>' | b'&'), rest)) => {
                    self.0.write_all(rest)?;
                    write!(self.0, "\\u{last:04x}")?;
                }
                _ => self.0.write_all(piece)?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const PAGE: &str = "<!doctype html>\n<body>\n<!--documents-->\n<script>go()</script>\n</body>\n";

    /// The page with these documents.
    fn page_of(documents: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..documents.len())
            .map(|number| format!("{number}.json"))
            .collect();
        let files: Vec<_> = names.iter().map(|name| folder.path().join(name)).collect();
        for (file, document) in files.iter().zip(documents) {
            std::fs::write(file, document).unwrap();
        }
        let named: Vec<(&str, &Path)> = names
            .iter()
            .map(String::as_str)
            .zip(files.iter().map(std::path::PathBuf::as_path))
            .collect();
        let mut out = Vec::new();
        Page::new(PAGE).unwrap().write(&mut out, &named).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What a browser finds in the page's documents, ended where the first end tag is.
    fn documents_in(page: &str) -> Vec<(String, Value)> {
        let start = "<script type=\"application/json\" class=\"document\" data-name=\"";
        page.split(start)
            .skip(1)
            .map(|rest| {
                let (name, rest) = rest.split_once("\">").unwrap();
                let (text, _) = rest.split_once("</script>").unwrap();
                (name.to_owned(), serde_json::from_str(text).unwrap())
            })
            .collect()
    }

    #[test]
    fn documents_stand_in_the_markers_place_in_order_and_whole() {
        let page = page_of(&["{\"a\":1}\n", "[\"b\"]"]);
        assert_eq!(
            documents_in(&page),
            [
                ("0.json".to_owned(), json!({"a": 1})),
                ("1.json".to_owned(), json!(["b"]))
            ]
        );
        assert!(page.starts_with("<!doctype html>\n<body>\n<script type="));
        assert!(page.ends_with("</script>\n\n<script>go()</script>\n</body>\n"));
        assert!(!page.contains(MARKER));
        assert_eq!(page_of(&[]), PAGE.replace(MARKER, ""));
    }

    #[test]
    fn no_name_in_a_document_ends_its_element_or_begins_a_comment() {
        for hostile in [
            "</script><script>alert(1)</script>",
            "</SCRIPT >",
            "<!--<script>",
            "--><!--",
            "]]>",
            "&lt;/script&gt;",
            "<!--documents-->",
            "\u{2028}\u{2029}\u{0}\u{1f600}",
            "\\u003c/script\\u003e",
            "\"><img src=x onerror=alert(1)>",
        ] {
            let document = json!({hostile: [hostile, {"displayName": hostile}]});
            // Not every writer of JSON escapes as ours does.
            for text in [document.to_string(), patkeeper_core::render::json(&document)] {
                let page = page_of(&[&text]);
                assert_eq!(documents_in(&page), [("0.json".to_owned(), document.clone())]);
                let markup = page.replace("<script type=\"application/json\"", "<script");
                let count = |what: &str| markup.to_ascii_lowercase().matches(what).count();
                assert_eq!(
                    (count("<script"), count("</script"), count("<!--")),
                    (2, 2, 0),
                    "{page}"
                );
                assert_eq!(count("<img"), 0);
            }
        }
    }

    #[test]
    fn what_has_no_place_for_documents_is_no_page() {
        assert!(Page::new("<html></html>").is_none());
        assert!(Page::new("").is_none());
    }

    #[cfg(page)]
    #[test]
    fn the_page_in_the_program_is_the_one_that_was_made() {
        let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/page/report.html");
        let page = Page::embedded().unwrap();
        let whole = page.before + MARKER + &page.after;
        assert!(whole == std::fs::read_to_string(made).unwrap());
        // The first bytes of any wasm.
        assert!(whole.contains("<script type=\"text/plain\" id=\"wasm\">AGFzbQEAAA"));
    }
}
