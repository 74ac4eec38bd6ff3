//! YAML as a tree that knows where everything stands.
//!
//! A policy file needs no more than maps, lists and scalars, so anchors, aliases, tags, several documents and
//! keys that are no text are refused, which leaves nothing for a small file to grow by. Nesting and size are
//! bounded while reading, before the rest is looked at.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::{FILE_BYTES, PolicyFileError};

/// The deepest nesting read; a policy file needs four levels.
const DEEPEST: usize = 16;

/// Where something starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// The start of the file.
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// The parser counts columns from 0.
    fn at(marker: &Marker) -> Self {
        Self {
            line: marker.line().max(1),
            column: marker.col() + 1,
        }
    }

    /// An error at this place.
    pub(super) fn error(self, message: impl Into<String>) -> PolicyFileError {
        PolicyFileError {
            line: self.line,
            column: self.column,
            message: message.into(),
        }
    }
}

/// A value and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What a node holds. Scalars stay text: what `off` or `2027-01-31` is, the reader of the key knows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing, `~` or `null`.
    Nothing,
    /// A scalar; `plain` when it has no quotes.
    Text {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// In the order of the file, no key twice.
    Map(Vec<Entry>),
}

/// One line of a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) key: String,
    pub(super) value: Node,
}

/// The file's one document, or `None` when it holds nothing but comments.
pub(super) fn read(text: &str) -> Result<Option<Node>, PolicyFileError> {
    if text.len() as u64 > FILE_BYTES {
        let message = format!("the file has {} bytes; at most {FILE_BYTES} are read", text.len());
        return Err(Place::START.error(message));
    }
    let mut reader = Reader {
        text,
        parser: Parser::new_from_str(text),
    };
    let mut document = None;
    loop {
        match reader.next()? {
            (place, Event::DocumentStart(_)) if document.is_some() => {
                return Err(place.error("a policy file is one YAML document; a second one starts here"));
            }
            (_, Event::DocumentStart(_)) => {
                let (place, event) = reader.next()?;
                document = Some(reader.node(place, event, 0)?);
            }
            (_, Event::StreamEnd) => return Ok(document),
            _ => {}
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Place, Event<'a>), PolicyFileError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((Place::at(&span.start), event)),
            Some(Err(error)) => Err(not_yaml(self.text, &error)),
            None => Ok((Place::START, Event::StreamEnd)),
        }
    }

    fn node(&mut self, place: Place, event: Event<'a>, depth: usize) -> Result<Node, PolicyFileError> {
        if depth > DEEPEST {
            return Err(place.error(format!("nested more than {DEEPEST} levels deep")));
        }
        let (anchor, tagged) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        if anchor != 0 || matches!(event, Event::Alias(_)) {
            return Err(place
                .error("anchors (`&`) and aliases (`*`) are not allowed here: quote a text that starts so"));
        }
        if tagged {
            return Err(place.error("tags (`!`) are not allowed here: quote a text that starts so"));
        }
        let value = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if matches!(&*text, "" | "~" | "null") => {
                Value::Nothing
            }
            Event::Scalar(text, style, ..) => Value::Text {
                text: text.into_owned(),
                plain: style == ScalarStyle::Plain,
            },
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.map(depth)?,
            _ => return Err(place.error("a value is expected here")),
        };
        Ok(Node { place, value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, PolicyFileError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (_, Event::SequenceEnd) => return Ok(Value::List(items)),
                (place, event) => items.push(self.node(place, event, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, PolicyFileError> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (place, event) = match self.next()? {
                (_, Event::MappingEnd) => return Ok(Value::Map(entries)),
                other => other,
            };
            let Value::Text { text: key, .. } = self.node(place, event, depth + 1)?.value else {
                return Err(place.error("a key must be a text"));
            };
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let message = format!(
                    "`{}` is there twice, first in line {}",
                    shown(&key),
                    first.place.line
                );
                return Err(place.error(message));
            }
            let (value_place, event) = self.next()?;
            let value = self.node(value_place, event, depth + 1)?;
            entries.push(Entry { place, key, value });
        }
    }
}

/// The parser's own words. Patterns such as `*-sync` are what people forget to quote.
fn not_yaml(text: &str, error: &ScanError) -> PolicyFileError {
    let hint = match text.chars().nth(error.marker().index()) {
        Some(sign @ ('*' | '&' | '!' | '@' | '`' | '%')) => {
            format!(" (a text that starts with `{sign}` needs quotes)")
        }
        _ => String::new(),
    };
    Place::at(error.marker()).error(format!("this is not YAML: {}{hint}", error.info()))
}

/// A text of the file, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
