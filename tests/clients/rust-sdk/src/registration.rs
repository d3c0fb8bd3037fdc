//! How a user comes to be: through the SDK, or by the shared secret where the server's registration is closed.

use anyhow::{Context, Result, bail};
use hmac::{Hmac, Mac};
use matrix_sdk::Client;
use matrix_sdk::ruma::OwnedUserId;
use matrix_sdk::ruma::api::client::account::register;
use matrix_sdk::ruma::api::client::uiaa::{AuthData, AuthType, Dummy};
use matrix_sdk::ruma::api::error::ErrorKind;
use serde_json::{Value, json};

use crate::stage::{Stage, hex};

/// Registers with the stages the server asks for; no device comes of it.
pub async fn register(stage: &Stage, name: &str, password: &str) -> Result<OwnedUserId> {
    let client = Client::builder().homeserver_url(&stage.homeserver).build().await?;
    let username = format!("rust-{name}-{}", stage.tag);
    let mut request = register::v3::Request::new();
    request.username = Some(username.clone());
    request.password = Some(password.to_owned());
    request.inhibit_login = true;
    let Err(refusal) = client.matrix_auth().register(request.clone()).await else {
        bail!("{username} is registered without being asked for anything");
    };
    if refusal.client_api_error_kind() == Some(&ErrorKind::Forbidden) {
        return register_by_shared_secret(stage, &client, &username, password).await;
    }
    let asked = refusal.as_uiaa_response().with_context(|| format!("registering: {refusal}"))?;
    let dummy = asked.flows.iter().any(|flow| flow.stages == [AuthType::Dummy]);
    stage.check(format!("a flow asks {username} for nothing but m.login.dummy"), dummy, &asked.flows)?;
    let mut auth = Dummy::new();
    auth.session = asked.session.clone();
    request.auth = Some(AuthData::Dummy(auth));
    let answer = client.matrix_auth().register(request).await?;
    let wanted = format!("@{username}:{}", stage.server_name);
    stage.same(format!("{username} registers through the SDK"), answer.user_id.as_str(), wanted.as_str())?;
    Ok(answer.user_id)
}

/// Synapse's admin registration: a MAC over nonce, name, password and role, keyed with the shared secret.
async fn register_by_shared_secret(stage: &Stage, client: &Client, name: &str, password: &str) -> Result<OwnedUserId> {
    let endpoint = format!("{}/_synapse/admin/v1/register", stage.homeserver);
    let http = client.http_client();
    let answer = http.get(&endpoint).send().await?.bytes().await?;
    let nonce: Value = serde_json::from_slice::<Value>(&answer)?["nonce"].take();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(stage.shared_secret.as_bytes())?;
    mac.update([nonce.as_str().unwrap_or_default(), name, password, "notadmin"].join("\0").as_bytes());
    let mac = hex(&mac.finalize().into_bytes());
    let body = json!({ "nonce": nonce, "username": name, "password": password, "admin": false, "mac": mac });
    let request = http.post(&endpoint).header("Content-Type", "application/json").body(body.to_string());
    let answer: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
    let user_id = answer["user_id"].as_str().with_context(|| format!("{name} is not registered: {answer}"))?;
    stage.check(format!("{name} is registered by the shared secret"), user_id.contains(name), user_id)?;
    Ok(user_id.try_into()?)
}
