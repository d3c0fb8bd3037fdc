//! `https://NAME/.well-known/matrix/server`: where a name hands its server to another one.

use std::time::Duration;

use ruma::OwnedServerName;
use serde::Deserialize;

use super::lifetime;
use crate::client::Web;

/// Where the file is.
pub(crate) const PATH: &str = "/.well-known/matrix/server";
/// Bytes that are read of the file.
const LARGEST: usize = 51_200;
/// How long it may take to be fetched, all redirects included. It is less than any request has: where port 443 swallows
/// everything, there must be time left for the server itself.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Fetches and reads the file of a host; `now` in milliseconds.
///
/// # Errors
/// Why there is none, or none that can be used.
pub(crate) async fn fetch(web: &Web, host: &str, port: Option<u16>, now: i64) -> Result<WellKnown, String> {
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    let url = format!("https://{host}{port}{PATH}");
    let (headers, body) = tokio::time::timeout(PATIENCE, web.get(&url, LARGEST))
        .await
        .map_err(|_| format!("no answer in {} seconds", PATIENCE.as_secs()))??;
    Ok(WellKnown { server: parse(&body)?, lifetime: lifetime::of(&headers, now) })
}

/// Reads the file, whatever type it is said to be of.
pub(crate) fn parse(body: &[u8]) -> Result<OwnedServerName, String> {
    let file: File = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(file.server)
}

#[cfg(test)]
mod tests {
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
}
