//! Requests to a homeserver.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::Value;

use crate::{Error, Result};

const PATIENCE: Duration = Duration::from_secs(120);
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A homeserver, and the token with which it knows us.
pub struct Server {
    url: String,
    client: reqwest::Client,
    pub token: Option<String>,
}

/// An id as a part of a path or a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

impl Server {
    pub fn new(url: &str) -> Result<Self> {
        // Another test in this process may have done so.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), client, token: None })
    }

    /// A request of the client-server API; `path` begins after `/_matrix/client/`.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let path = format!("/_matrix/client/{path}");
        let mut request = self.request(method.clone(), &path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let told: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(told);
        }
        Err(Error::Refused { method: method.to_string(), path, status: status.as_u16(), answer: told })
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Uploads bytes and gives their `mxc` address.
    pub async fn upload(&self, bytes: Vec<u8>) -> Result<String> {
        let request = self.request(Method::POST, "/_matrix/media/v3/upload");
        let answer = request.header("content-type", "application/octet-stream").body(bytes).send().await?;
        let told: Value = answer.error_for_status()?.json().await?;
        Ok(crate::json::text(&told, "content_uri")?.to_owned())
    }

    /// Downloads what an `mxc` address names, with authentication.
    pub async fn download(&self, address: &str) -> Result<Vec<u8>> {
        let place =
            address.strip_prefix("mxc://").ok_or_else(|| Error::wrong(format!("{address} is no mxc address")))?;
        let answer = self.request(Method::GET, &format!("/_matrix/client/v1/media/download/{place}")).send().await?;
        Ok(answer.error_for_status()?.bytes().await?.to_vec())
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}
