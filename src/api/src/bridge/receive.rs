//! Receiving the body of a request: no more than its route may bring, in time, and as long as there is memory for it.

use accounts::Seen;
use actix_web::{HttpResponse, http::ConnectionType, web::Payload};
use futures_util::StreamExt as _;
use http::header::CONTENT_LENGTH;
use peerbrain_core::limits;
use ruma::api::auth_scheme::extract_bearer_or_query_token;
use tokio::time::{Duration, Instant, timeout_at};

use crate::{
    Error, Result,
    bridge::{Call, bodies::Share, forwarded::counted_address},
};

/// What a body takes at least.
const LEAST: usize = 4_096;
/// In how many milliseconds there may be memory again.
const LATER: u64 = 2_000;
/// How long to go on reading what nobody wants, where bodies are waited for as long.
const DRAIN: Duration = Duration::from_secs(10);

/// Reads the body into the call. What it takes of the memory is to be kept until the request is answered.
///
/// # Errors
/// 413 for a body that is too large, 408 for one that comes too slowly, 429 where others take the memory.
pub(super) async fn receive(call: &mut Call, payload: &mut Payload) -> Result<Share> {
    let most = body_limit(&call.route);
    let too_large = || Error::new(413, "M_TOO_LARGE", "The request is too large");
    let late = |_| Error::new(408, "M_UNKNOWN", "The body took too long");
    let announced = call.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut share = call.app.bodies.share(counted_address(&call.app.config, call.client.ip));
    let deadline = Instant::now() + call.app.config.server.request_body();
    let mut body = Vec::new();
    while let Some(chunk) = timeout_at(deadline, payload.next()).await.map_err(late)? {
        let chunk = chunk.map_err(|error| Error::new(400, "M_UNKNOWN", format!("the body broke off: {error}")))?;
        let length = body.len() + chunk.len();
        if length > most {
            return Err(too_large());
        }
        if length > body.capacity() {
            // What was announced but does not come takes nothing, and so hinders nobody.
            let room = length.next_power_of_two().max(LEAST).min(announced.unwrap_or(most)).max(length);
            if !share.grow(room) {
                require_known(call, &mut share).await?;
                share.grow(room).then_some(()).ok_or_else(|| Error::limit_exceeded(LATER))?;
            }
            body.reserve_exact(room - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    *call.request.body_mut() = body.into();
    Ok(share)
}

/// Where there is little left it is for those who are known by a token.
async fn require_known(call: &Call, share: &mut Share) -> Result<()> {
    let token = extract_bearer_or_query_token(&call.request).ok().flatten();
    let token = token.ok_or_else(|| Error::limit_exceeded(LATER))?;
    let seen = Seen { ip: call.client.ip, user_agent: call.client.user_agent.as_deref() };
    call.app.accounts.authenticate(&token, seen).await?;
    share.is_known();
    Ok(())
}

/// Refuses a request whose body has not been read. Many clients read no answer before they have sent all of it, so what is
/// left of it is read, up to so many bytes, and thrown away.
pub(crate) async fn refuse(call: &Call, payload: &mut Payload, mut left: u64, error: Error) -> HttpResponse {
    let deadline = Instant::now() + call.app.config.server.request_body().min(DRAIN);
    loop {
        match timeout_at(deadline, payload.next()).await {
            Ok(None) => return error.into_response(),
            Ok(Some(Ok(chunk))) if chunk.len() as u64 <= left => left -= chunk.len() as u64,
            _ => return closing(error),
        }
    }
}

/// An error that comes before the whole of the body. What is left of it is not read: the connection is of no further use,
/// and the client must know.
pub(super) fn closing(error: Error) -> HttpResponse {
    let mut response = error.into_response();
    response.head_mut().set_connection_type(ConnectionType::Close);
    response
}

/// How many bytes a request may have: few where nobody knows yet who sends it, many where servers send many events, or
/// clients messages to many devices.
fn body_limit(route: &str) -> usize {
    if route.starts_with("/_matrix/federation/v1/send/") {
        return limits::TRANSACTION_BYTES;
    }
    if route.contains("/sendToDevice/") || route.contains("/room_keys/keys") {
        return limits::CLIENT_BATCH_BYTES;
    }
    let anonymous = ["/login", "/register", "/refresh", "/account/password", "/account/deactivate"];
    match anonymous.iter().any(|end| route.ends_with(end)) {
        true => limits::ANONYMOUS_BODY_BYTES,
        false => limits::CLIENT_BODY_BYTES,
    }
}
