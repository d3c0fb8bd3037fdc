//! Requests in the form in which they are signed and sent (server-server §request-authentication).

use bytes::Bytes;
use events::SigningKey;
use http::{HeaderMap, HeaderValue, Method, header};
use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, ServerName,
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

    /// Signs it for `destination`: makes the body canonical and adds the header.
    pub fn sign(&mut self, origin: &ServerName, destination: &ServerName, key: &SigningKey) -> Result<()> {
        let mut object = CanonicalJsonObject::from([
            ("method".to_owned(), self.method.as_str().into()),
            ("uri".to_owned(), self.path.as_str().into()),
            ("origin".to_owned(), origin.as_str().into()),
            ("destination".to_owned(), destination.as_str().into()),
        ]);
        if !self.body.is_empty() {
            let content: CanonicalJsonValue =
                serde_json::from_slice(&self.body).map_err(|error| Error::BadJson(error.to_string()))?;
            self.body = content.to_string().into();
            object.insert("content".to_owned(), content);
        }
        key.sign_json(origin, &mut object)?;
        let signature = signature(&object, origin, key).ok_or_else(|| Error::Internal("no signature".into()))?;
        let key = key.key_id();
        let value = format!(r#"X-Matrix origin="{origin}",destination="{destination}",key="{key}",sig="{signature}""#);
        let value = HeaderValue::try_from(value).map_err(|error| Error::Internal(error.to_string()))?;
        self.headers.insert(header::AUTHORIZATION, value);
        Ok(())
    }
}

fn signature<'a>(object: &'a CanonicalJsonObject, origin: &ServerName, key: &SigningKey) -> Option<&'a str> {
    object.get("signatures")?.as_object()?.get(origin.as_str())?.as_object()?.get(&key.key_id())?.as_str()
}

impl From<http::Request<Bytes>> for Outgoing {
    fn from(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        Self { method: parts.method, path, headers: parts.headers, body }
    }
}
