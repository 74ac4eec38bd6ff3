//! `patkeeper identify`: whose a leaked PAT is, and where it still works.

use std::process::ExitCode;

use clap::ArgMatches;
use futures_util::future::join_all;
use patkeeper_agent::console::Console;
use patkeeper_agent::inputs::identify::{IdentifyInputs, leaked_pat};
use patkeeper_agent::registry::identify_command::COMMAND;
use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::judge::StepResult;
use patkeeper_core::organization::Organization;
use patkeeper_core::text::fit;
use patkeeper_devops::{LeakedPat, OwnersOrganizations, Standing};
use patkeeper_http::{Client, Settings};
use secrecy::{ExposeSecret, SecretString};

use crate::people;
use crate::run::{self, Ending, words};

/// Widest names, in columns.
const NAME: usize = 60;

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> ExitCode {
    people::command(&COMMAND, matches, |console| {
        let inputs = IdentifyInputs::read(&people::inputs(&COMMAND, matches)?)?;
        let typed = people::typed("the PAT")?;
        // Whatever was handed over is hidden, also where it turns out to be something else.
        for line in typed.expose_secret().lines() {
            console.mask("the PAT", &SecretString::from(line));
        }
        let pat = leaked_pat(&typed)?;
        console.mask("the PAT", &pat);
        let network = people::network()?;
        run::to_the_end(
            console,
            "Nothing was changed.",
            identify(inputs.organizations, pat, &network, console),
        )
    })
}

async fn identify(
    named: Vec<Organization>,
    pat: SecretString,
    network: &Settings,
    console: &Console,
) -> Result<Ending, Failure> {
    run::tell_of_network(console, network);
    let client = Client::new(network).map_err(|error| error.failure())?;
    let pat = LeakedPat::new(client, pat);
    let Asked {
        owner,
        organizations,
        others,
    } = asked(&pat, named, console).await?;

    let standings = join_all(organizations.iter().map(|one| pat.standing_in(one))).await;
    let (mut owners, mut works) = (Vec::from_iter(owner), Vec::new());
    let mut unknown = usize::from(others == Others::Unknown);
    for (organization, standing) in organizations.iter().zip(&standings) {
        let name = organization.name();
        match standing {
            Standing::Works(person) => {
                let called = person
                    .name
                    .clone()
                    .unwrap_or_else(|| "somebody without a name".to_owned());
                let descriptor = person.descriptor.as_ref().map(|known| format!(" ({known})"));
                let line = format!(
                    "  {name}: it works, for {}{}",
                    fit(&called, NAME),
                    descriptor.unwrap_or_default()
                );
                console.text(&line);
                owners.push(called);
                works.push((name, person.descriptor.as_ref()));
            }
            Standing::Refused(failure) | Standing::NoOrganization(failure) => {
                let why = failure.why.as_deref().map(|why| format!(": {why}"));
                let what = failure.what.trim_end_matches('.');
                console.text(&format!("  {name}: no. {what}{}", why.unwrap_or_default()));
            }
            Standing::Unknown(failure) => {
                unknown += 1;
                console.text(&format!("  {name}: not known"));
                console.error(&words(failure));
            }
        }
    }
    if others != Others::Told {
        console.text(
            "  its owner's other organizations, if there are any, were not asked: the PAT does not tell them",
        );
    }
    if !works.is_empty() {
        next(console, &works);
    }
    Ok(end(
        console,
        owners.first().map(String::as_str),
        works.len(),
        unknown,
    ))
}

/// Whether all organizations of the PAT's owner are asked.
#[derive(Clone, Copy, PartialEq)]
enum Others {
    Told,
    NotTold,
    Unknown,
}

/// Where the PAT may work.
struct Asked {
    /// Whose it is, as far as its profile tells.
    owner: Option<String>,
    /// Those named, and those that the PAT itself tells of.
    organizations: Vec<Organization>,
    others: Others,
}

async fn asked(
    pat: &LeakedPat,
    mut organizations: Vec<Organization>,
    console: &Console,
) -> Result<Asked, Failure> {
    let mut owner = None;
    let others = match pat.organizations().await {
        OwnersOrganizations::Listed {
            owner: named,
            organizations: listed,
            odd,
        } => {
            owner = named;
            for organization in listed {
                if !organizations.contains(&organization) {
                    organizations.push(organization);
                }
            }
            if odd > 0 {
                console.warning(&format!(
                    "{odd} more of its owner's organizations have names that are not understood."
                ));
            }
            Others::Told
        }
        OwnersOrganizations::NotTold => Others::NotTold,
        OwnersOrganizations::Unknown(failure) => {
            console.warning(&words(&failure));
            Others::Unknown
        }
    };
    if organizations.is_empty() {
        let what = "The PAT does not tell its owner's organizations, and none was named to ask.";
        return Err(Failure::new(FailureKind::Input, what)
            .with_code("badInput")
            .with_why("a PAT of one organization is not let in where all of them are listed, and a dead one nowhere")
            .with_way_out("name the organizations that it may be of: --organization acme"));
    }
    Ok(Asked {
        owner,
        organizations,
        others,
    })
}

/// What to type next: it has to die.
fn next(console: &Console, works: &[(&str, Option<&patkeeper_core::owner::SubjectDescriptor>)]) {
    console.text("");
    console.text("What to do next (docs/incident.md)");
    for (organization, descriptor) in works {
        let owner = descriptor.map_or("<owner>".to_owned(), ToString::to_string);
        console.text(&format!(
            "  {organization}: patkeeper revoke --organization {organization} --scope organization --owners {owner} --all true\n  \
             {}  lists the owner's PATs; with --authorization-ids <id> --dry-run false in place of --all true it revokes one",
            " ".repeat(organization.len())
        ));
    }
    console.text("");
}

fn end(console: &Console, owner: Option<&str>, works: usize, unknown: usize) -> Ending {
    let whose = owner.map_or("Whose it is, nobody tells".to_owned(), |owner| {
        format!("It is a PAT of {}", fit(owner, NAME))
    });
    let where_ = match (works, unknown) {
        (0, 0) => "it works in none of the organizations asked, as far as they tell: revoke it all the same, if you can find it".to_owned(),
        (0, _) => "it is not seen to work anywhere".to_owned(),
        (1, _) => "it works in 1 organization".to_owned(),
        (works, _) => format!("it works in {works} organizations"),
    };
    let left = match unknown {
        0 => String::new(),
        unknown => format!("; of {unknown} it is not known"),
    };
    let message = format!("{whose}; {where_}{left}.");
    if unknown > 0 {
        console.error(&message);
        return Ending {
            result: StepResult::Failed,
            exit_code: FailureKind::Service.exit_code(),
            message,
        };
    }
    console.text(&message);
    Ending {
        result: StepResult::Succeeded,
        exit_code: 0,
        message,
    }
}
