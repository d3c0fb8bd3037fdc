//! `POST /register` and what belongs to it.

use super::prelude::*;

tests! { "registration":
    dummy_flow, "account-registration", ["POST v3/register", "POST v3/register 401"];
    generated_name, "account-registration", ["POST v3/register"];
    inhibit_login, "account-registration", ["POST v3/register"];
    device_id, "account-registration", ["POST v3/register"];
    name_in_use, "account-registration", ["POST v3/register M_USER_IN_USE"];
    invalid_name, "account-registration", ["POST v3/register M_INVALID_USERNAME"];
    name_too_long, "account-registration", ["POST v3/register M_INVALID_USERNAME"];
    uppercase_name, "account-registration", ["POST v3/register"];
    unknown_kind, "account-registration", ["POST v3/register"];
    guest, "guest-access", ["POST v3/register M_FORBIDDEN"];
    wrong_stage, "user-interactive-authentication-api", ["POST v3/register 401"];
    unknown_session, "user-interactive-authentication-api", ["POST v3/register"];
    shared_secret, "account-registration", [];
    shared_secret_wrong_mac, "account-registration", [];
    shared_secret_nonce_once, "account-registration", [];
    available, "account-registration", ["GET v3/register/available"];
    available_in_use, "account-registration", ["GET v3/register/available M_USER_IN_USE"];
    available_invalid, "account-registration", ["GET v3/register/available M_INVALID_USERNAME"];
    available_missing_parameter, "account-registration", ["GET v3/register/available"];
    token_unknown, "token-authenticated-registration", ["GET v1/register/m.login.registration_token/validity"];
}

/// Registers through the user-interactive flow that needs nothing but `m.login.dummy`.
pub async fn register(server: &Server, mut body: Value) -> Result<Reply, Failure> {
    let first = server.post(v3!("register"), body.clone()).await?;
    if first.status != 401 {
        return Ok(first);
    }
    body["auth"] = json!({ "type": "m.login.dummy", "session": first.json["session"] });
    server.post(v3!("register"), body).await
}

async fn dummy_flow(server: Server) -> Outcome {
    let name = server.fresh("reg");
    let body = json!({ "username": name, "password": "correct horse battery" });
    let first = server.post(v3!("register"), body.clone()).await?;
    ensure_eq!(first.status, 401, "status without auth ({})", first.brief());
    ensure!(first.json["session"].is_string(), "a session is needed: {}", first.brief());
    ensure!(first.json["errcode"].is_null(), "the first 401 is no error: {}", first.brief());
    let flows = first.json["flows"].as_array().cloned().unwrap_or_default();
    ensure!(flows.iter().any(|flow| flow["stages"] == json!(["m.login.dummy"])), "no dummy flow in {flows:?}");
    let user = User::from_login(&server, &register(&server, body).await?.ok()?, "correct horse battery")?;
    ensure_eq!(user.id, format!("@{name}:{}", server.name()), "user id");
    let whoami = user.get(v3!("account/whoami")).await?.ok()?;
    ensure_eq!(whoami["device_id"], user.device.as_str(), "device of the token");
    Ok(())
}

async fn generated_name(server: Server) -> Outcome {
    let answer = register(&server, json!({ "password": "correct horse battery" })).await?.ok()?;
    let user = User::from_login(&server, &answer, "")?;
    ensure!(!user.localpart().is_empty(), "a name is made up: {}", user.id);
    Ok(())
}

async fn inhibit_login(server: Server) -> Outcome {
    let body = json!({ "username": server.fresh("reg"), "password": "correct horse battery", "inhibit_login": true });
    let answer = register(&server, body).await?.ok()?;
    ensure!(answer["user_id"].is_string(), "user_id is required: {answer}");
    // "access_token ... Required if the inhibit_login option is false", and the same for device_id.
    ensure!(answer["access_token"].is_null() && answer["device_id"].is_null(), "there is no login: {answer}");
    Ok(())
}

async fn device_id(server: Server) -> Outcome {
    let body = json!({
        "username": server.fresh("reg"), "password": "correct horse battery",
        "device_id": "MYDEVICE", "initial_device_display_name": "Toaster",
    });
    let user = User::from_login(&server, &register(&server, body).await?.ok()?, "")?;
    ensure_eq!(user.device, "MYDEVICE", "device that was asked for");
    let device = user.get(v3!("devices/MYDEVICE")).await?.ok()?;
    ensure_eq!(device["display_name"], "Toaster", "display name of the device");
    Ok(())
}

async fn name_in_use(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "username": alice.localpart(), "password": "correct horse battery" });
    register(&server, body).await?.error(400, "M_USER_IN_USE").map(drop)
}

