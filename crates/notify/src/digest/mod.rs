//! What a team must know of some news, most urgent first: one shape, which each chat host's message is drawn from.

mod audit;
pub(crate) mod monitor;
mod revocation;
mod rotation;

use patkeeper_core::failure::Failure;
use patkeeper_core::news::News;
use patkeeper_core::report::{Run, UnreadableEntry};
use patkeeper_core::text::plain;
use patkeeper_core::time;
use serde::Serialize;
use url::Url;

/// Longest name or pattern shown, in UTF-16 code units, as chat hosts count.
const SUBJECT: usize = 100;
/// Longest explanation shown.
const DETAIL: usize = 240;
/// Longest sentence shown.
const SENTENCE: usize = 500;

/// The news, for people. All of its text is harmless, each on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest<'a> {
    /// What it is about, in a few words.
    pub(crate) title: String,
    /// What there is to say, in one sentence.
    pub(crate) sentence: String,
    /// The rest, most urgent first.
    pub(crate) items: Vec<Item>,
    /// Where it comes from.
    pub(crate) context: String,
    /// Where the build can be looked at.
    pub(crate) link: Option<&'a str>,
    /// How many further things the report counts without listing them.
    unlisted: usize,
    /// Who lists what is left out.
    rest: &'static str,
}

/// How an item looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Something is broken, or not known.
    Bad,
    /// Something will be, or is worth a look.
    Soon,
    /// Something went well.
    Good,
}

/// One thing to know. All of its text is one harmless line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) weight: Weight,
    /// `expired`, `missing`, `new`, ….
    pub(crate) label: &'static str,
    /// What it is about.
    pub(crate) subject: String,
    /// What about it; may be empty.
    pub(crate) detail: String,
}

impl<'a> Digest<'a> {
    pub(crate) fn of(news: &News<'a>) -> Self {
        match *news {
            News::Monitor { report, verdict } => monitor::digest(report, verdict),
            News::Rotation {
                report,
                run,
                sentence,
            } => rotation::digest(report, run, sentence),
            News::Revocation { report, sentence } => revocation::digest(report, sentence),
            News::Audit { report, sentence } => audit::digest(report, sentence),
        }
    }

    /// What is said in place of the items left out: all after the first `shown`.
    pub(crate) fn more(&self, shown: usize) -> Option<String> {
        let left_out = self.items.len().saturating_sub(shown) + self.unlisted;
        (left_out > 0).then(|| format!("… and {left_out} more: {}", self.rest))
    }
}

/// A whole sentence as an item.
fn said(weight: Weight, label: &'static str, sentence: &str) -> Item {
    Item {
        weight,
        label,
        subject: cut(sentence, SENTENCE),
        detail: String::new(),
    }
}

/// Why something failed, and what to do about it; the failure's own first sentence stands elsewhere.
fn why_and_ways_out(failure: &Failure) -> impl Iterator<Item = Item> + '_ {
    let why = failure.why.iter().map(|why| said(Weight::Bad, "why", why));
    let labels = ["do first", "way out", "way out"];
    let ways = labels.into_iter().zip(&failure.ways_out);
    why.chain(ways.map(|(label, way)| said(Weight::Bad, label, way)))
}

fn unreadable(entry: &UnreadableEntry) -> Item {
    Item {
        weight: Weight::Bad,
        label: "unreadable",
        subject: cut(&entry.what, SUBJECT),
        detail: cut(&entry.failure.what, DETAIL),
    }
}

/// `of acme, acme-labs, initech and 2 more`, to follow a space; empty: none.
fn of<'n>(organizations: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = organizations.map(plain).collect();
    match names.as_slice() {
        [] => String::new(),
        [first, second, third, _, ..] => {
            format!(" of {first}, {second}, {third} and {} more", names.len() - 3)
        }
        names => format!(" of {}", names.join(", ")),
    }
}

/// `1 PAT`, `2 PATs`.
fn count(number: u32, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Where and when it was found, after what comes first.
fn context(first: Option<String>, run: &Run, version: &str) -> String {
    let pipeline = run.pipeline.as_ref();
    let pipeline = pipeline.map(|pipeline| format!("Pipeline: {}", cut(pipeline, SUBJECT)));
    let program = format!("Patkeeper {}, {}", plain(version), time::minute(run.at));
    let parts: Vec<String> = first.into_iter().chain(pipeline).chain([program]).collect();
    cut(&parts.join(" · "), SENTENCE)
}

/// The link to the build, if it can be nothing but a link.
pub(crate) fn link(run: &Run) -> Option<&str> {
    run.link.as_deref().filter(|link| {
        link.len() <= 1000
            && link
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"<>|\"'`\\()[]*".contains(&byte))
            && Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
    })
}

/// A value's word in the public contract, e.g. `critical`.
pub(crate) fn word(value: impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

pub(crate) fn name(name: &str) -> String {
    let name = cut(name.trim(), SUBJECT);
    if name.is_empty() {
        "(no name)".to_owned()
    } else {
        name
    }
}

/// One harmless line of at most `most` UTF-16 code units.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let text = plain(text);
    if text.encode_utf16().count() <= most {
        return text;
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < most
    };
    text.chars()
        .take_while(fits)
        .chain(std::iter::once('…'))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture;

    #[test]
    fn a_link_that_could_be_more_than_a_link_is_none() {
        let mut run = fixture::report().run;
        assert!(link(&run).is_some());
        for odd in [
            "javascript:alert(1)",
            "https://x/|y",
            "https://x/ y",
            "https://x/>",
            "x",
            "https:",
            "https://x/\n",
        ] {
            run.link = Some(odd.to_owned());
            assert_eq!(link(&run), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_text_is_within_its_limit(text in any::<String>(), most in 1..40usize) {
            let cut = cut(&text, most);
            prop_assert!(cut.encode_utf16().count() <= most, "{:?}", cut);
        }
    }
}
