//! Refresh tokens.

use super::prelude::*;

tests! { "refresh":
    login_gives_token, "refreshing-access-tokens", ["POST v3/login"];
    registration_gives_token, "refreshing-access-tokens", ["POST v3/register"];
    not_without_asking, "refreshing-access-tokens", ["POST v3/login"];
    refresh, "refreshing-access-tokens", ["POST v3/refresh"];
    older_path, "refreshing-access-tokens", ["POST r0/refresh"];
    keeps_device, "refreshing-access-tokens", ["POST v3/refresh"];
    repeat_before_use, "refreshing-access-tokens", ["POST v3/refresh"];
    old_token_after_use, "refreshing-access-tokens", ["POST v3/refresh M_UNKNOWN_TOKEN"];
    unknown_token, "refreshing-access-tokens", ["POST v3/refresh M_UNKNOWN_TOKEN"];
    missing_token, "refreshing-access-tokens", ["POST v3/refresh 400"];
    access_token_is_no_refresh_token, "refreshing-access-tokens", ["POST v3/refresh M_UNKNOWN_TOKEN"];
    refresh_token_is_no_access_token, "refreshing-access-tokens", [];
    after_logout, "refreshing-access-tokens", ["POST v3/refresh M_UNKNOWN_TOKEN"];
    transactions_survive, "transaction-identifiers", ["POST v3/refresh"];
}

/// Logs in on a new device with a refresh token; gives both.
async fn login(server: &Server) -> Result<(User, String), Failure> {
    let alice = server.user("alice").await?;
    let identifier = json!({ "type": "m.id.user", "user": alice.id });
    let body = json!({
        "type": "m.login.password", "identifier": identifier, "password": alice.password, "refresh_token": true,
    });
    let answer = server.post(v3!("login"), body).await?.ok()?;
    Ok((User::from_login(server, &answer, &alice.password)?, text(&answer, "refresh_token")?))
}

async fn exchange(server: &Server, token: &str) -> Result<Reply, Failure> {
    server.post(v3!("refresh"), json!({ "refresh_token": token })).await
}

/// The same device with the access token of a refresh.
fn renewed(user: &User, answer: &Value) -> Result<User, Failure> {
    Ok(User { token: text(answer, "access_token")?, ..user.clone() })
}

async fn login_gives_token(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    ensure!(token != user.token, "the two tokens are different things");
    user.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// Clients of before v1.3 ask there.
async fn older_path(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    let answer = server.post("/_matrix/client/r0/refresh", json!({ "refresh_token": token })).await?.ok()?;
    renewed(&user, &answer)?.get(v3!("account/whoami")).await?.ok().map(drop)
}

async fn registration_gives_token(server: Server) -> Outcome {
    let body = json!({ "username": server.fresh("ref"), "password": "correct horse battery", "refresh_token": true });
    let answer = super::registration::register(&server, body).await?.ok()?;
    exchange(&server, &text(&answer, "refresh_token")?).await?.ok().map(drop)
}

async fn not_without_asking(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let identifier = json!({ "type": "m.id.user", "user": alice.id });
    let body = json!({ "type": "m.login.password", "identifier": identifier, "password": alice.password });
    let answer = server.post(v3!("login"), body).await?.ok()?;
    ensure!(answer["refresh_token"].is_null(), "the client did not say it can refresh: {answer}");
    Ok(())
}

async fn refresh(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    let answer = exchange(&server, &token).await?.ok()?;
    let new = renewed(&user, &answer)?;
    ensure!(new.token != user.token, "a new access token");
    let expiry = &answer["expires_in_ms"];
    ensure!(expiry.is_null() || expiry.is_u64(), "expires_in_ms: {expiry}");
    new.get(v3!("account/whoami")).await?.ok()?;
    // The new refresh token works in its turn.
    exchange(&server, &text(&answer, "refresh_token")?).await?.ok().map(drop)
}

/// "the new access and refresh tokens are now bound to the device associated with the initial refresh token."
async fn keeps_device(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    let new = renewed(&user, &exchange(&server, &token).await?.ok()?)?;
    let whoami = new.get(v3!("account/whoami")).await?.ok()?;
    ensure_eq!(whoami["device_id"], user.device.as_str(), "device");
    ensure_eq!(whoami["user_id"], user.id.as_str(), "user");
    Ok(())
}

/// "The old refresh token remains valid until the new access token or refresh token is used".
async fn repeat_before_use(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    exchange(&server, &token).await?.ok()?;
    let again = exchange(&server, &token).await?.ok()?;
    renewed(&user, &again)?.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// "...at which point the old refresh token is revoked."
async fn old_token_after_use(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    let new = renewed(&user, &exchange(&server, &token).await?.ok()?)?;
    new.get(v3!("account/whoami")).await?.ok()?;
    let reply = exchange(&server, &token).await?;
    ensure!(matches!(reply.status, 401 | 403), "a revoked refresh token was answered {}", reply.brief());
    reply.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

async fn unknown_token(server: Server) -> Outcome {
    exchange(&server, "never-issued").await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

async fn missing_token(server: Server) -> Outcome {
    server.post(v3!("refresh"), json!({})).await?.refused(400).map(drop)
}

async fn access_token_is_no_refresh_token(server: Server) -> Outcome {
    let (user, _) = login(&server).await?;
    exchange(&server, &user.token).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

async fn refresh_token_is_no_access_token(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    let wrong = User { token, ..user };
    wrong.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

async fn after_logout(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    user.post(v3!("logout"), json!({})).await?.ok()?;
    exchange(&server, &token).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

/// "The scope of a transaction ID is for a single device": a new token changes nothing.
async fn transactions_survive(server: Server) -> Outcome {
    let (user, token) = login(&server).await?;
    let room = user.private_room().await?;
    let path = v3!("rooms/{}/send/m.room.message/t", room);
    let body = json!({ "msgtype": "m.text", "body": "once" });
    let first = user.put(&path, body.clone()).await?.ok()?;
    let new = renewed(&user, &exchange(&server, &token).await?.ok()?)?;
    ensure_eq!(new.put(&path, body).await?.ok()?, first, "the same transaction with the refreshed token");
    Ok(())
}
