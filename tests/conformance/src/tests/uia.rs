//! User-interactive authentication: a state machine bound to user, method and path.

use super::prelude::*;

tests! { "uia":
    first_answer, "user-interactive-authentication-api", ["POST v3/account/password 401"];
    wrong_password, "user-interactive-authentication-api", ["POST v3/account/password 401"];
    second_try, "user-interactive-authentication-api", ["POST v3/account/password"];
    other_users_password, "user-interactive-authentication-api", ["POST v3/account/password 401"];
    other_users_session, "user-interactive-authentication-api", [];
    session_of_other_endpoint, "user-interactive-authentication-api", [];
    unknown_session, "user-interactive-authentication-api", [];
    malformed_auth, "user-interactive-authentication-api", [];
    missing_identifier, "password-based", [];
    completed_stage_alone_does_not_repeat, "user-interactive-authentication-api", [];
    parameters_may_be_omitted, "user-interactive-authentication-api", [];
}

const NEW: &str = "a new password entirely";

fn change() -> Value {
    json!({ "new_password": NEW, "logout_devices": false })
}

/// The session that a first request without authentication opens.
async fn open(user: &User, body: Value) -> Result<Value, Failure> {
    let reply = user.post(v3!("account/password"), body).await?;
    ensure_eq!(reply.status, 401, "status without auth ({})", reply.brief());
    Ok(reply.json["session"].clone())
}

async fn submit(user: &User, auth: Value) -> Result<Reply, Failure> {
    let mut body = change();
    body["auth"] = auth;
    user.post(v3!("account/password"), body).await
}

/// Whether a user can log in with a password.
async fn logs_in(user: &User, password: &str) -> Result<bool, Failure> {
    let identifier = json!({ "type": "m.id.user", "user": user.id });
    let body = json!({ "type": "m.login.password", "identifier": identifier, "password": password });
    Ok(user.server.post(v3!("login"), body).await?.status == 200)
}

async fn first_answer(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = alice.post(v3!("account/password"), change()).await?;
    ensure_eq!(reply.status, 401, "status ({})", reply.brief());
    ensure!(reply.json["session"].is_string(), "session: {}", reply.brief());
    ensure!(reply.json["errcode"].is_null(), "asking is no error: {}", reply.brief());
    let flows = reply.json["flows"].as_array().cloned().unwrap_or_default();
    ensure!(flows.iter().any(|flow| flow["stages"] == json!(["m.login.password"])), "no password flow: {flows:?}");
    ensure!(!logs_in(&alice, NEW).await?, "nothing may change without authentication");
    Ok(())
}

/// "it returns the same HTTP status 401 response as above, with the addition of the standard errcode and error fields".
async fn wrong_password(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut auth = alice.password_stage(&open(&alice, change()).await?);
    auth["password"] = json!("wrong");
    let reply = submit(&alice, auth).await?;
    let error = reply.error(401, "M_FORBIDDEN")?;
    ensure!(error["flows"].is_array() && error["session"].is_string(), "flows and session come again: {error}");
    ensure!(!logs_in(&alice, NEW).await?, "nothing may change");
    Ok(())
}

async fn second_try(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let session = open(&alice, change()).await?;
    let mut auth = alice.password_stage(&session);
    auth["password"] = json!("wrong");
    submit(&alice, auth).await?.error(401, "M_FORBIDDEN")?;
    submit(&alice, alice.password_stage(&session)).await?.ok()?;
    ensure!(logs_in(&alice, NEW).await?, "the password is changed");
    Ok(())
}

/// Somebody else's identity proves nothing about the owner of the token.
async fn other_users_password(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let session = open(&alice, change()).await?;
    let reply = submit(&alice, bob.password_stage(&session)).await?;
    ensure!(matches!(reply.status, 401 | 403), "status: {}", reply.brief());
    ensure!(!logs_in(&alice, NEW).await?, "nothing may change");
    Ok(())
}

/// A session that another user has completed does not open the door.
async fn other_users_session(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let session = open(&bob, change()).await?;
    submit(&bob, bob.password_stage(&session)).await?.ok()?;
    let reply = submit(&alice, json!({ "session": session })).await?;
    ensure!((400..500).contains(&reply.status), "status: {}", reply.brief());
    ensure!(!logs_in(&alice, NEW).await?, "nothing may change");
    Ok(())
}

/// A session belongs to the endpoint that opened it.
async fn session_of_other_endpoint(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let session = open(&alice, change()).await?;
    submit(&alice, alice.password_stage(&session)).await?.ok()?;
    let reply = alice.post(v3!("account/deactivate"), json!({ "auth": { "session": session } })).await?;
    ensure!((400..500).contains(&reply.status), "a session was used for another endpoint: {}", reply.brief());
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

async fn unknown_session(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = submit(&alice, json!({ "session": "never-was" })).await?;
    ensure!(matches!(reply.status, 400 | 401), "status: {}", reply.brief());
    ensure!(!logs_in(&alice, NEW).await?, "nothing may change");
    Ok(())
}

async fn malformed_auth(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for auth in [json!("password"), json!(7), json!({ "type": 5 }), json!({ "session": {} })] {
        let reply = submit(&alice, auth.clone()).await?;
        ensure!(matches!(reply.status, 400 | 401), "auth {auth} was answered {}", reply.brief());
    }
    ensure!(!logs_in(&alice, NEW).await?, "nothing may change");
    Ok(())
}

async fn missing_identifier(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let session = open(&alice, change()).await?;
    let auth = json!({ "type": "m.login.password", "password": alice.password, "session": session });
    let reply = submit(&alice, auth).await?;
    ensure!(matches!(reply.status, 400 | 401 | 403), "status: {}", reply.brief());
    ensure!(!logs_in(&alice, NEW).await?, "nothing may change");
    Ok(())
}

/// The session authenticates "in the same API call": it does not authorise another one with other parameters.
async fn completed_stage_alone_does_not_repeat(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let session = open(&alice, change()).await?;
    submit(&alice, alice.password_stage(&session)).await?.ok()?;
    let body = json!({ "new_password": "yet another one", "logout_devices": false, "auth": { "session": session } });
    let reply = alice.post(v3!("account/password"), body).await?;
    ensure!(!logs_in(&alice, "yet another one").await?, "a spent session changed a password: {}", reply.brief());
    Ok(())
}

/// Clients that come back from the fallback page repeat the request with `auth` alone. A server refuses that, or means
/// the parameters of the first request; it does not fail, and sets no other password.
async fn parameters_may_be_omitted(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let session = open(&alice, change()).await?;
    let body = json!({ "auth": alice.password_stage(&session) });
    let reply = alice.post(v3!("account/password"), body).await?;
    ensure!(reply.status < 500, "status: {}", reply.brief());
    let (old, new) = (logs_in(&alice, &alice.password).await?, logs_in(&alice, NEW).await?);
    ensure_eq!((old, new), (reply.status != 200, reply.status == 200), "which passwords work after {}", reply.brief());
    Ok(())
}
