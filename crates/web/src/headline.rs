//! The one sentence for who looks for ten seconds.
//!
//! What is worst comes first, and what is well is said only where nothing is not: a page that could not see everything
//! never sounds fine.

use patkeeper_core::failure::FailureKind;
use patkeeper_core::judge::StepResult;
use patkeeper_core::render::{grouped, own_end};
use patkeeper_core::report::{PatStatus, Severity};
use patkeeper_core::time;

use crate::documents::{Documents, Other};
use crate::health::View;
use crate::model::Tone;
use crate::overview::all_findings;

/// Sentences of a headline.
const SENTENCES: usize = 3;

/// How urgent a sentence is, and the sentence.
struct Said {
    first: Urgency,
    tone: Tone,
    words: String,
}

/// Most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// A PAT is public, or a person must act.
    Now,
    /// What was not seen may be anything.
    Unseen,
    /// A PAT has ended, or one is missing.
    Dead,
    /// A step failed.
    Failed,
    /// PATs end soon, or break policy.
    Due,
    /// Something was done, or nothing is to be done.
    Calm,
}

/// `1 PAT`, `1,500 PATs`: numbers as the chips below the headline have them.
pub(crate) fn count(number: usize, thing: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {thing}{s}", grouped(number))
}

/// The worst of everything, and it in a sentence or few.
pub(crate) fn headline(documents: &Documents, view: Option<&View>) -> (Tone, String) {
    let mut said = Vec::new();
    for other in &documents.others {
        said.extend(of_other(other));
    }
    match documents.not_read() {
        (0, 0) => said.push(Said {
            first: Urgency::Unseen,
            tone: Tone::Unknown,
            words: "Nothing to show: no step of this build has left a report.".to_owned(),
        }),
        (0, _) => {}
        (broken, all) => {
            let words = match (broken, all) {
                (1, 1) => "The only report of this build could not be read".to_owned(),
                (broken, all) if broken == all => {
                    format!("None of the {} reports of this build could be read", grouped(all))
                }
                (broken, all) => format!(
                    "{} of {} reports of this build could not be read",
                    grouped(broken),
                    grouped(all)
                ),
            };
            let it = if broken == 1 { "it says" } else { "they say" };
            said.push(Said {
                first: Urgency::Unseen,
                tone: Tone::Unknown,
                words: format!("{words}: what {it} is not known."),
            });
        }
    }
    if let Some(view) = view {
        of_view(view, &mut said);
    }
    said.sort_by_key(|one| one.first);
    let tone = said.iter().map(|one| one.tone).max().unwrap_or(Tone::Unknown);
    let not_calm = said.iter().any(|one| one.first < Urgency::Calm);
    let words: Vec<String> = said
        .into_iter()
        .filter(|one| !not_calm || one.first < Urgency::Calm)
        .map(|one| one.words)
        .take(SENTENCES)
        .collect();
    (tone, words.join(" "))
}

fn of_other(other: &Other) -> Vec<Said> {
    let tone = other.tone();
    let sentence = |first| Said {
        first,
        tone,
        words: other.sentence(),
    };
    match other {
        Other::Audit(report) => {
            let mut said = Vec::new();
            if report.totals.leaked > 0 {
                let pats = match report.totals.leaked {
                    1 => "A PAT was found in a public repository".to_owned(),
                    several => format!(
                        "{} times a PAT was found in a public repository",
                        grouped(several as usize)
                    ),
                };
                said.push(Said {
                    first: Urgency::Now,
                    tone: Tone::Bad,
                    words: format!("{pats}: see below what to do."),
                });
            }
            if !report.unreadable.is_empty() {
                said.push(Said {
                    first: Urgency::Unseen,
                    tone: Tone::Unknown,
                    words: "Part of the audit log could not be read.".to_owned(),
                });
            }
            if said.is_empty() {
                said.push(sentence(match tone {
                    Tone::Bad => Urgency::Failed,
                    Tone::Warning => Urgency::Due,
                    _ => Urgency::Calm,
                }));
            }
            said
        }
        Other::Rotation(document) => {
            let needs_person = |kind| kind == FailureKind::NeedsPerson;
            vec![sentence(match &document.failure {
                Some(failure) if needs_person(failure.kind) => Urgency::Now,
                Some(_) => Urgency::Failed,
                None => Urgency::Calm,
            })]
        }
        Other::Revocation(_) => vec![sentence(match tone {
            Tone::Bad => Urgency::Failed,
            _ => Urgency::Calm,
        })],
    }
}

