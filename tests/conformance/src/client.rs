//! A thin client of any homeserver: raw JSON over HTTP, nothing typed, so that no shared type can hide a mistake.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::peer::Peer;
use crate::reply::Reply;
use crate::user::User;

/// The server under test. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    url: String,
    name: String,
    secret: String,
    /// The server beside it, for tests of two.
    peer: Option<Server>,
    /// The server that the suite plays, for tests of federation.
    scripted: Option<Peer>,
    http: reqwest::Client,
    /// Makes names unlike those of earlier runs against the same server.
    run: String,
    next: AtomicU64,
}

impl Server {
    /// A server at `url` (no trailing slash) with its server name and its registration shared secret, and perhaps a peer.
    pub fn new(url: &str, name: &str, secret: &str, peer: Option<Server>) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(120)).no_proxy().build()?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|age| age.as_millis()).unwrap_or_default();
        Ok(Server(Arc::new(Inner {
            url: url.trim_end_matches('/').to_owned(),
            name: name.to_owned(),
            secret: secret.to_owned(),
            peer,
            scripted: None,
            http,
            run: format!("{:x}", since % (1 << 36)),
            next: AtomicU64::new(1),
        })))
    }

    /// The server name, the part of user ids after the colon.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The server beside it.
    pub fn peer(&self) -> Option<&Server> {
        self.0.peer.as_ref()
    }

    /// The server under test with the peer that the suite plays. There must be no other clone of it.
    pub fn with_scripted(mut self, peer: Peer) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.scripted = Some(peer);
        }
        self
    }

    /// The server that the suite plays.
    pub fn scripted(&self) -> Option<&Peer> {
        self.0.scripted.as_ref()
    }

    /// A name that was never used before on this server: lower case letters, digits and hyphens.
    pub fn fresh(&self, stem: &str) -> String {
        format!("{stem}-{}-{}", self.0.run, self.0.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A request builder for anything the helpers do not cover.
    pub fn request(&self, method: Method, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let request = self.0.http.request(method, format!("{}{path}", self.0.url));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request with a JSON body, or none, and reads the answer whatever its status. A 429 is obeyed: the
    /// request is made again after the time it names, a few times.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply, Failure> {
        let mut tries = 5;
        loop {
            let mut request = self.request(method.clone(), path, token);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            let reply = Reply::read(format!("{method} {path}"), request.send().await?).await?;
            tries -= 1;
            if reply.status != 429 || tries == 0 {
                return Ok(reply);
            }
            let wait = reply.json["retry_after_ms"].as_u64().unwrap_or(1_000);
            tokio::time::sleep(Duration::from_millis(wait.min(5_000))).await;
        }
    }

    /// Sends a body that need not be JSON.
    pub async fn raw(&self, method: Method, path: &str, token: Option<&str>, body: &str) -> Result<Reply, Failure> {
        let request = self.request(method.clone(), path, token).header("content-type", "application/json");
        Reply::read(format!("{method} {path}"), request.body(body.to_owned()).send().await?).await
    }

    /// GET without a token.
    pub async fn get(&self, path: impl AsRef<str>) -> Result<Reply, Failure> {
        self.call(Method::GET, path.as_ref(), None, None).await
    }

    /// POST without a token.
    pub async fn post(&self, path: impl AsRef<str>, body: Value) -> Result<Reply, Failure> {
        self.call(Method::POST, path.as_ref(), None, Some(&body)).await
    }

    /// A new user with a device, made with the shared secret; its name begins with `stem`.
    pub async fn user(&self, stem: &str) -> Result<User, Failure> {
        self.make_user(stem, false).await
    }

    /// A new user that is an administrator of the server.
    pub async fn admin(&self) -> Result<User, Failure> {
        self.make_user("admin", true).await
    }

    async fn make_user(&self, stem: &str, admin: bool) -> Result<User, Failure> {
        let (name, password) = (self.fresh(stem), "correct horse battery".to_owned());
        let path = "/_synapse/admin/v1/register";
        let nonce = self.get(path).await?.ok()?["nonce"].as_str().unwrap_or_default().to_owned();
        let mac = mac(&self.0.secret, &nonce, &name, &password, admin);
        let body = json!({ "nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac });
        User::from_login(self, &self.post(path, body).await?.ok()?, &password)
    }
}

/// The HMAC-SHA1 that shared-secret registration asks for, in hexadecimal.
fn mac(secret: &str, nonce: &str, name: &str, password: &str, admin: bool) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let admin = if admin { "admin" } else { "notadmin" };
    let tag = ring::hmac::sign(&key, [nonce, name, password, admin].join("\0").as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::mac;

    /// Computed with another implementation of HMAC-SHA1.
    #[test]
    fn mac_of_shared_secret_registration() {
        assert_eq!(mac("secret", "nonce", "alice", "pass", false), "4b8b27667e6fe6dd18d944050f8a62e5a37e2d99");
        assert_eq!(mac("secret", "nonce", "alice", "pass", true), "f62fca97d1ba6f156e9f2a56cb77295fe732e6d5");
    }
}
