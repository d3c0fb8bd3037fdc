//! Requests that the SDK has no types for.

use matrix_sdk::reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::Account;
use crate::error::{Error, Result};

impl Account {
    /// The answer of a GET request; nothing if there is none such (404).
    ///
    /// * `path`: from the homeserver's address on, with its query.
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
        let url = address(&self.client().homeserver(), path)?;
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

/// A path below the homeserver's address, which may have a path itself.
fn address(homeserver: &Url, path: &str) -> Result<Url> {
    let homeserver = homeserver.as_str().trim_end_matches('/');
    Url::parse(&format!("{homeserver}{path}")).map_err(|why| Error::Sdk(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_homeserver_is_kept() {
        for (homeserver, wanted) in [
            ("https://a.example", "https://a.example/_matrix/x?limit=1"),
            ("https://a.example/matrix/", "https://a.example/matrix/_matrix/x?limit=1"),
            ("https://a.example/matrix", "https://a.example/matrix/_matrix/x?limit=1"),
        ] {
            let homeserver = Url::parse(homeserver).unwrap();
            assert_eq!(address(&homeserver, "/_matrix/x?limit=1").unwrap().as_str(), wanted);
        }
    }
}
