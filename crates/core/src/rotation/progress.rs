//! What a run has done so far, as the executor tells it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::failure::Failure;
use crate::pat::{AuthorizationId, Pat};

use super::line::Line;
use super::observed::{Clock, Ended, Reading, Version};
use super::record::{Intent, Metadata};
use super::say;
use super::step::{Outcome, Purpose, Step, WriteTags};

/// All that a run has done so far. Begin with the default, and [`Progress::note`] every outcome.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    pub(super) cancelled: bool,
    /// The current version as it was last written or read.
    pub(super) held: Option<Held>,
    pub(super) clock: Option<Clock>,
    /// Ended for sure: revoked in this run, or shown by the lists after the service said that it is gone.
    pub(super) revoked: BTreeSet<AuthorizationId>,
    /// Said to be gone; the lists are to confirm it.
    pub(super) gone: BTreeMap<AuthorizationId, Failure>,
    /// Could not be revoked.
    pub(super) unrevoked: BTreeMap<AuthorizationId, Failure>,
    pub(super) ended: Option<Result<Ended, Failure>>,
    /// Whether the stored value works.
    pub(super) proved: Option<Trial>,
    /// What was there when a secret that was absent was looked for again.
    pub(super) looked_again: Option<Result<Option<Held>, Failure>>,
    pub(super) tries: Vec<Try>,
    pub(super) extended: Option<(Result<DateTime<Utc>, Failure>, String)>,
    /// Something after which nothing more is to be done.
    pub(super) stop: Option<Failure>,
    pub(super) lines: Vec<Line>,
}

/// One version, with its tags read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held {
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    pub(super) enabled: bool,
    pub(super) metadata: Metadata,
}

impl Held {
    pub(super) fn read(version: &Version) -> Result<Self, Failure> {
        Ok(Self {
            id: version.id.clone(),
            created: version.created,
            enabled: version.enabled,
            metadata: Metadata::read(&version.tags).map_err(|bad| say::bad_tag(&bad, &version.id))?,
        })
    }
}

/// Whether a PAT works.
#[derive(Debug, Clone)]
pub(super) enum Trial {
    Works,
    Refused(Failure),
    Unproven(Failure),
}

/// One rotation, from its intent on.
#[derive(Debug, Clone)]
pub(super) struct Try {
    pub(super) intent: Intent,
    /// The version that holds the intent.
    pub(super) version: String,
    pub(super) why: String,
    pub(super) previous: Option<AuthorizationId>,
    /// Whether the intent was found where it was written.
    pub(super) confirmed: Option<Result<bool, Failure>>,
    pub(super) minted: Option<Result<Minted, Failure>>,
    /// The minting's answer was not clear.
    pub(super) unclear: bool,
    pub(super) found: Option<Result<Vec<Pat>, Failure>>,
    pub(super) trial: Option<Trial>,
    /// Whether the intent was still there before storing.
    pub(super) checked: Option<Result<bool, Failure>>,
    pub(super) announced: Option<Result<(), Failure>>,
    pub(super) stored: Option<Storing>,
    pub(super) same: Option<Result<bool, Failure>>,
    pub(super) cleared: Option<Result<(), Failure>>,
}

#[derive(Debug, Clone)]
pub(super) struct Minted {
    pub(super) id: AuthorizationId,
    pub(super) asked: DateTime<Utc>,
    pub(super) valid_to: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub(super) enum Storing {
    Done(String),
    Failed(Failure),
    Unclear(Failure),
}

impl Try {
    fn begin(version: &str, intent: &Intent, previous: Option<&AuthorizationId>, why: &str) -> Self {
        Self {
            intent: intent.clone(),
            version: version.to_owned(),
            why: why.to_owned(),
            previous: previous.cloned(),
            confirmed: None,
            minted: None,
            unclear: false,
            found: None,
            trial: None,
            checked: None,
            announced: None,
            stored: None,
            same: None,
            cleared: None,
        }
    }

