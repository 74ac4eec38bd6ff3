//! What a team is told of.

use crate::audit::AuditReport;
use crate::report::{Report, Run};
use crate::revocation::RevocationReport;
use crate::rotation::RotationReport;

/// Something that a team is told of. Every channel draws it in its own format, and makes the text of strangers in it
/// harmless there.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// PATs were judged.
    Monitor {
        /// What was found.
        report: &'a Report,
        /// The verdict, in one sentence.
        verdict: &'a str,
    },
    /// A PAT was rotated, or was not: see [`RotationReport::is_news`].
    Rotation {
        /// What came of it.
        report: &'a RotationReport,
        /// Where and when.
        run: &'a Run,
        /// What came of it, in one sentence: [`RotationReport::sentence`].
        sentence: &'a str,
    },
    /// PATs were revoked, or were not: see [`RevocationReport::needs_attention`].
    Revocation {
        /// What came of it.
        report: &'a RevocationReport,
        /// What came of it, in one sentence: [`RevocationReport::sentence`].
        sentence: &'a str,
    },
    /// The audit log was read: see [`AuditReport::needs_attention`].
    Audit {
        /// What it tells.
        report: &'a AuditReport,
        /// What it tells, in one sentence: [`AuditReport::sentence`].
        sentence: &'a str,
    },
}
