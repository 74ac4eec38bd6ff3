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
    /// At least one, each once, in the order given.
    pub organizations: Vec<Organization>,
}

impl IdentifyInputs {
    /// Checks the flags. Nothing is read or sent here.
    ///
    /// # Errors
    /// The first flag that is missing or not what it should be.
    pub fn read(inputs: &Inputs) -> Result<Self, BadInput> {
        Ok(Self {
            organizations: organization::several(inputs, &registry::ORGANIZATION)?,
        })
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
    } else if !pat.bytes().all(|byte| byte.is_ascii_graphic()) {
        "there is a blank in it, or a character that no PAT has"
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
