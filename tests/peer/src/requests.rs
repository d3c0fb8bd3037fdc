//! Requests of the scripted peer to the server under test, signed, or as a test wants them.

use std::path::Path;
use std::time::Duration;

use reqwest::{Body, Certificate, Client, Method};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::keys::signed_by;
use crate::reply::Reply;
use crate::{Event, Peer, nonce, now};

/// A client that believes the authority in a folder.
pub fn client(folder: &Path) -> Result<Client, String> {
    let file = folder.join("ca.crt");
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read(&file).map_err(|error| wrong(&error))?;
    let authority = Certificate::from_pem(&text).map_err(|error| wrong(&error))?;
    let builder = Client::builder().timeout(Duration::from_secs(50)).no_proxy().tls_certs_only([authority]);
    builder.build().map_err(|error| wrong(&error))
}

/// The keys that a server publishes, if it has signed them.
pub async fn keys_of(http: &Client, server: &str) -> Result<Value, Failure> {
    let path = "/_matrix/key/v2/server";
    let response = http.get(format!("https://{server}{path}")).send().await?;
    let keys = Reply::read(format!("GET {path}"), response).await?.ok()?;
    if keys["server_name"] != server || !signed_by(&keys, server, &keys) {
        return Err(Failure::new(format!("{server} has not signed its keys with them: {keys}")));
    }
    Ok(keys)
}

impl Peer {
    /// A request with a body that need not be JSON and these `Authorization` headers.
    pub async fn raw(
        &self,
        method: Method,
        uri: &str,
        body: Option<String>,
        authorizations: &[String],
    ) -> Result<Reply, Failure> {
        // A server sends one transaction after the other.
        let _turn =
            if uri.starts_with("/_matrix/federation/v1/send/") { Some(self.inner.sending.lock().await) } else { None };
        self.exchange(method, uri, body.map(Body::from), authorizations).await
    }

    /// The same without waiting for a transaction that is under way. The body may come piece by piece.
    ///
    /// # Errors
    /// No answer.
    pub async fn exchange(
        &self,
        method: Method,
        uri: &str,
        body: Option<Body>,
        authorizations: &[String],
    ) -> Result<Reply, Failure> {
        let mut request = self.inner.http.request(method.clone(), format!("https://{}{uri}", self.under_test()));
        for authorization in authorizations {
            request = request.header("authorization", authorization);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        Reply::read(format!("{method} {uri}"), request.send().await?).await
    }

    /// A request as this server makes it.
    pub async fn request(&self, method: Method, uri: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let authorization = self.me.authorization(method.as_str(), uri, self.under_test(), body);
        self.raw(method, uri, body.map(Value::to_string), &[authorization]).await
    }

    /// GET.
    pub async fn get(&self, uri: impl AsRef<str>) -> Result<Reply, Failure> {
        self.request(Method::GET, uri.as_ref(), None).await
    }

    /// PUT.
    pub async fn put(&self, uri: impl AsRef<str>, body: &Value) -> Result<Reply, Failure> {
        self.request(Method::PUT, uri.as_ref(), Some(body)).await
    }

    /// POST.
    pub async fn post(&self, uri: impl AsRef<str>, body: &Value) -> Result<Reply, Failure> {
        self.request(Method::POST, uri.as_ref(), Some(body)).await
    }

    /// Tries to send a transaction with a new id.
    pub async fn try_transact(&self, pdus: &[Value], edus: &[Value]) -> Result<Reply, Failure> {
        let uri = format!("/_matrix/federation/v1/send/{}", nonce());
        self.put(uri, &self.transaction_of(pdus, edus)).await
    }

    /// The body of a transaction.
    pub fn transaction_of(&self, pdus: &[Value], edus: &[Value]) -> Value {
        json!({ "origin": self.me.name, "origin_server_ts": now(), "pdus": pdus, "edus": edus })
    }

    /// Sends events; gives what is said to each, by event id.
    pub async fn transact(&self, events: &[Event]) -> Result<Value, Failure> {
        let pdus: Vec<Value> = events.iter().map(|event| event.pdu.clone()).collect();
        Ok(self.try_transact(&pdus, &[]).await?.ok()?["pdus"].clone())
    }

    /// Sends one EDU.
    pub async fn send_edu(&self, kind: &str, content: Value) -> Result<(), Failure> {
        self.try_transact(&[], &[json!({ "edu_type": kind, "content": content })]).await?.ok().map(drop)
    }
}
