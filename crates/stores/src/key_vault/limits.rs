//! What Key Vault takes ("Azure Key Vault service limits"; `SecretSetParameters` of its REST API).

use patkeeper_core::failure::{Failure, FailureKind};
use patkeeper_core::vault::SecretName;

use crate::Metadata;

/// Tags of one version.
const TAGS: usize = 15;
/// Characters of a tag's name, and of its value.
const TAG: usize = 256;
/// Characters of a content type.
const CONTENT_TYPE: usize = 255;
/// Bytes of a value: 25 kB.
const VALUE: usize = 25 * 1024;

/// Refuses what Key Vault would refuse, before anything is sent.
pub(crate) fn check(name: &SecretName, value: &str, metadata: &Metadata) -> Result<(), Failure> {
    let refused = |what: String, limit: String| {
        Err(Failure::new(
            FailureKind::Input,
            format!("The secret '{name}' cannot be stored: {what}."),
        )
        .with_code("vaultLimit")
        .with_why(format!("Key Vault takes {limit}")))
    };
    if value.len() > VALUE {
        return refused(
            format!("its value has {} bytes", value.len()),
            format!("values of at most {VALUE}"),
        );
    }
    let tags = metadata.tags.len();
    if tags > TAGS {
        return refused(format!("it has {tags} tags"), format!("at most {TAGS} a version"));
    }
    for (tag, text) in &metadata.tags {
        let (name, value) = (tag.chars().count(), text.chars().count());
        if name > TAG || value > TAG {
            let shown: String = tag.chars().take(TAG).collect();
            return refused(
                format!("the tag '{shown}' has {name} characters in its name and {value} in its value"),
                format!("at most {TAG} in each"),
            );
        }
    }
    let kind = metadata
        .content_type
        .as_ref()
        .map_or(0, |kind| kind.chars().count());
    if kind > CONTENT_TYPE {
        return refused(
            format!("its content type has {kind} characters"),
            format!("at most {CONTENT_TYPE}"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(value: &str, metadata: &Metadata) -> Result<(), String> {
        check(&SecretName::parse("pat").unwrap(), value, metadata).map_err(|failure| failure.what)
    }

    fn tags(number: usize, name: usize, value: usize) -> Metadata {
        let tag = |n: usize| (format!("{n:0name$}"), "é".repeat(value));
        Metadata {
            tags: (0..number).map(tag).collect(),
            ..Metadata::default()
        }
    }

    #[test]
    fn the_most_that_key_vault_takes_passes_and_one_more_is_named() {
        let kind = |length| Metadata {
            content_type: Some("x".repeat(length)),
            ..Metadata::default()
        };
        assert_eq!(checked(&"v".repeat(25_600), &tags(15, 256, 256)), Ok(()));
        assert_eq!(checked("v", &kind(255)), Ok(()));
        for (what, value, metadata) in [
            ("16 tags", 1, tags(16, 3, 3)),
            ("257 characters in its name", 1, tags(1, 257, 3)),
            ("257 in its value", 1, tags(1, 3, 257)),
            ("content type has 256", 1, kind(256)),
            ("25601 bytes", 25_601, Metadata::default()),
        ] {
            let refused = checked(&"v".repeat(value), &metadata).unwrap_err();
            assert!(refused.contains(what), "{refused}");
        }
    }
}
