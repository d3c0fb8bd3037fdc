//! Requests that the SDK has no types for.

use matrix_sdk::reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Account;
use crate::error::{Error, Result};

impl Account {
    /// The answer of a GET request; nothing if there is none such (404).
    ///
    /// * `path`: from the server's root on, with its query.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn get_json(&self, path: &str) -> Result<Option<Value>> {
        self.request(Method::GET, path, None).await
    }

    /// The answer of a PUT request; nothing if there is none such (404).
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    pub async fn put_json(&self, path: &str, body: &Value) -> Result<Option<Value>> {
        self.request(Method::PUT, path, Some(body)).await
    }

    async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Option<Value>> {
        let url = self.client().homeserver().join(path).map_err(|why| Error::Sdk(why.to_string()))?;
        let mut request = self.client().http_client().request(method, url);
        if let Some(token) = self.client().access_token() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(serde_json::to_vec(body)?);
        }
        let answer = request.send().await.map_err(matrix_sdk::HttpError::from)?;
        let status = answer.status();
        let text = answer.bytes().await.map_err(matrix_sdk::HttpError::from)?;
        let told: Value = serde_json::from_slice(&text).unwrap_or_default();
        match status {
            status if status.is_success() => Ok(Some(told)),
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => Err(Error::LoggedOut),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                let server = self.client().homeserver().host_str().unwrap_or_default().to_owned();
                Err(Error::Unreachable { server, why: status.to_string() })
            }
            _ => Err(Error::Refused(told.get("error").and_then(Value::as_str).unwrap_or("no reason given").to_owned())),
        }
    }
}
