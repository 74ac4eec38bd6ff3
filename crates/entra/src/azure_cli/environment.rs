//! What `az` sees of this process's environment: what it needs to find itself and its sign-in, and nothing of the
//! job's. A step's inputs, connections and secret variables are all variables of this process.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use azure_core::http::Url;
use patkeeper_http::Proxy;

/// Where programs, homes, temporary files and the language are, and the machine's own proxy and certificates. Names
/// are compared without letter case, as Windows does, and as proxies are spelled both ways elsewhere.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "PROGRAMW6432",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
    "AZURE_CONFIG_DIR",
    "AZURE_EXTENSION_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
];

/// What stands for a proxy that the machine names itself.
const PROXIES: &[&str] = &["ALL_PROXY", "HTTPS_PROXY"];

/// What is passed of `variables`, and the agent's proxy where they name none.
pub(super) fn of(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    proxy: Option<&Proxy>,
) -> Vec<(OsString, OsString)> {
    let mut passed: Vec<(OsString, OsString)> = variables
        .into_iter()
        .filter(|(name, _)| is_one_of(name, PASSED))
        .collect();
    let has_proxy = passed
        .iter()
        .any(|(name, value)| is_one_of(name, PROXIES) && !value.is_empty());
    if !has_proxy && let Some(url) = proxy.and_then(without_sign_in) {
        passed.retain(|(name, _)| !is_one_of(name, &["HTTPS_PROXY"]));
        passed.push(("HTTPS_PROXY".into(), url.into()));
    }
    passed
}

/// Whether a program called `az` is on the path.
pub(super) fn has_az(environment: &[(OsString, OsString)]) -> bool {
    let path = environment.iter().find(|(name, _)| is_one_of(name, &["PATH"]));
    let names = if cfg!(windows) {
        ["az.cmd", "az.bat", "az.exe"].as_slice()
    } else {
        ["az"].as_slice()
    };
    path.is_some_and(|(_, folders)| {
        std::env::split_paths(folders)
            .any(|folder| names.iter().any(|name| Path::new(&folder).join(name).is_file()))
    })
}

fn is_one_of(name: &OsStr, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The proxy's address. Its password stays here: any process of the machine's may read another's environment.
fn without_sign_in(proxy: &Proxy) -> Option<String> {
    let url = Url::parse(&proxy.url).ok()?;
    let host = url.host_str()?;
    let port = url.port_or_known_default()?;
    Some(format!("{}://{host}:{port}", url.scheme()))
}
