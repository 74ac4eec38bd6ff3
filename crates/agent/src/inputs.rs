//! Reading and checking the values given, by agent or at a command line.
//!
//! Every refusal is one message: it names the input as its reader wrote it, shows the value unless it is a
//! secret, and says what is allowed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::glob::Glob;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Front;
use crate::registry::{Input, Kind, Task};

pub mod channels;
#[cfg(test)]
mod given;
pub mod identify;
mod macros;
mod moment;
mod organization;
pub mod pat_audit;
pub mod pat_monitor;
pub mod pat_revoke;
pub mod pat_rotate;
mod quote;
pub mod reports;
pub mod sign_in;

pub use channels::Channels;
pub use identify::IdentifyInputs;
pub use pat_audit::PatAuditInputs;
pub use pat_monitor::PatMonitorInputs;
pub use pat_revoke::PatRevokeInputs;
pub use pat_rotate::PatRotateInputs;
pub use reports::ReportFormat;
pub use sign_in::SignInInputs;

use quote::{any_of, quote};

/// One input that cannot be used. It becomes the step's only message, and exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadInput {
    /// Which input.
    pub input: &'static str,
    /// Names the input, the value if it is no secret, and what is allowed. Harmless to print.
    pub message: String,
}

impl From<BadInput> for Failure {
    fn from(bad: BadInput) -> Self {
        Self::new(FailureKind::Input, bad.message).with_code("badInput")
    }
}

/// The values given for one task's inputs, trimmed, with defaults filled in and no macro left in them.
///
/// Values are held as secrets whatever they are, so that no `Debug` shows one.
#[derive(Debug)]
pub struct Inputs {
    task: &'static Task,
    front: Front,
    given: BTreeMap<&'static str, SecretString>,
}

impl Inputs {
    /// Reads `INPUT_*` as an agent sets them; `variable` is the process environment in the product.
    ///
    /// A default that the agent left with its macros in it (`$(System.CollectionUri)`) is resolved from the
    /// agent's own variables.
    ///
    /// # Errors
    /// A value that still holds an unresolved `$(variable)`.
    pub fn from_agent(
        task: &'static Task,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadInput> {
        let read = |name: &str| given(variable(&agent_variable("INPUT_", name)));
        let mut inputs = Self {
            task,
            front: Front::Agent,
            given: BTreeMap::new(),
        };
        for input in task.inputs {
            let names = std::iter::once(input.name).chain(input.aliases.iter().copied());
            let raw = names.into_iter().find_map(read);
            let default = input.default.filter(|_| input.default_in_manifest);
            let Some(mut value) = raw.or_else(|| default.map(str::to_owned)) else {
                continue;
            };
            if default == Some(value.as_str()) {
                value = macros::resolve(&value, |name| given(variable(&agent_variable("", name))));
            }
            inputs.take(input, value)?;
        }
        Ok(inputs)
    }

    /// Reads the flags of a command line; `flag` is asked for each input by its name (`warningDays`).
    ///
    /// Defaults that only an agent can resolve do not apply: such an input is then not given.
    ///
    /// # Errors
    /// As [`Inputs::from_agent`].
    pub fn from_flags(task: &'static Task, flag: impl Fn(&str) -> Option<String>) -> Result<Self, BadInput> {
        let mut inputs = Self {
            task,
            front: Front::People,
            given: BTreeMap::new(),
        };
        for input in task.inputs {
            let default = input
                .default
                .filter(|default| input.default_in_manifest && macros::first_unresolved(default).is_none());
            if let Some(value) = given(flag(input.name)).or_else(|| default.map(str::to_owned)) {
                inputs.take(input, value)?;
            }
        }
        Ok(inputs)
    }

    fn take(&mut self, input: &Input, value: String) -> Result<(), BadInput> {
        if let Some(name) = macros::first_unresolved(&value) {
            return Err(self.bad(input, macros::advice(input, name)));
        }
        self.given.insert(input.name, SecretString::from(value));
        Ok(())
    }

    fn raw(&self, input: &Input) -> Option<&str> {
        self.given.get(input.name).map(ExposeSecret::expose_secret)
    }

    /// Whether a value was given, or has a default.
    #[must_use]
    pub fn has(&self, input: &Input) -> bool {
        self.given.contains_key(input.name)
    }

