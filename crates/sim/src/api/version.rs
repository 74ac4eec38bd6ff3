//! `api-version`, from the query or from the `Accept` header.

use crate::refusal::Refusal;
use crate::request::Request;

/// A version that the service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ApiVersion {
    pub(super) major: u32,
    pub(super) minor: u32,
}

impl ApiVersion {
    const NEWEST: Self = Self { major: 7, minor: 2 };

    pub(super) fn at_least(self, major: u32, minor: u32) -> bool {
        self >= Self { major, minor }
    }
}

/// How far a resource has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Only `-preview` versions.
    Preview,
    /// Released ones, too.
    Released,
}

fn sent(request: &Request) -> Option<String> {
    request.parameter("api-version").or_else(|| {
        let accept = request.header("accept")?;
        let (_, version) = accept
            .split(';')
            .filter_map(|part| part.trim().split_once('='))
            .find(|(name, _)| *name == "api-version")?;
        Some(version.to_owned())
    })
}

/// The version of a request, or the service's refusal of it.
pub(super) fn version(request: &Request, stage: Stage) -> Result<ApiVersion, Refusal> {
    let bad = |key: &str, message: String| Err(Refusal::exception(400, key, message));
    let Some(text) = sent(request).filter(|text| !text.is_empty()) else {
        return bad(
            "VssVersionNotSpecifiedException",
            format!(
                "No api-version was supplied for the \"{}\" request. The version must be supplied either as part of \
                 the Accept header (e.g. \"application/json; api-version=1.0\") or as a query parameter (e.g. \
                 \"?api-version=1.0\").",
                request.method
            ),
        );
    };
    let (number, preview) = match text.split_once('-') {
        Some((number, preview)) => (number, Some(preview)),
        None => (text.as_str(), None),
    };
    let parsed = number.split_once('.').and_then(|(major, minor)| {
        Some(ApiVersion {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
        })
    });
    let preview_fits = preview.is_none_or(|preview| {
        preview == "preview"
            || preview
                .strip_prefix("preview.")
                .is_some_and(|number| number.parse::<u32>().is_ok())
    });
    let Some(version) = parsed.filter(|_| preview_fits) else {
        return bad(
            "VssInvalidApiVersionException",
            format!("The value specified for the api-version, '{text}', is not valid."),
        );
    };
    if version > ApiVersion::NEWEST || version.major < 1 {
        return bad(
            "VssVersionOutOfRangeException",
            format!(
                "The requested REST API version of {text} is out of range for this server. The latest REST API \
                 version this server supports is 7.2."
            ),
        );
    }
    // 7.2 has not been released for any resource.
    if preview.is_none() && (stage == Stage::Preview || version == ApiVersion::NEWEST) {
        return bad(
            "VssInvalidPreviewVersionException",
            format!(
                "The requested version \"{text}\" of the resource is under preview. The -preview flag must be \
                 supplied in the api-version for such requests. For example: \"{text}-preview\""
            ),
        );
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str, accept: &str, stage: Stage) -> Result<ApiVersion, Refusal> {
        let mut headers = hyper::HeaderMap::new();
        headers.insert("accept", accept.parse().unwrap());
        let request = Request {
            method: "GET".into(),
            host: "vssps.dev.azure.com".into(),
            path: "/acme/_apis/tokens/pats".into(),
            query: query.into(),
            headers,
            body: bytes::Bytes::new(),
        };
        version(&request, stage)
    }

    fn refused_with(result: Result<ApiVersion, Refusal>, key: &str) -> bool {
        matches!(result, Err(Refusal::Exception { status: 400, type_key, .. }) if type_key == key)
    }

    #[test]
    fn a_resource_in_preview_refuses_a_bare_version() {
        assert!(asked("api-version=7.1-preview.1", "*/*", Stage::Preview).is_ok());
        assert!(refused_with(
            asked("api-version=7.1", "*/*", Stage::Preview),
            "VssInvalidPreviewVersionException"
        ));
        assert!(asked("api-version=7.1", "*/*", Stage::Released).is_ok());
        assert!(refused_with(
            asked("api-version=7.2", "*/*", Stage::Released),
            "VssInvalidPreviewVersionException"
        ));
    }

    #[test]
    fn the_version_may_come_in_the_accept_header_but_must_come() {
        assert!(asked("", "application/json; api-version=7.1-preview", Stage::Preview).is_ok());
        assert!(refused_with(
            asked("", "application/json", Stage::Preview),
            "VssVersionNotSpecifiedException"
        ));
        assert!(refused_with(
            asked("api-version=9.0-preview", "*/*", Stage::Preview),
            "VssVersionOutOfRangeException"
        ));
        assert!(refused_with(
            asked("api-version=x", "*/*", Stage::Preview),
            "VssInvalidApiVersionException"
        ));
    }
}
