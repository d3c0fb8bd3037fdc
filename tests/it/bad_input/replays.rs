//! User-interactive sessions that are used again, elsewhere, or by somebody else.

use reqwest::Method;
use serde_json::{Value, json};

use super::Calm;
use crate::client::Reply;
use crate::database::{Database, on_both_databases};
use crate::user::{PASSWORD, User};

on_both_databases!(a_session_serves_once, a_session_is_bound_to_its_request);

fn with_password(session: &Value, user: &str) -> Value {
    let identifier = json!({ "type": "m.id.user", "user": user });
    json!({ "auth": { "type": "m.login.password", "session": session, "password": PASSWORD, "identifier": identifier } })
}

/// The same without any password: it has nothing but the session.
fn session_only(session: &Value) -> Value {
    json!({ "auth": { "session": session } })
}

async fn delete(user: &User, device: &str, body: Value) -> Reply {
    user.ask(Method::DELETE, &format!("/devices/{device}"), Some(&body)).await.unwrap()
}

async fn a_session_serves_once(database: Database) {
    let mut calm = Calm::new(&database).await;
    let one = User::login(calm.server.client(), "alice", PASSWORD).await;
    let two = User::login(calm.server.client(), "alice", PASSWORD).await;
    let session = delete(&calm.alice, &one.device, json!({})).await.json["session"].clone();
    delete(&calm.alice, &one.device, with_password(&session, "alice")).await.ok();
    for target in [&one, &two] {
        let replay = delete(&calm.alice, &target.device, session_only(&session)).await;
        assert_eq!(replay.status, 401, "a used session serves again: {}", replay.text);
    }
    two.get("/account/whoami").await.ok();
    two.post("/logout", json!({})).await.ok();
    calm.is_undisturbed().await;
}

async fn a_session_is_bound_to_its_request(database: Database) {
    let mut calm = Calm::new(&database).await;
    let one = User::login(calm.server.client(), "alice", PASSWORD).await;
    let two = User::login(calm.server.client(), "alice", PASSWORD).await;
    let challenge = delete(&calm.alice, &one.device, json!({})).await;
    let session = &challenge.json["session"];
    // Another user with the session of the first.
    let stolen = delete(&calm.bob, &one.device, with_password(session, "alice")).await;
    assert!(matches!(stolen.status, 401 | 403 | 404), "{}", stolen.text);
    // A wrong password does not complete it.
    let mut wrong = with_password(session, "alice");
    wrong["auth"]["password"] = "wrong".into();
    let refused = delete(&calm.alice, &one.device, wrong).await;
    assert_eq!((refused.status, refused.code()), (401, "M_FORBIDDEN"), "{}", refused.text);
    // Completed for one path, it must not serve another.
    let moved = calm.alice.post("/account/deactivate", session_only(session)).await;
    assert_eq!(moved.status, 401, "{}", moved.text);
    let unfinished = delete(&calm.alice, &two.device, session_only(session)).await;
    assert_eq!(unfinished.status, 401, "{}", unfinished.text);
    for user in [&one, &two] {
        user.get("/account/whoami").await.ok();
        user.post("/logout", json!({})).await.ok();
    }
    calm.is_undisturbed().await;
}