    /// Whether a value was given that is not the default. An agent fills defaults in, so that who gives the default
    /// itself cannot be told from who gives nothing.
    #[must_use]
    pub fn differs(&self, input: &Input) -> bool {
        let default = input.default.filter(|_| input.default_in_manifest);
        match (self.raw(input), input.kind, default) {
            (None, ..) => false,
            (Some(text), Kind::Number { .. }, Some(default)) => text.parse::<u32>() != default.parse(),
            (Some(text), _, Some(default)) => !text.eq_ignore_ascii_case(default),
            (Some(_), _, None) => true,
        }
    }

    /// Who gave them.
    #[must_use]
    pub fn front(&self) -> Front {
        self.front
    }

    /// The input as its reader knows it: see [`Front::label`].
    #[must_use]
    pub fn label(&self, name: &str) -> String {
        self.front.label(name)
    }

    /// A refusal of this input. `why` follows the input's name and a colon.
    #[must_use]
    pub fn bad(&self, input: &Input, why: impl AsRef<str>) -> BadInput {
        BadInput {
            input: input.name,
            message: format!("{}: {}", self.label(input.name), why.as_ref()),
        }
    }

    /// A refusal of the value given for an input that is no secret: shown in quotes, harmless, short, and without a
    /// URL's password and query. `why` follows it.
    #[must_use]
    pub fn bad_value(&self, input: &Input, why: impl AsRef<str>) -> BadInput {
        let value = quote(self.raw(input).unwrap_or_default());
        self.bad(input, format!("{value} {}", why.as_ref()))
    }

    /// A value that is given or has a default in the registry, which is the one place that says what it is.
    ///
    /// # Errors
    /// `None`: the input is missing.
    pub fn present<T>(&self, input: &Input, value: Option<T>) -> Result<T, BadInput> {
        value.ok_or_else(|| self.bad(input, "it is missing."))
    }

    /// Every secret given, with its input's name: to be masked before anything else is said.
    pub fn secrets(&self) -> impl Iterator<Item = (String, &SecretString)> {
        let secret = self.task.inputs.iter().filter(|input| input.secret);
        secret.filter_map(|input| Some((self.label(input.name), self.given.get(input.name)?)))
    }

    /// One text.
    #[must_use]
    pub fn text(&self, input: &Input) -> Option<&str> {
        self.raw(input)
    }

    /// A secret.
    #[must_use]
    pub fn secret(&self, input: &Input) -> Option<SecretString> {
        self.given.get(input.name).cloned()
    }

    /// The lines that are not empty, trimmed.
    #[must_use]
    pub fn lines(&self, input: &Input) -> Vec<String> {
        let text = self.raw(input).unwrap_or_default();
        text.split(['\n', '\r'])
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The patterns, one a line.
    #[must_use]
    pub fn globs(&self, input: &Input) -> Vec<Glob> {
        self.lines(input).into_iter().map(Glob::new).collect()
    }

    /// The words, separated by spaces, commas or lines.
    pub fn words(&self, input: &Input) -> impl Iterator<Item = &str> {
        let text = self.raw(input).unwrap_or_default();
        text.split(|c: char| c.is_whitespace() || c == ',')
            .filter(|word| !word.is_empty())
    }

    /// One path.
    ///
    /// # Errors
    /// Several lines, or anything else that is in no path.
    pub fn path(&self, input: &Input) -> Result<Option<PathBuf>, BadInput> {
        self.text(input)
            .map(|text| self.one_path(input, text))
            .transpose()
    }

    /// The paths, one a line.
    ///
    /// # Errors
    /// As [`Inputs::path`].
    pub fn paths(&self, input: &Input) -> Result<Vec<PathBuf>, BadInput> {
        let lines = self.lines(input);
        lines.iter().map(|line| self.one_path(input, line)).collect()
    }

    fn one_path(&self, input: &Input, text: &str) -> Result<PathBuf, BadInput> {
        if text.contains(char::is_control) {
            return Err(self.bad(input, format!("{} is not one path.", quote(text))));
        }
        Ok(PathBuf::from(text))
    }

    /// A whole number within the input's bounds; `None` when not given and without a default.
    ///
    /// # Errors
    /// Not digits, or out of bounds.
    pub fn number(&self, input: &Input) -> Result<Option<u32>, BadInput> {
        let Some(text) = self.raw(input) else {
            return Ok(None);
        };
        let (min, max) = match input.kind {
            Kind::Number { min, max } => (min, max),
            _ => (0, u32::MAX),
        };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(number) if digits && (min..=max).contains(&number) => Ok(Some(number)),
            _ => {
                let why = format!("{} is not a whole number from {min} to {max}.", quote(text));
                Err(self.bad(input, why))
            }
        }
    }