    /// The PAT that it has made, if it knows.
    pub(super) fn minted(&self) -> Option<&Minted> {
        self.minted.as_ref().and_then(|minted| minted.as_ref().ok())
    }
}

impl Progress {
    /// Takes in what came of the step that was planned last.
    pub fn note(&mut self, step: &Step, outcome: Outcome) {
        self.lines.push(Line::of(step, &outcome));
        let understood = match step {
            Step::ListEnded { .. } => self.note_ended(outcome),
            Step::Revoke { id, .. } => self.note_revoked(id, outcome),
            Step::WriteTags(write) => self.note_written(write, outcome),
            Step::Prove { .. } => trial(outcome).map(|trial| self.proved = Some(trial)),
            Step::Extend { why, .. } => match outcome {
                Outcome::Extended { valid_to } => Some(Ok(valid_to)),
                Outcome::Failed(failure) | Outcome::Unclear(failure) => Some(Err(failure)),
                _ => None,
            }
            .map(|extended| self.extended = Some((extended, why.clone()))),
            Step::Done(_) => None,
            _ => self.note_try(step, outcome),
        };
        if understood.is_none() {
            self.stop = Some(say::bug(step));
        }
    }

    /// The run is to end: no further step is begun, but what can be taken back is.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    fn note_ended(&mut self, outcome: Outcome) -> Option<()> {
        let ended = match outcome {
            Outcome::Ended(ended) => Ok(ended),
            Outcome::Failed(failure) | Outcome::Unclear(failure) => Err(failure),
            _ => return None,
        };
        for (id, doubt) in std::mem::take(&mut self.gone) {
            match &ended {
                Ok(ended) if ended.shows(&id) => {
                    self.revoked.insert(id);
                }
                Ok(_) => {
                    self.unrevoked.insert(id, doubt);
                }
                Err(failure) => {
                    self.unrevoked.insert(id, failure.clone());
                }
            }
        }
        self.ended = Some(ended);
        Some(())
    }

    fn note_revoked(&mut self, id: &AuthorizationId, outcome: Outcome) -> Option<()> {
        match outcome {
            Outcome::Revoked => {
                self.revoked.insert(id.clone());
                // The value may have been that one's.
                self.proved = None;
            }
            Outcome::Gone => {
                self.gone.insert(id.clone(), say::gone_unseen(id));
                self.ended = None;
            }
            // It may have been done all the same: the lists tell.
            Outcome::Unclear(failure) => {
                self.gone.insert(id.clone(), failure);
                self.ended = None;
            }
            Outcome::Failed(failure) => {
                self.unrevoked.insert(id.clone(), failure);
            }
            _ => return None,
        }
        Some(())
    }

    fn note_written(&mut self, write: &WriteTags, outcome: Outcome) -> Option<()> {
        let (written, unclear) = match outcome {
            Outcome::Written { version } => (Ok(version), false),
            Outcome::Failed(failure) => (Err(failure), false),
            Outcome::Unclear(failure) => (Err(failure), true),
            _ => return None,
        };
        if let Ok(version) = &written {
            self.held = Some(Held {
                id: version.clone(),
                ..write.held.clone()
            });
        }
        let last = self.tries.last_mut();
        match (&write.purpose, written) {
            (Purpose::Intend { intent, previous }, Ok(version)) => {
                self.tries
                    .push(Try::begin(&version, intent, previous.as_ref(), &write.why));
            }
            (Purpose::Intend { .. }, Err(failure)) => {
                self.stop = Some(say::intent_not_written(failure, unclear));
            }
            (Purpose::Tidy, Ok(_)) => {}
            (Purpose::Tidy, Err(failure)) => self.stop = Some(failure),
            (Purpose::Storing, written) => last?.announced = Some(written.map(drop)),
            (Purpose::Clear, written) => last?.cleared = Some(written.map(drop)),
        }
        Some(())
    }

