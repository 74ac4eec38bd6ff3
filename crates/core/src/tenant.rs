//! Ids of Microsoft Entra's tenants and of the apps in them. A tenant becomes part of the URLs that credentials are
//! sent to.

/// Whether a text names a tenant: by its id, or by a domain of its own such as `acme.onmicrosoft.com`. Not `common`
/// and the like, which stand for any tenant.
#[must_use]
pub fn is_tenant(text: &str) -> bool {
    is_guid(text) || is_domain(text)
}

/// Whether a text is the application (client) id of an app registration or a managed identity: a GUID.
#[must_use]
pub fn is_client_id(text: &str) -> bool {
    is_guid(text)
}

/// Whether a text could be an id or a domain at all, and leads nowhere else as part of a URL's path. Who makes a
/// connection has it verified by Azure, so it is held to no more than this.
#[must_use]
pub fn could_be_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A domain name of two labels or more, as DNS has them (RFC 1035, 2.3.1; RFC 1123, 2.1).
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "00000000-0000-4000-8000-00000000000A";

    #[test]
    fn an_id_names_both_and_a_domain_only_a_tenant() {
        assert!(is_tenant(ID) && is_client_id(ID));
        for domain in ["acme.onmicrosoft.com", "xn--bcher-kva.example", "3m.example"] {
            assert!(is_tenant(domain) && !is_client_id(domain), "{domain}");
        }
    }

    #[test]
    fn what_could_stand_for_another_tenant_or_leave_its_place_in_a_url_is_none() {
        for text in [
            "",
            "common",
            "organizations",
            "..",
            ".acme.example",
            "acme..example",
            "acme.example.",
            "-acme.example",
            "acme.example/..",
            "acme.example?x",
            "acme.example#",
            "acme.example%2f",
            "acme.example ",
            "a@acme.example",
            "bücher.example",
            "00000000-0000-4000-8000-00000000000g",
            "00000000-0000-4000-8000",
            "00000000000040008000000000000000",
            "{00000000-0000-4000-8000-00000000000a}",
        ] {
            assert!(!is_tenant(text) && !is_client_id(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_tenant_is_one_segment_of_a_path(text in "\\PC{0,40}|[a-zA-Z0-9./?#@:%-]{1,40}") {
            if is_tenant(&text) {
                prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)));
                prop_assert!(!text.starts_with('.') && !text.contains(".."), "{}", text);
            }
        }
    }
}
