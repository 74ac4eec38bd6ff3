//! A later end for the same PAT. Nothing is minted, so nothing can be lost: no intent is written.

use chrono::TimeDelta;

use super::super::progress::Trial;
use super::super::record::seconds;
use super::super::say;
use super::super::step::{Purpose, Step};
use super::due::{self, Reason, Standing};
use super::view::View;
use super::{Halt, recover};
use crate::time::minute;

pub(super) fn begin(
    view: &View<'_>,
    standing: &Standing<'_>,
    reason: Reason,
    why: String,
) -> Result<(), Halt> {
    let record = standing.record.as_ref();
    let (Some(record), Some(_)) = (record, standing.pat) else {
        let why = match &standing.other_owner {
            Some(owner) => format!(
                "{} minted the PAT, and only its owner can extend it",
                owner.words()
            ),
            None => why,
        };
        return Err(say::cannot_extend(&why).into());
    };
    match reason {
        Reason::Forced | Reason::Time => {
            let valid_to = view.now + TimeDelta::days(i64::from(view.settings.valid_days));
            if valid_to <= record.valid_to {
                let why = format!(
                    "the PAT ends on {}, which is later than validDays from now on",
                    minute(record.valid_to)
                );
                return Err(say::cannot_extend(&why).into());
            }
            match &view.done.proved {
                None => Err(recover::prove(view, standing).into()),
                Some(Trial::Refused(failure) | Trial::Unproven(failure)) => {
                    Err(say::unproven_before_extending(failure).into())
                }
                Some(Trial::Works) => Err(Step::Extend {
                    id: record.id.clone(),
                    valid_to,
                    why,
                }
                .into()),
            }
        }
        Reason::First | Reason::NotInStore | Reason::Ended | Reason::OtherScopes | Reason::Refused => {
            Err(say::cannot_extend(&why).into())
        }
    }
}

/// The service has answered: the new end is recorded, and has to be worth it.
pub(super) fn finish(view: &View<'_>) -> Result<(), Halt> {
    let Some((extended, _)) = &view.done.extended else {
        return Ok(());
    };
    let valid_to = match extended {
        Ok(valid_to) => seconds(*valid_to),
        Err(failure) => return Err(failure.clone().into()),
    };
    let standing = due::standing(view)?;
    let mut settled = view.settled()?;
    settled.record.clone_from(&standing.record);
    if let Some(record) = &mut settled.record {
        record.valid_to = valid_to;
    }
    let recorded = view.record().map(|record| record.valid_to);
    if recorded != Some(valid_to) {
        let why = "the end that the service has given it".to_owned();
        return Err(view.write(settled, Some(valid_to), Purpose::Tidy, why)?.into());
    }
    let before = standing
        .pat
        .map_or(valid_to, |pat| seconds(pat.effective_expiry()));
    let (threshold, _) = due::threshold(view.settings, due::lifetime(view, &standing));
    if valid_to <= before || valid_to - view.now < threshold {
        return Err(say::little_won(before, valid_to).into());
    }
    recover::failed(view)
}