    fn note_try(&mut self, step: &Step, outcome: Outcome) -> Option<()> {
        if let Step::ReadCurrent { .. } = step {
            if self.tries.is_empty() {
                return self.note_absent(outcome);
            }
            return self.note_current(outcome);
        }
        let last = self.tries.last_mut()?;
        match (step, outcome) {
            (Step::Mint { valid_to: asked, .. }, Outcome::Minted { id, valid_to }) => {
                let asked = *asked;
                last.minted = Some(Ok(Minted { id, asked, valid_to }));
            }
            (Step::Mint { .. }, Outcome::Failed(failure)) => last.minted = Some(Err(failure)),
            (Step::Mint { .. }, Outcome::Unclear(failure)) => {
                last.minted = Some(Err(failure));
                last.unclear = true;
            }
            (Step::FindByName { .. }, Outcome::Found(pats)) => last.found = Some(Ok(pats)),
            (Step::FindByName { .. }, Outcome::Failed(failure) | Outcome::Unclear(failure)) => {
                last.found = Some(Err(failure));
            }
            (Step::Test { .. }, outcome) => last.trial = Some(trial(outcome)?),
            (Step::Store { tags, .. }, Outcome::Stored { version }) => {
                self.proved = None;
                // These tags were written by this program a moment ago.
                let metadata = Metadata::read(tags).ok()?;
                self.held = Some(Held {
                    id: version.clone(),
                    created: last.intent.start,
                    enabled: true,
                    metadata,
                });
                last.stored = Some(Storing::Done(version));
            }
            (Step::Store { .. }, Outcome::Failed(failure)) => last.stored = Some(Storing::Failed(failure)),
            (Step::Store { .. }, Outcome::Unclear(failure)) => last.stored = Some(Storing::Unclear(failure)),
            (Step::ReadBack { .. }, Outcome::SameValue) => last.same = Some(Ok(true)),
            (Step::ReadBack { .. }, Outcome::OtherValue) => last.same = Some(Ok(false)),
            (Step::ReadBack { .. }, Outcome::Failed(failure) | Outcome::Unclear(failure)) => {
                last.same = Some(Err(failure));
            }
            _ => return None,
        }
        Some(())
    }

    /// A secret that was absent was looked for again.
    fn note_absent(&mut self, outcome: Outcome) -> Option<()> {
        self.looked_again = Some(match outcome {
            // A dry run does not look again.
            Outcome::Works => Ok(None),
            Outcome::Failed(failure) | Outcome::Unclear(failure) => Err(failure),
            Outcome::Current(Reading { current, clock }) => {
                self.clock = Some(clock);
                current.as_ref().map(Held::read).transpose()
            }
            _ => return None,
        });
        Some(())
    }

    /// The current version was read again: to confirm an intent just written, or before storing.
    fn note_current(&mut self, outcome: Outcome) -> Option<()> {
        let last = self.tries.last_mut()?;
        let ours = match outcome {
            // A dry run has written nothing, and takes its intent for written.
            Outcome::Works => Ok(true),
            Outcome::Failed(failure) | Outcome::Unclear(failure) => Err(failure),
            Outcome::Current(Reading { current, clock }) => {
                self.clock = Some(clock);
                match current.as_ref().map(Held::read).transpose() {
                    Err(failure) => Err(failure),
                    Ok(current) => {
                        let ours = current.as_ref().is_some_and(|current| {
                            let intent = current.metadata.intent.as_ref();
                            current.id == last.version
                                && intent.is_some_and(|intent| intent.rotation == last.intent.rotation)
                        });
                        self.held = current;
                        Ok(ours)
                    }
                }
            }
            _ => return None,
        };
        let slot = if last.minted.is_none() {
            &mut last.confirmed
        } else {
            &mut last.checked
        };
        *slot = Some(ours);
        Some(())
    }
}

fn trial(outcome: Outcome) -> Option<Trial> {
    match outcome {
        Outcome::Works => Some(Trial::Works),
        Outcome::Refused(failure) => Some(Trial::Refused(failure)),
        Outcome::Failed(failure) | Outcome::Unclear(failure) => Some(Trial::Unproven(failure)),
        _ => None,
    }
}
