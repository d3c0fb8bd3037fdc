//! Raw JSON over HTTP: no type of the server's, so that no shared mistake can hide.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::Value;

/// Longer than any long poll that the tests make.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whoever speaks to the server; with a token or without. Cheap to clone, and still good after the server's restart.
#[derive(Clone)]
pub struct Client {
    url: Arc<RwLock<String>>,
    http: reqwest::Client,
    token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What was asked.
    pub asked: String,
    /// The HTTP status.
    pub status: u16,
    /// The body; null where it is not JSON.
    pub json: Value,
    /// The body as it came.
    pub text: String,
}

impl Client {
    /// A client of whatever `url` says at the time of each request.
    pub fn new(url: Arc<RwLock<String>>) -> Self {
        // Plain HTTP only, but reqwest will not start without.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        Self { url, http, token: None }
    }

    /// The same with an access token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The access token.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// A request to fill in. `path` begins with a slash; what is not `/_…` or `/.…` or `//…` is of the client-server
    /// API, version 3.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let base = self.url.read().unwrap().clone();
        let whole = ["/_", "/.", "/health", "/metrics", "/thoughts/"].iter().any(|start| path.starts_with(start));
        let prefix = if whole { "" } else { "/_matrix/client/v3" };
        let request = self.http.request(method, format!("{base}{prefix}{path}"));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// One request; the error is that no (whole) answer came.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, reqwest::Error> {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Reply::read(format!("{method} {path}"), request.send().await?).await
    }

    /// A request with a body that need not be JSON.
    pub async fn raw(&self, method: Method, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        let body = body.into();
        let asked = format!("{method} {path} {}", String::from_utf8_lossy(&body[..body.len().min(60)]));
        let request = self.request(method, path).header("content-type", "application/json");
        let response = request.body(body).send().await.unwrap_or_else(|error| panic!("{asked}: {error}"));
        Reply::read(asked, response).await.unwrap()
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.answered(Method::GET, path, None).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.answered(Method::PUT, path, Some(&body)).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.answered(Method::POST, path, Some(&body)).await
    }

    async fn answered(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let reply = self.ask(method.clone(), path, body).await;
        reply.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }
}

impl Reply {
    /// Reads a whole answer.
    pub async fn read(asked: String, response: Response) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let text = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        Ok(Self { asked, status, json: serde_json::from_str(&text).unwrap_or(Value::Null), text })
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}: {}", self.asked, self.text);
        self.json
    }

    /// A string in the body of a success.
    #[track_caller]
    pub fn text_at(self, key: &str) -> String {
        let body = self.ok();
        body[key].as_str().unwrap_or_else(|| panic!("no {key} in {body}")).to_owned()
    }

    /// The error code.
    pub fn code(&self) -> &str {
        self.json["errcode"].as_str().unwrap_or_default()
    }

    /// Asserts one of these errors, each written "404 M_NOT_FOUND".
    #[track_caller]
    pub fn fails(&self, allowed: &[&str]) {
        let got = format!("{} {}", self.status, self.code());
        let shown: String = self.text.chars().take(500).collect();
        assert!(allowed.contains(&got.as_str()), "{}: {got} instead of {allowed:?}: {shown}", self.asked);
    }
}

/// Percent-encodes an id for a path or a query.
pub fn encode(id: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    id.bytes().map(encode).collect()
}
