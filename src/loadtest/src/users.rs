//! Accounts and devices.

use http::{HeaderValue, Method};
use ring::hmac;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::error::{Error, Result};

const REGISTER: &str = "/_synapse/admin/v1/register";

/// How accounts are made on the server under test.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The shared secret of the server's registration interface.
    pub secret: String,
    /// What follows the colon in its user ids.
    pub server_name: String,
}

/// An account and its first device.
#[derive(Debug, Clone)]
pub struct User {
    name: String,
    password: String,
    /// The full user id.
    pub user_id: String,
    /// The first device.
    pub device_id: String,
    /// The first device's `Bearer …`.
    pub authorization: HeaderValue,
}

impl User {
    /// Registers by shared secret: a MAC over nonce, name, password and role proves its possession.
    pub async fn register(connection: &mut Connection, with: &Registration, name: &str) -> Result<Self> {
        let answer = connection.json(Method::GET, REGISTER, None, None).await?;
        let nonce = text(&answer, REGISTER, "nonce")?;
        let password = format!("password of {name}");
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, with.secret.as_bytes());
        let mac = hmac::sign(&key, format!("{nonce}\0{name}\0{password}\0notadmin").as_bytes());
        let mac: String = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let body = json!({"nonce": nonce, "username": name, "password": password, "admin": false, "mac": mac});
        let answer = connection.json(Method::POST, REGISTER, None, Some(&body)).await?;
        let user_id = text(&answer, REGISTER, "user_id")?;
        if user_id != format!("@{name}:{}", with.server_name) {
            return Err(Error::ServerName(user_id.to_owned()));
        }
        Ok(Self {
            authorization: bearer(&answer, REGISTER)?,
            name: name.to_owned(),
            password,
            user_id: user_id.to_owned(),
            device_id: text(&answer, REGISTER, "device_id")?.to_owned(),
        })
    }

    /// Logs a new device in; gives its `Bearer …`.
    pub async fn new_device(&self, connection: &mut Connection) -> Result<HeaderValue> {
        Ok(self.login(connection).await?.1)
    }

    /// The same, with the device's id before it.
    pub async fn login(&self, connection: &mut Connection) -> Result<(String, HeaderValue)> {
        const LOGIN: &str = "/_matrix/client/v3/login";
        let body = json!({
            "type": "m.login.password", "password": self.password,
            "identifier": {"type": "m.id.user", "user": self.name},
        });
        let answer = connection.json(Method::POST, LOGIN, None, Some(&body)).await?;
        Ok((text(&answer, LOGIN, "device_id")?.to_owned(), bearer(&answer, LOGIN)?))
    }
}

fn bearer(answer: &Value, from: &'static str) -> Result<HeaderValue> {
    let token = text(answer, from, "access_token")?;
    HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Error::Lacks(from, "a usable access_token"))
}

/// A text field of an answer.
pub fn text<'a>(answer: &'a Value, from: &'static str, field: &'static str) -> Result<&'a str> {
    answer.get(field).and_then(Value::as_str).ok_or(Error::Lacks(from, field))
}
