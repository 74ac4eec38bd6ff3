//! The program's own tracing, sent through the console so that it is scrubbed like all else.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{SetGlobalDefaultError, Subscriber};
use tracing::{Event, Level, Metadata};

use crate::console::Console;

/// Libraries' own events stay out: they may quote headers.
const OURS: &str = "patkeeper";

/// Turns events into debug lines. Spans are not followed.
struct ToConsole(Console);

/// Sends the program's events to the console: what it informs of, such as a long wait, as lines of the log; the rest
/// as debug lines, if the console lets those through.
///
/// # Errors
/// Another subscriber is installed already.
pub fn install(console: &Console) -> Result<(), SetGlobalDefaultError> {
    tracing::subscriber::set_global_default(ToConsole(console.clone()))
}

impl Subscriber for ToConsole {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let lowest = if self.0.verbose() {
            Level::DEBUG
        } else {
            Level::INFO
        };
        metadata.target().starts_with(OURS) && *metadata.level() <= lowest
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        if *event.metadata().level() <= Level::INFO {
            self.0.text(&line.0);
        } else {
            self.0.debug(&line.0);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message, then `name=value` for each field.
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, "{name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use secrecy::SecretString;

    use super::*;
    use crate::Front;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_our_events_are_shown_and_without_secrets() {
        let paper = Paper::default();
        let (console, _right) = Console::new(Front::People, None, true, io::sink(), paper.clone());
        console.mask("accessToken", &SecretString::from("made-up-token"));
        tracing::subscriber::with_default(ToConsole(console), || {
            tracing::debug!(status = 200, words = "made-up-token", "answered");
            tracing::trace!("too fine");
            tracing::debug!(target: "hyper", "authorization: Bearer x");
        });
        let shown = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert_eq!(shown, "debug: answered status=200 words=***\n");
    }

    #[test]
    fn what_everyone_should_know_is_shown_without_being_asked_for() {
        let paper = Paper::default();
        let (console, _right) = Console::new(Front::People, None, false, paper.clone(), io::sink());
        tracing::subscriber::with_default(ToConsole(console), || {
            tracing::debug!("a detail");
            tracing::info!("{} asks for a pause.", "dev.azure.com");
        });
        let shown = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert_eq!(shown, "dev.azure.com asks for a pause.\n");
    }
}
