//! What several endpoints read from a request.

use std::time::Duration;

use serde::Deserialize;

use crate::{Error, Result, bridge::Call};

/// How long a download waits for its file if the client does not say.
const WAIT: Duration = Duration::from_secs(20);

/// The query of a download.
#[derive(Deserialize)]
struct Wait {
    timeout_ms: Option<u64>,
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
pub(super) fn wait(call: &Call) -> Result<Duration> {
    Ok(call.query::<Wait>()?.timeout_ms.map_or(WAIT, Duration::from_millis))
}

/// The length that the client announces.
pub(super) fn content_length(call: &Call) -> Option<u64> {
    call.headers().get("content-length")?.to_str().ok()?.parse().ok()
}
