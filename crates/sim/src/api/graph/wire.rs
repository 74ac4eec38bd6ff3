//! Entries of Graph.

use serde_json::{Value, json};

use crate::cloud::{App, User, UserKind};

/// A `GraphUser`. `base` is the organization's address on the host asked.
pub(super) fn user(user: &User, base: &str) -> Value {
    let (origin, domain) = match user.kind {
        UserKind::Member | UserKind::Guest => ("aad", user.tenant.as_str()),
        UserKind::MicrosoftAccount => ("msa", "Windows Live ID"),
        UserKind::BuildService => ("vsts", "Build"),
        UserKind::ServiceIdentity => ("vsts", "LOCAL AUTHORITY"),
    };
    let address = format!("{base}/_apis/Graph/Users/{}", user.descriptor);
    let mut made = json!({
        "subjectKind": "user",
        "domain": domain,
        "principalName": user.upn,
        "mailAddress": user.mail.as_deref().unwrap_or_default(),
        "origin": origin,
        "originId": origin_id(&user.id),
        "displayName": user.display_name,
        "_links": { "self": { "href": address } },
        "url": address,
        "descriptor": user.descriptor,
    });
    let Some(entry) = made.as_object_mut() else {
        return made;
    };
    // Left out where there is nothing to say.
    match user.kind {
        UserKind::Member => {
            entry.insert("metaType".to_owned(), "member".into());
            let alias = user.upn.split('@').next().unwrap_or_default();
            entry.insert("directoryAlias".to_owned(), alias.into());
        }
        UserKind::Guest => {
            entry.insert("metaType".to_owned(), "guest".into());
        }
        UserKind::MicrosoftAccount | UserKind::BuildService | UserKind::ServiceIdentity => {}
    }
    if user.deleted_in_origin {
        entry.insert("isDeletedInOrigin".to_owned(), true.into());
    }
    made
}

/// A `GraphServicePrincipal`.
pub(super) fn service_principal(app: &App) -> Value {
    json!({
        "subjectKind": "servicePrincipal",
        "domain": app.tenant,
        "principalName": app.object_id,
        "mailAddress": "",
        "origin": "aad",
        "originId": app.object_id,
        "displayName": app.display_name,
        "metaType": "application",
        "applicationId": app.client_id,
        "descriptor": format!("aadsp.{}", app.object_id.replace('-', "")),
    })
}

/// The object id in the directory, which is not the storage key.
fn origin_id(id: &str) -> String {
    id.chars()
        .map(|c| match c.to_digit(16) {
            // The digit that says which version of GUID it is stays.
            Some(4) | None => c,
            Some(digit) => match (digit + 5) % 16 {
                4 => '9',
                turned => char::from_digit(turned, 16).unwrap_or(c),
            },
        })
        .collect()
}
