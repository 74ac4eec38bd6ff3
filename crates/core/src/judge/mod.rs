//! Statuses, totals and the verdict: a pure function of what was read, the settings and the time. What is read of a
//! large organization does not fit into memory, so it is judged bit by bit: [`Judging`].

mod ending;
mod gather;
mod head;
mod judging;
mod rejudge;
mod required;
mod settings;

use chrono::{DateTime, Utc};

use crate::reading::OrganizationReading;
use crate::report::{Report, Run};

pub use ending::{StepEnd, StepResult, step_end};
pub(crate) use head::{Tally, verdict};
pub use judging::{Judged, Judging, Scope};
pub(crate) use judging::{add_notes, all_elsewhere, is_perhaps_there, perhaps_there, short};
pub use rejudge::{Judgment, Thresholds, Unlisted, rejudge};
pub(crate) use required::{missing, nothing_named, undecided};
pub use settings::{FailOn, FailOnPolicy, MonitorSettings};

/// Judges all of whoever signed in, read at once, as of `now`: see [`Judging::take`].
#[must_use]
pub fn judge(
    readings: &[OrganizationReading],
    settings: &MonitorSettings,
    run: Run,
    now: DateTime<Utc>,
) -> Report {
    let mut judging = Judging::new(settings, Scope::Mine, now);
    judging.take(readings, None);
    judging.finish(run).0
}

/// A number of rows as reports count them.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(crate) use judging::tests as judging_tests;
#[cfg(test)]
pub(crate) mod tests;
