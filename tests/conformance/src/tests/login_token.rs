//! Logging in another device with a token made by one that is logged in. Optional; without the capability
//! `m.get_login_token` there is nothing to test.

use super::prelude::*;

tests! { "login_token":
    flow, "token-based-user-login", ["GET v3/login"];
    login, "token-based-user-login", ["POST v1/login/get_token", "POST v3/login"];
    single_use, "token-based-user-login", ["POST v3/login M_FORBIDDEN"];
    asks_each_time, "post_matrixclientv1loginget_token", ["POST v1/login/get_token 401"];
    wrong_password, "post_matrixclientv1loginget_token", ["POST v1/login/get_token 401"];
    is_no_access_token, "token-based-user-login", [];
    needs_token, "post_matrixclientv1loginget_token", ["POST v1/login/get_token M_MISSING_TOKEN"];
}

/// Whether the server offers it to a user.
async fn offered(user: &User) -> Result<bool, Failure> {
    let capabilities = user.get(v3!("capabilities")).await?.ok()?;
    Ok(capabilities["capabilities"]["m.get_login_token"]["enabled"] == true)
}

async fn token(user: &User) -> Result<String, Failure> {
    let answer = user.authenticated(Method::POST, &v1!("login/get_token"), json!({})).await?.ok()?;
    text(&answer, "login_token")
}

fn body(token: &str) -> Value {
    json!({ "type": "m.login.token", "token": token })
}

/// "an `m.login.token` login flow with `get_login_token: true`"
async fn flow(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let answer = server.get(v3!("login")).await?.ok()?;
    let flows = answer["flows"].as_array().cloned().unwrap_or_default();
    let named = flows.iter().any(|flow| flow["type"] == "m.login.token" && flow["get_login_token"] == true);
    ensure_eq!(named, offered(&alice).await?, "get_login_token in {answer}");
    Ok(())
}

async fn login(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    if !offered(&alice).await? {
        return Ok(());
    }
    let mut body = body(&token(&alice).await?);
    body["device_id"] = json!("NEWPHONE");
    body["initial_device_display_name"] = json!("New phone");
    let phone = User::from_login(&server, &server.post(v3!("login"), body).await?.ok()?, "")?;
    ensure_eq!((phone.id.as_str(), phone.device.as_str()), (alice.id.as_str(), "NEWPHONE"), "user and device");
    let device = alice.get(v3!("devices/NEWPHONE")).await?.ok()?;
    ensure_eq!(device["display_name"], "New phone", "display name");
    // The first device stays logged in.
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// "The generated token MUST only be valid for a single login, enforced by the server." Also for two at once.
async fn single_use(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    if !offered(&alice).await? {
        return Ok(());
    }
    let body = body(&token(&alice).await?);
    let both = futures_util::future::join_all((0..4).map(|_| server.post(v3!("login"), body.clone()))).await;
    let mut logged_in = 0;
    for reply in both {
        match reply? {
            reply if reply.status == 200 => logged_in += 1,
            reply => drop(reply.error(403, "M_FORBIDDEN")?),
        }
    }
    ensure_eq!(logged_in, 1, "logins with one token");
    server.post(v3!("login"), body).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "For this endpoint, servers MUST always re-prompt the user for verification"
async fn asks_each_time(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    if !offered(&alice).await? {
        return Ok(());
    }
    token(&alice).await?;
    let again = alice.post(v1!("login/get_token"), json!({})).await?;
    ensure_eq!(again.status, 401, "status of another request without authentication");
    ensure!(again.json["flows"].is_array() && again.json["session"].is_string(), "flows: {}", again.brief());
    Ok(())
}

async fn wrong_password(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    if !offered(&alice).await? {
        return Ok(());
    }
    let mistaken = User { password: "wrong".to_owned(), ..alice };
    let reply = mistaken.authenticated(Method::POST, &v1!("login/get_token"), json!({})).await?;
    ensure!(reply.json["login_token"].is_null(), "a token for a wrong password");
    reply.error(401, "M_FORBIDDEN").map(drop)
}

async fn is_no_access_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    if !offered(&alice).await? {
        return Ok(());
    }
    let pretender = User { token: token(&alice).await?, ..alice };
    pretender.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

async fn needs_token(server: Server) -> Outcome {
    let reply = server.post(v1!("login/get_token"), json!({})).await?;
    // A server that does not offer it may not know the endpoint.
    if reply.status == 404 {
        return reply.error(404, "M_UNRECOGNIZED").map(drop);
    }
    reply.error(401, "M_MISSING_TOKEN").map(drop)
}
