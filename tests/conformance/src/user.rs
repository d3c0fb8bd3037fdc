//! A logged-in user of the server under test: requests with its token, and the steps most tests begin with.

use std::fmt;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Server;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::v3;

/// One device of a user, logged in.
#[derive(Clone, Debug)]
pub struct User {
    /// The server it is on.
    pub server: Server,
    /// Full user id.
    pub id: String,
    /// Access token.
    pub token: String,
    /// Device id.
    pub device: String,
    /// Password of the account.
    pub password: String,
}

/// A user stands for its id in paths.
impl AsRef<str> for User {
    fn as_ref(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl User {
    /// Reads the answer of a login or registration.
    #[track_caller]
    pub fn from_login(server: &Server, answer: &Value, password: &str) -> Result<Self, Failure> {
        let text = |key: &str| match answer[key].as_str() {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(Failure::new(format!("a login should give {key}, got {answer}"))),
        };
        Ok(User {
            server: server.clone(),
            id: text("user_id")?,
            token: text("access_token")?,
            device: text("device_id")?,
            password: password.to_owned(),
        })
    }

    /// The part of the user id before the colon, without the sigil.
    pub fn localpart(&self) -> &str {
        self.id.trim_start_matches('@').split(':').next().unwrap_or_default()
    }

    /// Another device of the same user, logged in by password.
    pub async fn new_device(&self) -> Result<User, Failure> {
        let body = json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": self.id },
            "password": self.password,
        });
        User::from_login(&self.server, &self.server.post(v3!("login"), body).await?.ok()?, &self.password)
    }

    /// GET with this user's token.
    pub async fn get(&self, path: impl AsRef<str>) -> Result<Reply, Failure> {
        self.server.call(Method::GET, path.as_ref(), Some(&self.token), None).await
    }

    /// PUT with this user's token.
    pub async fn put(&self, path: impl AsRef<str>, body: Value) -> Result<Reply, Failure> {
        self.server.call(Method::PUT, path.as_ref(), Some(&self.token), Some(&body)).await
    }

    /// POST with this user's token.
    pub async fn post(&self, path: impl AsRef<str>, body: Value) -> Result<Reply, Failure> {
        self.server.call(Method::POST, path.as_ref(), Some(&self.token), Some(&body)).await
    }

    /// DELETE with this user's token.
    pub async fn delete(&self, path: impl AsRef<str>) -> Result<Reply, Failure> {
        self.server.call(Method::DELETE, path.as_ref(), Some(&self.token), None).await
    }

    /// A request that passes user-interactive authentication with this user's password.
    pub async fn authenticated(&self, method: Method, path: &str, mut body: Value) -> Result<Reply, Failure> {
        let first = self.server.call(method.clone(), path, Some(&self.token), Some(&body)).await?;
        if first.status != 401 {
            return Ok(first);
        }
        body["auth"] = self.password_stage(&first.json["session"]);
        self.server.call(method, path, Some(&self.token), Some(&body)).await
    }

    /// The `auth` object of a password stage in a user-interactive session.
    pub fn password_stage(&self, session: &Value) -> Value {
        json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": self.id },
            "password": self.password,
            "session": session,
        })
    }
}