async fn invalid_name(server: Server) -> Outcome {
    for name in ["has space", "exclam!", "colon:inside", "ünïcode", "at@sign"] {
        let body = json!({ "username": name, "password": "correct horse battery" });
        register(&server, body).await?.error(400, "M_INVALID_USERNAME")?;
    }
    Ok(())
}

/// A user id "MUST NOT exceed 255 bytes".
async fn name_too_long(server: Server) -> Outcome {
    let long = "l".repeat(255 - server.name().len() - 1);
    let body = json!({ "username": long, "password": "correct horse battery" });
    register(&server, body).await?.error(400, "M_INVALID_USERNAME").map(drop)
}

/// Upper case is outside the grammar of new user ids: it is refused or mapped to lower case.
async fn uppercase_name(server: Server) -> Outcome {
    let name = server.fresh("UPPER");
    let reply = register(&server, json!({ "username": name, "password": "correct horse battery" })).await?;
    if reply.status != 200 {
        return reply.error(400, "M_INVALID_USERNAME").map(drop);
    }
    ensure_eq!(reply.json["user_id"], format!("@{}:{}", name.to_lowercase(), server.name()), "user id");
    Ok(())
}

async fn unknown_kind(server: Server) -> Outcome {
    let body = json!({ "username": server.fresh("reg"), "password": "correct horse battery" });
    server.post(v3!("register?kind=martian"), body).await?.refused(400).map(drop)
}

/// A server without guests says 403; one with guests gives a guest.
async fn guest(server: Server) -> Outcome {
    let reply = server.post(v3!("register?kind=guest"), json!({})).await?;
    if reply.status != 200 {
        return reply.refused(403).map(drop);
    }
    let guest = User::from_login(&server, &reply.ok()?, "")?;
    ensure_eq!(guest.get(v3!("account/whoami")).await?.ok()?["is_guest"], true, "is_guest");
    Ok(())
}

/// A stage that no flow has does not complete anything.
async fn wrong_stage(server: Server) -> Outcome {
    let mut body = json!({ "username": server.fresh("reg"), "password": "correct horse battery" });
    let first = server.post(v3!("register"), body.clone()).await?;
    body["auth"] = json!({ "type": "m.login.password", "session": first.json["session"] });
    let reply = server.post(v3!("register"), body).await?;
    ensure!(matches!(reply.status, 400 | 401 | 403), "a stage of no flow was taken: {}", reply.brief());
    ensure!(reply.json["access_token"].is_null(), "nobody may be registered: {}", reply.brief());
    Ok(())
}

async fn unknown_session(server: Server) -> Outcome {
    let body = json!({
        "username": server.fresh("reg"), "password": "correct horse battery",
        "auth": { "type": "m.login.dummy", "session": "never-was" },
    });
    let reply = server.post(v3!("register"), body).await?;
    ensure!(matches!(reply.status, 400 | 401 | 403), "a session that never was, was taken: {}", reply.brief());
    Ok(())
}

async fn shared_secret(server: Server) -> Outcome {
    let user = server.user("secret").await?;
    ensure_eq!(user.get(v3!("account/whoami")).await?.ok()?["user_id"], user.id.as_str(), "user by shared secret");
    user.new_device().await.map(drop)
}

async fn shared_secret_wrong_mac(server: Server) -> Outcome {
    let path = "/_synapse/admin/v1/register";
    let nonce = server.get(path).await?.ok()?["nonce"].clone();
    let name = server.fresh("forged");
    let body = json!({ "nonce": nonce, "username": name, "password": "pass word word", "mac": "00".repeat(20) });
    server.post(path, body).await?.refused(403)?;
    server.get(v3!("register/available?username={}", name)).await?.ok().map(drop)
}

async fn shared_secret_nonce_once(server: Server) -> Outcome {
    let path = "/_synapse/admin/v1/register";
    let body = json!({ "nonce": "never-given", "username": "x", "password": "pass word word", "mac": "00".repeat(20) });
    server.post(path, body).await?.refused(400).map(drop)
}

async fn available(server: Server) -> Outcome {
    let answer = server.get(v3!("register/available?username={}", server.fresh("free"))).await?.ok()?;
    ensure_eq!(answer["available"], true, "an unused name");
    Ok(())
}

async fn available_in_use(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("register/available?username={}", alice.localpart());
    server.get(path).await?.error(400, "M_USER_IN_USE").map(drop)
}

async fn available_invalid(server: Server) -> Outcome {
    server.get(v3!("register/available?username={}", "no spaces!")).await?.error(400, "M_INVALID_USERNAME").map(drop)
}

async fn available_missing_parameter(server: Server) -> Outcome {
    server.get(v3!("register/available")).await?.refused(400).map(drop)
}

async fn token_unknown(server: Server) -> Outcome {
    let answer = server.get(v1!("register/m.login.registration_token/validity?token=never-made")).await?.ok()?;
    ensure_eq!(answer["valid"], false, "a token that was never made");
    Ok(())
}
