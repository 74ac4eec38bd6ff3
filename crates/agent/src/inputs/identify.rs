//! What `patkeeper identify` is given: organizations by flag, and the PAT on standard input.

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::organization::Organization;
use secrecy::{ExposeSecret, SecretString};

use super::{BadInput, Inputs, organization};
use crate::registry::identify_command as registry;
use crate::scrub::SHORTEST;

/// All of it.
#[derive(Debug)]
pub struct IdentifyInputs {
    /// Each once, in the order given; none: the PAT is to tell them.
    pub organizations: Vec<Organization>,
}

impl IdentifyInputs {
    /// Checks the flags. Nothing is read or sent here.
    ///
    /// # Errors
    /// The first flag that is missing or not what it should be.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        let organizations = match inputs.text(&registry::ORGANIZATION) {
            Some(_) => organization::several(inputs, &registry::ORGANIZATION)?,
            None => Vec::new(),
        };
        Ok(Self { organizations })
    }
}

/// The PAT in what standard input holds. Mask it before anything else is done; mask `typed`, too, if this fails: it may
/// hold a PAT all the same.
///
/// # Errors
/// Nothing, several lines or words, or too little to be masked. No part of it is shown.
pub fn leaked_pat(typed: &SecretString) -> Result<SecretString, Failure> {
    // Windows PowerShell writes a byte order mark before what it hands on.
    let pat = typed.expose_secret().trim_start_matches('\u{feff}').trim();
    let why = if pat.is_empty() {
        "it is empty"
    } else if pat.contains(['\r', '\n']) {
        "it has more than one line"
    } else if !pat.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        "there is a blank in it, a quote, or another character that no PAT has"
    } else if pat.len() < SHORTEST {
        "it is too short to be one"
    } else {
        return Ok(SecretString::from(pat));
    };
    let what = format!("Standard input is not one PAT: {why}. What it holds is not shown.");
    Err(Failure::new(FailureKind::Input, what)
        .with_code("badInput")
        .with_way_out("give the PAT alone, e.g. patkeeper identify --organization acme < file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Result<String, Failure> {
        let pat = leaked_pat(&SecretString::from(text))?;
        Ok(pat.expose_secret().to_owned())
    }

    #[test]
    fn a_pat_is_taken_whatever_stands_around_it() {
        for text in [
            "madeUpPat",
            "madeUpPat\n",
            " madeUpPat\r\n",
            "\u{feff}madeUpPat\r\n",
        ] {
            assert_eq!(typed(text).as_deref(), Ok("madeUpPat"), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_one_pat_is_refused_and_not_shown() {
        for text in [
            "",
            " \n",
            "made-up-pat\nmade-up-two",
            "\"made-up\"",
            "made-up-pat made-up-two",
            "made-up-pät",
            "made-up\u{0}pat",
            "m0",
        ] {
            let failure = typed(text).unwrap_err();
            assert_eq!(failure.kind.exit_code(), 2);
            let shown = format!("{failure:?}");
            assert!(!shown.contains("made-up") && !shown.contains("m0"), "{shown}");
        }
    }

    #[test]
    fn there_is_no_flag_for_the_pat_and_organizations_may_be_left_to_it() {
        let read = |organization: Option<&str>| {
            let flag = |name: &str| organization.filter(|_| name == "organization").map(str::to_owned);
            IdentifyInputs::read(&Inputs::from_flags(&registry::COMMAND, flag)?)
        };
        let organizations = read(Some("acme\nfabrikam\nACME")).unwrap().organizations;
        assert_eq!(organizations.len(), 2);
        assert_eq!(read(None).unwrap().organizations, []);
        assert!(registry::COMMAND.inputs.iter().all(|input| !input.secret));
    }
}