    /// `true` or `false`, whatever the letter case.
    ///
    /// # Errors
    /// Anything else.
    pub fn flag(&self, input: &Input) -> Result<Option<bool>, BadInput> {
        match self.raw(input) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(self.bad(input, format!("{} is neither true nor false.", quote(text)))),
        }
    }

    /// The meaning of the value given, whatever its letter case.
    ///
    /// # Errors
    /// None of `table`'s values; one that only a later version has is called that.
    pub fn choice<T: Copy>(&self, input: &Input, table: &[(&'static str, T)]) -> Result<Option<T>, BadInput> {
        self.raw(input)
            .map(|text| self.one_of(input, text, table))
            .transpose()
    }

    /// The choice made, or the registry's default.
    ///
    /// # Errors
    /// As [`Inputs::choice`], and where there is neither.
    pub fn chosen<T: Copy>(&self, input: &Input, table: &[(&'static str, T)]) -> Result<T, BadInput> {
        self.present(input, self.choice(input, table)?)
    }

    /// The meanings of all words given (separated by spaces, commas or lines), doubles dropped.
    ///
    /// # Errors
    /// As [`Inputs::choice`], for the first word refused.
    pub fn choices<T: Copy + PartialEq>(
        &self,
        input: &Input,
        table: &[(&'static str, T)],
    ) -> Result<Vec<T>, BadInput> {
        let mut chosen = Vec::new();
        for word in self.words(input) {
            let meaning = self.one_of(input, word, table)?;
            if !chosen.contains(&meaning) {
                chosen.push(meaning);
            }
        }
        Ok(chosen)
    }

    fn one_of<T: Copy>(&self, input: &Input, text: &str, table: &[(&'static str, T)]) -> Result<T, BadInput> {
        if let Some((_, meaning)) = table.iter().find(|(value, _)| value.eq_ignore_ascii_case(text)) {
            return Ok(*meaning);
        }
        let allowed = any_of(table.iter().map(|(value, _)| *value));
        let why = match input.later.iter().find(|later| later.eq_ignore_ascii_case(text)) {
            Some(later) => format!("this version of Patkeeper does not have '{later}' yet; {allowed}."),
            None => format!("{} is not known; {allowed}.", quote(text)),
        };
        Err(self.bad(input, why))
    }

    /// A URL that is itself a secret, checked to be `https` with a host.
    ///
    /// # Errors
    /// Anything else; the message never shows any part of it but a scheme that is not `https`.
    pub fn https_url(&self, input: &Input) -> Result<Option<SecretString>, BadInput> {
        let Some(text) = self.raw(input) else {
            return Ok(None);
        };
        let allowed = "allowed is an https URL (its value is not shown, because it is a secret).";
        match Url::parse(text) {
            Ok(url) if url.scheme() == "http" => {
                Err(self.bad(input, format!("http would send it unencrypted; {allowed}")))
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                Err(self.bad(input, format!("it holds a user name or password; {allowed}")))
            }
            Ok(url)
                if url.scheme() == "https"
                    && url.host_str().is_some_and(|host| !host.is_empty())
                    && !text.contains(|c: char| c.is_whitespace() || c.is_control()) =>
            {
                Ok(Some(SecretString::from(text)))
            }
            _ => Err(self.bad(input, format!("this is no such URL; {allowed}"))),
        }
    }
}

/// A value that is there: trimmed and not empty. The agent trims too, unless it is told not to.
fn given(value: Option<String>) -> Option<String> {
    value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// The environment variable of an agent's variable: upper case, `.` and blank as `_`
/// (microsoft/azure-pipelines-agent, `VarUtil.ConvertToEnvVariableFormat`).
pub(crate) fn agent_variable(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", name.replace(['.', ' '], "_").to_uppercase())
}

#[cfg(test)]
mod tests;
