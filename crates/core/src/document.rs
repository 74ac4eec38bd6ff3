//! Whatever Patkeeper leaves with a build: read back, and cut down where it is too large.

mod head;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::audit::{self, AuditReport};
use crate::report::{self, Report, ReportError};
use crate::revocation::{self, RevocationReport};
use crate::rotation::{self, RotationDocument};

pub use head::Head;

/// One document, by the value of its member `schema`.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// `patkeeper.report/1`. It may be a head, which holds fewer rows than its totals count.
    Monitor(Box<Report>),
    /// `patkeeper.rotation/1`.
    Rotation(Box<RotationDocument>),
    /// `patkeeper.revocation/1`.
    Revocation(Box<RevocationReport>),
    /// `patkeeper.audit/1`.
    Audit(Box<AuditReport>),
}

/// Why a text is no document that this version of Patkeeper reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON at all, or cut off.
    #[error("line {line}, column {column}: this is not JSON: {message}")]
    NotJson {
        /// 1-based.
        line: usize,
        /// 1-based; 0 at the very end of a line.
        column: usize,
        /// The parser's words.
        message: String,
    },
    /// JSON, but nothing that Patkeeper has written.
    #[error("this is JSON, but none of Patkeeper's documents: its `schema` names none")]
    NotPatkeepers,
    /// A kind of document, or a version of one, that is newer than this program.
    #[error("this is a `{found}`, which a newer version of Patkeeper has written")]
    Newer {
        /// What its `schema` says. Text of a stranger.
        found: String,
    },
    /// A version that is not read any more.
    #[error("this is a `{found}`, which this version of Patkeeper does not read any more")]
    Older {
        /// What its `schema` says. Text of a stranger.
        found: String,
    },
    /// Its content does not fit its schema.
    #[error("line {line}, column {column}: this does not fit `{schema}`: {message}")]
    DoesNotFit {
        /// What its `schema` says.
        schema: &'static str,
        /// 1-based.
        line: usize,
        /// 1-based; 0 at the very end of a line.
        column: usize,
        /// What is missing or of another type. May quote a stranger's text.
        message: String,
    },
}

impl DocumentError {
    /// Whether the text may be a document of this kind and version or of another version, for all that can be told.
    #[must_use]
    pub fn may_be(&self, schema: &str) -> bool {
        let kind = |schema: &str| schema.split('/').next().unwrap_or_default().to_owned();
        match self {
            Self::NotJson { .. } | Self::NotPatkeepers => true,
            Self::Newer { found } | Self::Older { found } => kind(found) == kind(schema),
            Self::DoesNotFit { schema: found, .. } => kind(found) == kind(schema),
        }
    }
}

/// Longest value of `schema` quoted, in characters.
const QUOTED: usize = 60;

impl Document {
    /// Reads a document. A byte order mark is passed over, and so are members that this version does not know, since
    /// adding is no new version.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match name(text)?.as_str() {
            report::SCHEMA => match report::from_json(text) {
                Ok(report) => Ok(Self::Monitor(Box::new(report))),
                Err(error) => Err(refused(error, report::SCHEMA)),
            },
            rotation::SCHEMA => fit(text, rotation::SCHEMA).map(Self::Rotation),
            revocation::SCHEMA => fit(text, revocation::SCHEMA).map(Self::Revocation),
            audit::SCHEMA => fit(text, audit::SCHEMA).map(Self::Audit),
            other => Err(unknown(other)),
        }
    }

    /// The value of its member `schema`.
    #[must_use]
    pub fn schema(&self) -> &str {
        match self {
            Self::Monitor(report) => &report.schema,
            Self::Rotation(document) => &document.schema,
            Self::Revocation(report) => &report.schema,
            Self::Audit(report) => &report.schema,
        }
    }
}

/// What a document says of itself.
#[derive(Deserialize)]
struct Named {
    schema: String,
}

fn name(text: &str) -> Result<String, DocumentError> {
    match serde_json::from_str::<Named>(text) {
        // An array of members in their order would be taken, too.
        Ok(named) if text.trim_start().starts_with('{') => Ok(named.schema),
        Ok(_) => Err(DocumentError::NotPatkeepers),
        // Parsing has ended at the first thing that is no document. What comes after it decides whether it is JSON.
        Err(_) => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(IgnoredAny) => Err(DocumentError::NotPatkeepers),
            Err(error) => Err(refused(ReportError::from(&error), report::SCHEMA)),
        },
    }
}

fn fit<T: DeserializeOwned>(text: &str, schema: &'static str) -> Result<Box<T>, DocumentError> {
    serde_json::from_str(text).map_err(|error| refused(ReportError::from(&error), schema))
}

fn refused(error: ReportError, schema: &'static str) -> DocumentError {
    match error {
        ReportError::NotJson {
            line,
            column,
            message,
        } => DocumentError::NotJson {
            line,
            column,
            message,
        },
        ReportError::DoesNotFit {
            line,
            column,
            message,
        } => DocumentError::DoesNotFit {
            schema,
            line,
            column,
            message,
        },
        ReportError::NotAReport | ReportError::OtherVersion { .. } | ReportError::Io(_) => {
            DocumentError::NotPatkeepers
        }
    }
}

/// A name that is none of those that are read. A kind that nobody knows yet is a newer one.
fn unknown(name: &str) -> DocumentError {
    let found = || name.chars().take(QUOTED).collect();
    let version = name
        .strip_prefix("patkeeper.")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(kind, version)| !kind.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|(_, version)| version.trim_start_matches('0'));
    match version {
        Some("") => DocumentError::Older { found: found() },
        Some(_) => DocumentError::Newer { found: found() },
        None => DocumentError::NotPatkeepers,
    }
}

#[cfg(test)]
mod tests;
