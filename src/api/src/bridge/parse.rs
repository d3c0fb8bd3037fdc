//! Requests in ruma's types.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use ruma::api::{IncomingRequest, IncomingRequestExt, Metadata, error::FromHttpRequestError};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::{
    Error, Result,
    bridge::{Authenticate, Call, Client},
};

/// A request type whose authentication we can check.
pub trait Endpoint: IncomingRequest<Authentication: Authenticate> + 'static {}
impl<T: IncomingRequest<Authentication: Authenticate> + 'static> Endpoint for T {}

/// Who calls an endpoint.
type Caller<T> = <<T as Metadata>::Authentication as Authenticate>::Caller;

/// A parsed and authenticated request.
pub struct Ruma<T: Endpoint> {
    /// What it asks.
    pub body: T,
    /// Who asks.
    pub caller: Caller<T>,
    /// From where.
    pub client: Client,
    /// The path as it was registered.
    pub route: Arc<str>,
    /// The body as it came, for what ruma's type leaves out.
    pub raw: Bytes,
    /// The query as it came, for the same.
    pub query: String,
}

impl<T: Endpoint> Ruma<T> {
    /// Checks the credentials, then reads the request.
    pub async fn read(call: Call) -> Result<Self> {
        let caller = T::Authentication::authenticate(&call).await?;
        let Call { request, args, client, route, .. } = call;
        let (head, raw) = request.into_parts();
        let query = head.uri.query().unwrap_or_default().to_owned();
        // A client may begin user-interactive auth, or call what needs no parameters, with an empty body.
        let may_be_empty = matches!(head.method, http::Method::POST | http::Method::DELETE);
        let body: &[u8] = if raw.is_empty() && may_be_empty { b"{}" } else { &raw };
        if !matches!(head.method, http::Method::GET | http::Method::HEAD) {
            check_object(body)?;
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let parsed = T::try_from_http_request(Request::from_parts(head, body), &args);
        let body = parsed.map_err(|error| parse_error(body, &error))?;
        Ok(Self { body, caller, client, route, raw, query })
    }
}

fn parse_error(body: &[u8], error: &FromHttpRequestError) -> Error {
    let text = error.to_string();
    match error {
        FromHttpRequestError::MethodMismatch { .. } => Error::wrong_method(),
        FromHttpRequestError::Deserialization(error) => {
            use ruma::api::error::DeserializationError as E;
            match error {
                E::Json(_) | E::Utf8(_) => json_error(body, &text),
                E::Query(_) if text.contains("missing field") => Error::new(400, "M_MISSING_PARAM", text),
                _ => Error::invalid_param(text),
            }
        }
        _ => Error::invalid_param(text),
    }
}

/// Every body of the API is one JSON object and nothing more. serde would also take a list for a struct, and ruma reads
/// some bodies only as far as the first value goes. To skim over a body costs little beside what is done with it.
pub(super) fn check_object(body: &[u8]) -> Result<()> {
    if !is_json(body) {
        return Err(json_error(body, ""));
    }
    require_object(body)
}

/// Reads a body that is one JSON object and nothing more.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    // serde_json looks at the whole of a text, but not into strings that it ignores: they are UTF-8 as a part of it.
    let text = std::str::from_utf8(body).map_err(|error| json_error(body, &error.to_string()))?;
    let read = serde_json::from_str(text).map_err(|error| json_error(body, &error.to_string()))?;
    require_object(body)?;
    Ok(read)
}

fn require_object(body: &[u8]) -> Result<()> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Ok(()),
        _ => Err(Error::bad_json("The body must be a JSON object")),
    }
}

/// Whether a body is one JSON value. serde_json does not look into strings that it ignores.
fn is_json(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok() && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// Tells apart what is no JSON at all, what lacks a field, and what is of the wrong shape.
fn json_error(body: &[u8], text: &str) -> Error {
    if !is_json(body) {
        return Error::new(400, "M_NOT_JSON", "The body is not valid JSON");
    }
    if text.contains("missing field") {
        return Error::new(400, "M_MISSING_PARAM", text);
    }
    Error::bad_json(text)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Named {
        name: String,
    }

    #[test]
    fn a_body_is_one_object() {
        assert_eq!(object::<Named>(b" {\"name\":\"x\",\"more\":[1]} ").unwrap().name, "x");
        for (body, expected) in [
            (&b""[..], "M_NOT_JSON"),
            (b"{\"name\":\"x\"", "M_NOT_JSON"),
            (b"{\"name\":\"x\"} x", "M_NOT_JSON"),
            (b"{\"name\":\"x\"}{}", "M_NOT_JSON"),
            (b"{\"name\":\"x\",\"more\":\"\xff\"}", "M_NOT_JSON"),
            (b"{\"name\":\"x\",\"more\":01}", "M_NOT_JSON"),
            (b"[\"x\"]", "M_BAD_JSON"),
            (b"3", "M_BAD_JSON"),
            (b"{\"name\":3}", "M_BAD_JSON"),
            (b"{}", "M_MISSING_PARAM"),
        ] {
            let text = String::from_utf8_lossy(body);
            assert_eq!(object::<Named>(body).unwrap_err().errcode(), Some(expected), "{text}");
            if expected != "M_MISSING_PARAM" && body != b"{\"name\":3}" {
                assert_eq!(check_object(body).unwrap_err().errcode(), Some(expected), "{text}");
            }
        }
    }
}
