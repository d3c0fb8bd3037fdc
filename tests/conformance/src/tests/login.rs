//! Logging in, out, and what a token stands for.

use super::prelude::*;

tests! { "login":
    flows, "login", ["GET v3/login"];
    password, "login", ["POST v3/login"];
    password_localpart, "login", ["POST v3/login"];
    password_old_user_field, "login", ["POST v3/login"];
    wrong_password, "login", ["POST v3/login M_FORBIDDEN"];
    unknown_user, "login", ["POST v3/login M_FORBIDDEN"];
    other_server, "login", ["POST v3/login M_FORBIDDEN"];
    unknown_type, "login", ["POST v3/login 400"];
    missing_type, "login", ["POST v3/login 400"];
    missing_password, "login", ["POST v3/login 400"];
    same_device_again, "login", ["POST v3/login"];
    display_name, "login", ["POST v3/login"];
    well_known_or_none, "login", ["POST v3/login"];
    bad_token, "token-based-user-login", ["POST v3/login M_FORBIDDEN"];
    whoami, "current-account-information", ["GET v3/account/whoami"];
    logout, "login", ["POST v3/logout"];
    logout_needs_token, "login", ["POST v3/logout M_MISSING_TOKEN"];
    logout_all, "login", ["POST v3/logout/all"];
    logout_removes_device, "login", ["POST v3/logout"];
    get_token_not_json, "login", ["POST v1/login/get_token 400"];
    get_token, "login", ["POST v1/login/get_token", "POST v1/login/get_token 401"];
}

fn by_password(user: &str, password: &str) -> Value {
    json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": user },
        "password": password,
    })
}

async fn flows(server: Server) -> Outcome {
    let answer = server.get(v3!("login")).await?.ok()?;
    let flows = answer["flows"].as_array().cloned().unwrap_or_default();
    ensure!(flows.iter().any(|flow| flow["type"] == "m.login.password"), "no password flow: {answer}");
    Ok(())
}

async fn password(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = server.post(v3!("login"), by_password(&alice.id, &alice.password)).await?.ok()?;
    let again = User::from_login(&server, &answer, "")?;
    ensure_eq!(again.id, alice.id, "user id");
    ensure!(again.token != alice.token && again.device != alice.device, "a login without device_id makes a new device");
    ensure_eq!(again.get(v3!("account/whoami")).await?.ok()?["device_id"], again.device.as_str(), "device");
    Ok(())
}

async fn password_localpart(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = server.post(v3!("login"), by_password(alice.localpart(), &alice.password)).await?.ok()?;
    ensure_eq!(answer["user_id"], alice.id.as_str(), "user id");
    Ok(())
}

/// The deprecated top-level `user` is still in the specification: "Deprecated in favour of identifier".
async fn password_old_user_field(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "type": "m.login.password", "user": alice.localpart(), "password": alice.password });
    ensure_eq!(server.post(v3!("login"), body).await?.ok()?["user_id"], alice.id.as_str(), "user id");
    Ok(())
}

async fn wrong_password(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    server.post(v3!("login"), by_password(&alice.id, "wrong")).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// Whether a user exists must not show in the answer.
async fn unknown_user(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let wrong = server.post(v3!("login"), by_password(&alice.id, "wrong")).await?.error(403, "M_FORBIDDEN")?;
    let nobody = server.post(v3!("login"), by_password(&server.fresh("nobody"), "wrong")).await?;
    ensure_eq!(nobody.error(403, "M_FORBIDDEN")?, wrong, "answer for a user that does not exist");
    Ok(())
}

async fn other_server(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let elsewhere = format!("@{}:elsewhere.example", alice.localpart());
    server.post(v3!("login"), by_password(&elsewhere, &alice.password)).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn unknown_type(server: Server) -> Outcome {
    // "Part of the request was invalid. For example, the login type may not be recognised." No code is prescribed.
    server.post(v3!("login"), json!({ "type": "m.login.telepathy" })).await?.refused(400).map(drop)
}

async fn missing_type(server: Server) -> Outcome {
    server.post(v3!("login"), json!({})).await?.refused(400).map(drop)
}

async fn missing_password(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "type": "m.login.password", "identifier": { "type": "m.id.user", "user": alice.id } });
    server.post(v3!("login"), body).await?.refused(400).map(drop)
}

