//! Answers in ruma's types.

use actix_web::{HttpResponse, http::StatusCode};
use ruma::api::{OutgoingResponse, OutgoingResponseExt};

use crate::Error;

/// Any ruma response as an actix response.
pub(crate) fn respond(response: impl OutgoingResponse) -> HttpResponse {
    let response = match response.try_into_http_response::<Vec<u8>>() {
        Ok(response) => response,
        Err(error) => return Error::internal(error).into_response(),
    };
    let (head, body) = response.into_parts();
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}
