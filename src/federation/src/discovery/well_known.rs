//! `https://NAME/.well-known/matrix/server`: where a name hands its server to another one.

use std::time::Duration;

use http::{HeaderMap, header};
use ruma::OwnedServerName;
use serde::Deserialize;

use crate::client::Web;

/// Where the file is.
pub(crate) const PATH: &str = "/.well-known/matrix/server";
/// Bytes that are read of the file.
const LARGEST: usize = 51_200;
/// How long it may take to be fetched, all redirects included.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it is good where its headers do not say.
const USUAL: Duration = Duration::from_secs(86_400);
/// However short its headers say it is good, it is not fetched again before.
const SHORTEST: Duration = Duration::from_secs(300);
/// How long it is good at most (server-server §resolving-server-names, step 3).
const LONGEST: Duration = Duration::from_secs(48 * 3_600);

/// What the file says, and how long that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WellKnown {
    pub server: OwnedServerName,
    pub lifetime: Duration,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "m.server")]
    server: OwnedServerName,
}

/// Fetches and reads the file of a host.
///
/// # Errors
/// Why there is none, or none that can be used.
pub(crate) async fn fetch(web: &Web, host: &str, port: Option<u16>) -> Result<WellKnown, String> {
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    let url = format!("https://{host}{port}{PATH}");
    let (headers, body) = tokio::time::timeout(PATIENCE, web.get(&url, LARGEST))
        .await
        .map_err(|_| format!("no answer in {} seconds", PATIENCE.as_secs()))??;
    Ok(WellKnown { server: parse(&body)?, lifetime: lifetime(&headers) })
}

/// Reads the file, whatever type it is said to be of.
pub(crate) fn parse(body: &[u8]) -> Result<OwnedServerName, String> {
    let file: File = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(file.server)
}

/// How long the headers say that the file is good, within the bounds.
pub(crate) fn lifetime(headers: &HeaderMap) -> Duration {
    let mut directives = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .filter_map(|directive| match directive.as_str() {
            "no-store" | "no-cache" => Some(0),
            directive => directive.strip_prefix("max-age=").map(|age| age.trim_matches('"').parse().unwrap_or(0)),
        });
    let said = directives.next().map(|first| directives.fold(first, u64::min));
    said.map_or(USUAL, Duration::from_secs).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_file_names_a_server() {
        for (body, want) in [
            (r#"{"m.server":"matrix.example.org:443"}"#, Some("matrix.example.org:443")),
            (r#"{"m.server":"[::1]:8448","else":1}"#, Some("[::1]:8448")),
            (r#"{"m.server":""}"#, None),
            (r#"{"m.server":"https://matrix.example.org"}"#, None),
            (r#"{"m.server":"a b"}"#, None),
            (r#"{"m.server":8448}"#, None),
            (r#"{"server":"example.org"}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(parse(body.as_bytes()).ok().as_deref().map(|name| name.as_str()), want, "{body}");
        }
    }

    #[test]
    fn headers_say_how_long_within_bounds() {
        for (value, want) in [
            (None, USUAL),
            (Some("max-age=3600"), Duration::from_secs(3_600)),
            (Some("public, Max-Age=7200, must-revalidate"), Duration::from_secs(7_200)),
            (Some("max-age=1"), SHORTEST),
            (Some("no-store"), SHORTEST),
            (Some("max-age=99999999999999999999"), SHORTEST),
            (Some("max-age=31536000"), LONGEST),
            (Some("public"), USUAL),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
            }
            assert_eq!(lifetime(&headers), want, "{value:?}");
        }
    }
}