/// "If the client sets the `device_id`, the server will invalidate any access and refresh tokens previously assigned
/// to that device."
async fn same_device_again(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut body = by_password(&alice.id, &alice.password);
    body["device_id"] = json!(alice.device);
    let again = User::from_login(&server, &server.post(v3!("login"), body).await?.ok()?, "")?;
    ensure_eq!(again.device, alice.device, "device that was asked for");
    alice.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    let devices = again.get(v3!("devices")).await?.ok()?;
    ensure_eq!(devices["devices"].as_array().map(Vec::len), Some(1), "number of devices");
    Ok(())
}

async fn display_name(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut body = by_password(&alice.id, &alice.password);
    body["initial_device_display_name"] = json!("Kettle");
    let again = User::from_login(&server, &server.post(v3!("login"), body.clone()).await?.ok()?, "")?;
    let device = again.get(v3!("devices/{}", again.device)).await?.ok()?;
    ensure_eq!(device["display_name"], "Kettle", "display name of a new device");
    // "Ignored if device_id corresponds to a known device."
    body["device_id"] = json!(again.device);
    body["initial_device_display_name"] = json!("Teapot");
    let third = User::from_login(&server, &server.post(v3!("login"), body).await?.ok()?, "")?;
    let device = third.get(v3!("devices/{}", third.device)).await?.ok()?;
    ensure_eq!(device["display_name"], "Kettle", "display name of a known device");
    Ok(())
}

async fn well_known_or_none(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = server.post(v3!("login"), by_password(&alice.id, &alice.password)).await?.ok()?;
    let known = &answer["well_known"];
    ensure!(known.is_null() || known["m.homeserver"]["base_url"].is_string(), "well_known is malformed: {known}");
    Ok(())
}

async fn bad_token(server: Server) -> Outcome {
    let body = json!({ "type": "m.login.token", "token": "never-made" });
    let reply = server.post(v3!("login"), body).await?;
    // A server without token login does not know the type.
    if reply.status == 400 {
        return reply.refused(400).map(drop);
    }
    reply.error(403, "M_FORBIDDEN").map(drop)
}

async fn whoami(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = alice.get(v3!("account/whoami")).await?.ok()?;
    ensure_eq!(answer["user_id"], alice.id.as_str(), "user_id");
    ensure_eq!(answer["device_id"], alice.device.as_str(), "device_id");
    ensure!(answer["is_guest"] != true, "a registered user is no guest: {answer}");
    Ok(())
}

async fn logout(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    alice.post(v3!("logout"), json!({})).await?.ok()?;
    let error = alice.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    ensure!(error["soft_logout"] != true, "a logout is not soft: {error}");
    other.get(v3!("account/whoami")).await?.ok().map(drop)
}

async fn logout_needs_token(server: Server) -> Outcome {
    server.post(v3!("logout"), json!({})).await?.error(401, "M_MISSING_TOKEN").map(drop)
}

async fn logout_all(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    alice.post(v3!("logout/all"), json!({})).await?.ok()?;
    for user in [&alice, &other] {
        user.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    }
    let again = alice.new_device().await?;
    ensure_eq!(again.get(v3!("devices")).await?.ok()?["devices"].as_array().map(Vec::len), Some(1), "devices left");
    Ok(())
}

/// "The device associated with the access token is also deleted."
async fn logout_removes_device(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    alice.post(v3!("logout"), json!({})).await?.ok()?;
    other.get(v3!("devices/{}", alice.device)).await?.error(404, "M_NOT_FOUND").map(drop)
}

/// Optional (capability `m.get_login_token`): user-interactive, gives a token that logs in once.
async fn get_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let capabilities = alice.get(v3!("capabilities")).await?.ok()?;
    let enabled = capabilities["capabilities"]["m.get_login_token"]["enabled"] == true;
    let reply = alice.authenticated(Method::POST, &v1!("login/get_token"), json!({})).await?;
    if !enabled {
        ensure!(reply.status != 200, "m.get_login_token is not enabled, yet a token came");
        return Ok(());
    }
    let answer = reply.ok()?;
    ensure!(answer["expires_in_ms"].is_u64(), "expires_in_ms is required: {answer}");
    let body = json!({ "type": "m.login.token", "token": answer["login_token"] });
    let login = server.post(v3!("login"), body.clone()).await?.ok()?;
    ensure_eq!(login["user_id"], alice.id.as_str(), "user of the login token");
    server.post(v3!("login"), body).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn get_token_not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = server.raw(Method::POST, &v1!("login/get_token"), Some(&alice.token), "{oops").await?;
    // A server that does not offer it may not know the endpoint.
    if reply.status == 404 {
        return reply.error(404, "M_UNRECOGNIZED").map(drop);
    }
    reply.refused(400).map(drop)
}
