//! Finding a logging command in a line, as the agent does.

use std::collections::BTreeMap;

/// What starts a command, anywhere in a line. Letter case counts.
const PREFIX: &str = "##vso[";

/// One logging command, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The part before the dot, as written.
    pub area: String,
    /// The part after the dot, as written.
    pub event: String,
    /// By lower-case name, since the agent compares names without regard to case.
    pub properties: BTreeMap<String, String>,
    /// What follows the header.
    pub data: String,
}

impl Command {
    /// The command in this line, if there is one that parses.
    ///
    /// The first `]` after the prefix ends the header, the first blank in it ends the name, and the name must
    /// have exactly two parts. Properties without a value are dropped.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once(PREFIX)?;
        let (header, data) = rest.split_once(']')?;
        let (name, properties) = header.split_once(' ').unwrap_or((header, ""));
        let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
        let [area, event] = parts.as_slice() else {
            return None;
        };
        let properties = properties
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_lowercase(), unescape(value)))
            .collect();
        Some(Self {
            area: (*area).to_owned(),
            event: (*event).to_owned(),
            properties,
            data: unescape(data),
        })
    }

    /// `task.complete`, in lower case.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.area, self.event).to_lowercase()
    }

    /// A property's value.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }
}

/// The percent sign comes last, so that an escaped one never makes another escape.
pub(crate) fn unescape(text: &str) -> String {
    text.replace("%3B", ";")
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%5D", "]")
        .replace("%AZP25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (String, Vec<(String, String)>, String) {
        let command = Command::parse(line).unwrap_or_else(|| panic!("no command in {line:?}"));
        (
            command.name(),
            command.properties.clone().into_iter().collect(),
            command.data,
        )
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn reads_name_properties_and_data() {
        assert_eq!(
            parsed("##vso[task.setvariable variable=total;isoutput=true]42"),
            (
                "task.setvariable".to_owned(),
                pairs(&[("isoutput", "true"), ("variable", "total")]),
                "42".to_owned()
            )
        );
        assert_eq!(
            parsed("##vso[area.event]"),
            ("area.event".to_owned(), vec![], String::new())
        );
    }

    #[test]
    fn a_command_is_found_behind_other_text() {
        assert_eq!(
            parsed("a name >>>  ##vso[task.complete result=Failed;]x").0,
            "task.complete"
        );
    }

    #[test]
    fn escapes_are_undone_in_properties_and_data() {
        let (_, properties, data) = parsed("##vso[a.b k=%3B=%0D=%0A=%5D%AZP25;]%3B-%0D-%0A-%5D-%AZP25");
        assert_eq!(properties, pairs(&[("k", ";=\r=\n=]%")]));
        assert_eq!(data, ";-\r-\n-]-%");
    }

    #[test]
    fn an_escaped_percent_sign_never_starts_another_escape() {
        assert_eq!(parsed("##vso[a.b]%AZP253B").2, "%3B");
    }

    #[test]
    fn empty_properties_are_dropped_and_the_first_equals_sign_splits() {
        assert_eq!(parsed("##vso[a.b k1=;k2;k3=x=y;]").1, pairs(&[("k3", "x=y")]));
    }

    #[test]
    fn property_names_are_compared_without_case_and_not_trimmed() {
        assert_eq!(
            parsed("##vso[a.b Key=1; other=2]").1,
            pairs(&[(" other", "2"), ("key", "1")])
        );
    }

    #[test]
    fn a_bracket_in_a_property_ends_the_header_early() {
        let (_, properties, data) = parsed("##vso[a.b k=x]y;z=1]w");
        assert_eq!((properties, data.as_str()), (pairs(&[("k", "x")]), "y;z=1]w"));
    }

    #[test]
    fn what_does_not_parse_is_no_command() {
        for line in [
            "##vso[task.complete",
            "##vso[complete]",
            "##vso[a.b.c]",
            "##vso[.]",
            "##VSO[task.complete]",
            "##[error]x",
            "",
        ] {
            assert_eq!(Command::parse(line), None, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_breaks_the_parser(line in "\\PC*(##vso\\[)?\\PC*") {
            let _ = Command::parse(&line);
        }

        #[test]
        fn data_escaped_percent_first_comes_back(data in "\\PC*[%\\]\r\n;]*\\PC*") {
            let escaped = data.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A");
            let command = Command::parse(&format!("##vso[a.b]{escaped}")).expect("a command");
            proptest::prop_assert_eq!(command.data, data);
        }
    }
}
