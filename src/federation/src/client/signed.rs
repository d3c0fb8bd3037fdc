//! Requests in the form in which they are signed and sent (server-server §request-authentication).

use bytes::Bytes;
use events::{SigningKey, canonical};
use http::{HeaderMap, HeaderValue, Method, header};
use ruma::{
    ServerName,
    api::{OutgoingBody, OutgoingRequest, path_builder::SinglePath},
};

use crate::{Error, Result};

/// A request before it is known where it goes to.
pub(super) struct Outgoing {
    pub method: Method,
    /// With the query, as it is sent.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Outgoing {
    /// One of ruma's types. Its body becomes canonical JSON: it is what will be signed.
    pub fn of<R>(request: R) -> Result<Self>
    where
        R: OutgoingRequest<PathBuilder = SinglePath>,
    {
        let wrong = |error: ruma::api::error::IntoHttpError| Error::Internal(error.to_string());
        let (parts, body) = request.try_into_http_request_inner("", ()).map_err(wrong)?.into_parts();
        let mut headers = parts.headers;
        if let Some(kind) = body.content_type() {
            headers.entry(header::CONTENT_TYPE).or_insert(kind);
        }
        let body: Vec<u8> = body.try_into_buf().map_err(|error| wrong(error.into()))?;
        let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        Ok(Self { method: parts.method, path, headers, body: body.into() })
    }

    /// Signs it for `destination`: makes the body canonical and adds the header. Numbers stay as they are written: what
    /// devices send each other may hold fractions.
    pub fn sign(&mut self, origin: &ServerName, destination: &ServerName, key: &SigningKey) -> Result<()> {
        let quote = |text: &str| serde_json::to_string(text).map_err(|error| Error::Internal(error.to_string()));
        let mut content = String::new();
        if !self.body.is_empty() {
            let body = std::str::from_utf8(&self.body).map_err(|error| Error::BadJson(error.to_string()))?;
            let body = canonical::rewritten(body)?;
            content = format!(r#""content":{body},"#);
            self.body = body.into();
        }
        let (method, uri) = (quote(self.method.as_str())?, quote(&self.path)?);
        let signed =
            format!(r#"{{{content}"destination":"{destination}","method":{method},"origin":"{origin}","uri":{uri}}}"#);
        let (signature, key) = (key.sign_text(&signed), key.key_id());
        let value = format!(r#"X-Matrix origin="{origin}",destination="{destination}",key="{key}",sig="{signature}""#);
        let value = HeaderValue::try_from(value).map_err(|error| Error::Internal(error.to_string()))?;
        self.headers.insert(header::AUTHORIZATION, value);
        Ok(())
    }
}

impl From<http::Request<Bytes>> for Outgoing {
    fn from(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        Self { method: parts.method, path, headers: parts.headers, body }
    }
}
