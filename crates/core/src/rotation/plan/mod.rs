//! The plan: a pure function of what was observed, what was done since, the settings and the time.
//!
//! | room | decides |
//! |---|---|
//! | `recover` | who holds the lock; what a dead run has left; what has been superseded long enough |
//! | `due` | which PAT is the recorded one, and whether it is due |
//! | `attempt` | one rotation, from its intent to the value read back |
//! | `take_back` | how it is taken back |
//! | `extend` | a later end for the same PAT |
//! | `finish` | the report |
//!
//! All of them ask `view`, which knows what holds now, and `writing`, which knows what the tags should say.

mod attempt;
mod due;
mod extend;
mod finish;
mod recover;
mod take_back;
mod view;
mod writing;

use chrono::{DateTime, Utc};

use crate::failure::Failure;

use super::observed::Observed;
use super::progress::Progress;
use super::say;
use super::settings::{Mode, Settings};
use super::step::{Purpose, Step};

use attempt::Flow;
use due::Verdict;
use view::View;

/// What a stage ends in where the next stage is not to be asked: a step to take first, or the end of the run.
enum Halt {
    Step(Box<Step>),
    Fail(Box<Failure>),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Fail(Box::new(failure))
    }
}

impl From<Step> for Halt {
    fn from(step: Step) -> Self {
        Self::Step(Box::new(step))
    }
}

/// The next step. `now` is this machine's clock.
///
/// The executor does the step, tells [`Progress::note`] what came of it, and asks again, until the step is
/// [`Step::Done`].
#[must_use]
pub fn next(observed: &Observed, done: &Progress, settings: &Settings, now: DateTime<Utc>) -> Step {
    let view = match View::new(observed, done, settings, now) {
        Ok(view) => view,
        Err(failure) => return finish::unread(done, settings, failure),
    };
    match plan(&view) {
        Ok(()) => finish::done(&view, None),
        Err(Halt::Step(step)) => *step,
        Err(Halt::Fail(failure)) => finish::done(&view, Some(*failure)),
    }
}

fn plan(view: &View<'_>) -> Result<(), Halt> {
    if let Some(failure) = &view.done.stop {
        return Err(failure.clone().into());
    }
    if let Some(last) = view.last_try() {
        match attempt::go_on(view, last)? {
            Flow::Done => return Ok(()),
            Flow::Again => {}
        }
    }
    if view.done.cancelled {
        let stands = match &view.done.extended {
            Some((Ok(_), _)) => "the PAT has its new end, and the next run records it",
            Some((Err(_), _)) => {
                "whether the PAT has its new end is not known, and the next run records what it finds"
            }
            None => "nothing that it began is left to take back",
        };
        return Err(say::cancelled(stands).into());
    }
    if view.done.extended.is_some() {
        return extend::finish(view);
    }
    recover::lock(view)?;
    let standing = due::standing(view)?;
    recover::orphans(view)?;
    recover::superseded(view, &standing)?;
    match due::decide(view, &standing)? {
        Verdict::Due(_, why) if mints(view, &standing) => attempt::begin(view, &standing, &why),
        Verdict::Due(reason, why) => extend::begin(view, &standing, reason, why),
        Verdict::NotDue(_) => tidy(view, &standing),
    }
}

/// A PAT that is not there yet cannot be extended: the first one is minted in either mode.
fn mints(view: &View<'_>, standing: &due::Standing<'_>) -> bool {
    view.settings.mode == Mode::Replace || standing.record.is_none()
}

/// Nothing is due: the tags are made to say what holds, if they do not.
fn tidy(view: &View<'_>, standing: &due::Standing<'_>) -> Result<(), Halt> {
    let mut settled = view.settled()?;
    let before = view.metadata();
    settled.record.clone_from(&standing.record);
    let ends_otherwise = match (&before.record, &settled.record) {
        (Some(before), Some(now)) => (before.valid_to != now.valid_to).then_some(now.valid_to),
        (None, Some(adopted)) => Some(adopted.valid_to),
        _ => None,
    };
    let mut same = before.clone();
    same.unsettled.clone_from(&settled.unsettled);
    // Names that are settled may stay until the next writing: they do no harm.
    if view.current.is_none() || (settled == same && settled.unsettled.len() <= before.unsettled.len()) {
        return recover::failed(view);
    }
    let why = if before.intent.is_some() {
        "that nothing is left of the dead run"
    } else if before.record.is_none() {
        "the PAT named with adopt as the one that the secret holds"
    } else if ends_otherwise.is_some() {
        "the end that the service has now"
    } else {
        "that what was replaced has ended"
    };
    let step = view.write(settled, ends_otherwise, Purpose::Tidy, why.to_owned())?;
    Err(step.into())
}
