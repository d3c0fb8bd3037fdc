//! `https://NAME/.well-known/matrix/server`: where a name hands its server to another one.

use std::time::Duration;

use ruma::OwnedServerName;
use serde_json::{Map, Value, error::Category};

use super::lifetime;
use crate::client::{Unopened, Web};

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

/// Fetches and reads the file of a host; `now` in milliseconds.
///
/// # Errors
/// Why there is none, or none that can be used.
pub(crate) async fn fetch(web: &Web, host: &str, port: Option<u16>, now: i64) -> Result<WellKnown, Unopened> {
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    let url = format!("https://{host}{port}{PATH}");
    let (headers, body) = tokio::time::timeout(PATIENCE, web.get(&url, LARGEST))
        .await
        .map_err(|_| Unopened::Absent(format!("no answer in {} seconds", PATIENCE.as_secs())))??;
    let server = parse(&body).map_err(Unopened::Wrong)?;
    Ok(WellKnown { server, lifetime: lifetime::of(&headers, now) })
}

/// Reads the file, whatever type it is said to be of.
///
/// # Errors
/// What is wrong with it, in words for who wrote it.
pub(crate) fn parse(body: &[u8]) -> Result<OwnedServerName, String> {
    let file: Map<String, Value> = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => "it is no JSON object".to_owned(),
        _ => format!("it is no valid JSON ({error})"),
    })?;
    match file.get("m.server") {
        None => Err("it has no \"m.server\"".into()),
        Some(Value::String(name)) => {
            OwnedServerName::try_from(name.as_str()).map_err(|_| "its \"m.server\" is no name of a server".into())
        }
        Some(_) => Err("its \"m.server\" is no string".into()),
    }
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
