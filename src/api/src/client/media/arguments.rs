//! What several endpoints read from a request.

use std::time::Duration;

use ruma::{OwnedServerName, ServerName};
use serde::Deserialize;

use crate::{Error, Result, bridge::Call};

/// How long a download waits for its file if the client does not say.
const WAIT: Duration = Duration::from_secs(20);

/// The query of a download.
#[derive(Deserialize)]
struct Wait {
    timeout_ms: Option<u64>,
}

/// The query of a download on the paths from before Matrix 1.11.
#[derive(Deserialize)]
struct Remote {
    allow_remote: Option<bool>,
}

/// Which file is asked for.
pub(super) enum Which<'a> {
    /// One of this server, by its id.
    Own(&'a str),
    /// One of another server.
    Remote(OwnedServerName, &'a str),
}

/// Which file a download is about.
///
/// # Errors
/// 404 for names that no server has.
pub(super) fn which(call: &Call) -> Result<Which<'_>> {
    let (server, id) = (call.arg(0)?, call.arg(1)?);
    if server == call.app.media.server_name().as_str() {
        return Ok(Which::Own(id));
    }
    let server = ServerName::parse(server).map_err(|_| Error::not_found("there is no such media"))?;
    Ok(Which::Remote(server, id))
}

/// Which file is asked for on the paths from before Matrix 1.11, where a client may say that the server shall not fetch it.
///
/// # Errors
/// As [`which`]; 404 for what would have to be fetched.
pub(super) fn which_old(call: &Call) -> Result<Which<'_>> {
    let which = which(call)?;
    let refused = matches!(which, Which::Remote(..)) && call.query::<Remote>()?.allow_remote == Some(false);
    if refused { Err(Error::not_found("there is no such media here")) } else { Ok(which) }
}

/// The id of a file of this server.
///
/// # Errors
/// 404 for those of other servers, and for names that no server has.
pub(super) fn media_id(call: &Call) -> Result<&str> {
    if call.arg(0)? != call.app.media.server_name().as_str() {
        return Err(Error::not_found("there is no such media"));
    }
    call.arg(1)
}

/// How long to wait for a file that has not been uploaded yet.
pub(crate) fn wait(call: &Call) -> Result<Duration> {
    Ok(call.query::<Wait>()?.timeout_ms.map_or(WAIT, Duration::from_millis))
}

/// The length that the client announces.
pub(super) fn content_length(call: &Call) -> Option<u64> {
    call.headers().get("content-length")?.to_str().ok()?.parse().ok()
}