fn of_view(view: &View, said: &mut Vec<Said>) {
    let report = &view.report;
    let totals = report.totals;
    let before = said.len();
    let mut say = |first, tone, words| said.push(Said { first, tone, words });
    if totals.unreadable > 0 {
        let things = count(totals.unreadable as usize, "thing");
        say(
            Urgency::Unseen,
            Tone::Unknown,
            if totals.total == 0 {
                "No PAT could be read: whether any has ended is not known.".to_owned()
            } else {
                format!("{things} could not be read: what of that has ended is not known.")
            },
        );
    }
    if let Some((tone, words)) = view.by_now.said() {
        let first = if tone == Tone::Bad {
            Urgency::Dead
        } else {
            Urgency::Due
        };
        say(first, tone, words);
    }
    // In the present tense only while it is present.
    let on = match view.by_now.days {
        0 => String::new(),
        _ => format!("On {}: ", time::day(view.from)),
    };
    match totals.missing {
        0 => {}
        1 => say(
            Urgency::Dead,
            Tone::Bad,
            format!(
                "{on}{} PAT that must be there is missing.",
                if on.is_empty() { "A" } else { "a" }
            ),
        ),
        several => say(
            Urgency::Dead,
            Tone::Bad,
            format!(
                "{on}{} that must be there are missing.",
                count(several as usize, "PAT")
            ),
        ),
    }
    let (due, tone) = ends(view);
    if let Some(due) = due {
        let due = if on.is_empty() {
            capital(&due)
        } else {
            format!("{on}{due}")
        };
        let first = if totals.expired > 0 {
            Urgency::Dead
        } else {
            Urgency::Due
        };
        say(first, tone, due);
    }
    let soon = |status| matches!(status, PatStatus::Critical | PatStatus::Warning);
    let soon = report.pats.iter().filter(|pat| soon(pat.status));
    let dealt_with: Vec<&str> = soon.filter_map(|pat| view.later.of_pat(pat)).collect();
    if let [done, more @ ..] = dealt_with.as_slice() {
        let all_alike = more.iter().all(|other| other == done);
        let done = if all_alike {
            done
        } else {
            "replaced, extended or revoked"
        };
        let was = if more.is_empty() { "was" } else { "were" };
        say(
            Urgency::Due,
            Tone::Notice,
            format!(
                "{} of those that end soon {was} {done} later in this build.",
                grouped(dealt_with.len())
            ),
        );
    }
    let open = || report.findings.iter().filter(|finding| finding.waived.is_none());
    let errors = open()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    if errors > 0 {
        // How heavy those are that are not listed is not known.
        let errors = if all_findings(&totals) > report.findings.len() {
            format!("{} violations", grouped(totals.policy_findings as usize))
        } else {
            count(errors, "error")
        };
        let failed = own_end(report).result == StepResult::Failed;
        say(
            Urgency::Due,
            if failed { Tone::Bad } else { Tone::Warning },
            format!(
                "{on}Policy finds {errors} among {}.",
                count(totals.total as usize, "PAT")
            ),
        );
    }
    let told = Tone::of_verdict(report.status);
    if told > Tone::Good && said.iter().skip(before).all(|one| one.tone < told) {
        // Whatever the counts say, the verdict stays.
        said.push(Said {
            first: Urgency::Failed,
            tone: told,
            words: format!(
                "The verdict is {}, as one of the reports has it.",
                report.status.as_str()
            ),
        });
    }
    if !view.shares.is_empty() {
        said.push(Said {
            first: Urgency::Due,
            tone: Tone::Unknown,
            words: "Only slices that no report merges are here.".to_owned(),
        });
    }
    if !view.judgment.exact && totals.critical == 0 && totals.warning == 0 {
        said.push(Said {
            first: Urgency::Due,
            tone: Tone::Unknown,
            words: "Whether PATs that are not in the table are due is not known.".to_owned(),
        });
    }
    said.push(Said {
        first: Urgency::Calm,
        tone: if on.is_empty() { Tone::Good } else { Tone::Notice },
        words: fine(view, !on.is_empty()),
    });
}

/// `3 PATs have ended, 2 end within 7 days.`
fn ends(view: &View) -> (Option<String>, Tone) {
    let totals = view.report.totals;
    let settings = &view.report.settings;
    let within = |days: u32| format!("within {}", count(days as usize, "day"));
    let counted = [
        (
            totals.expired,
            ["has ended", "have ended"],
            String::new(),
            Tone::Bad,
        ),
        (
            totals.critical,
            ["ends", "end"],
            within(settings.critical_days),
            Tone::Critical,
        ),
        (
            totals.warning,
            ["ends", "end"],
            within(settings.warning_days),
            Tone::Warning,
        ),
    ];
    let mut parts = Vec::new();
    let mut worst = Tone::Good;
    let mut worst_live = None;
    for (number, [one, several], when, tone) in counted {
        if number == 0 {
            continue;
        }
        worst = worst.max(tone);
        let verb = if number == 1 { one } else { several };
        let what = if parts.is_empty() {
            count(number as usize, "PAT")
        } else if tone == Tone::Warning && totals.critical > 0 {
            format!("{} more", grouped(number as usize))
        } else {
            grouped(number as usize)
        };
        let first_live = tone != Tone::Bad && worst_live.replace(tone).is_none();
        let at_least = if first_live && !view.judgment.exact {
            "at least "
        } else {
            ""
        };
        let part = format!("{at_least}{what} {verb} {when}");
        parts.push(part.trim_end().to_owned());
    }
    let sentence = (!parts.is_empty()).then(|| format!("{}.", parts.join(", ")));
    (sentence, worst)
}

fn capital(words: &str) -> String {
    match words.strip_prefix("at") {
        Some(rest) => format!("At{rest}"),
        None => words.to_owned(),
    }
}

/// Nothing is to be done; `then`: nothing was, on the day of an old look.
fn fine(view: &View, then: bool) -> String {
    let report = &view.report;
    let day = time::day(view.from);
    let on = if then { format!(" on {day}") } else { String::new() };
    let [is, are, has] = if then {
        ["was", "were", "had"]
    } else {
        ["is", "are", "has"]
    };
    let replaced = report.totals.replaced as usize;
    let judged = (report.totals.total as usize).saturating_sub(replaced);
    let healthy = match judged {
        0 => {
            let there = if then { "was" } else { "is" };
            return format!("There {there} no PAT to judge{on}.");
        }
        1 => format!("The only PAT {is} healthy{on}"),
        2 => format!("Both PATs {are} healthy{on}"),
        several => format!("All {} {are} healthy{on}", count(several, "PAT")),
    };
    let replaced = match replaced {
        0 => String::new(),
        1 => format!(", and 1 more {is} replaced by a newer one"),
        several => format!(", and {} more {are} replaced by newer ones", grouped(several)),
    };
    let next = report
        .soonest
        .as_ref()
        .and_then(|soonest| usize::try_from(soonest.days_left).ok());
    let it = if judged > 1 { "the first one to end" } else { "it" };
    match next {
        Some(days) => format!("{healthy}{replaced}: {it} {has} {} left.", count(days, "day")),
        None => format!("{healthy}{replaced}."),
    }
}
