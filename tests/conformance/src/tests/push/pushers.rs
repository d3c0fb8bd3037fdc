//! Pushers: set, listed, changed and deleted.

use super::prelude::*;

tests! { "pushers":
    none, "push-notifications", ["GET v3/pushers"];
    set_and_get, "push-notifications", ["POST v3/pushers/set", "GET v3/pushers"];
    change, "push-notifications", ["POST v3/pushers/set"];
    delete, "push-notifications", ["POST v3/pushers/set"];
    delete_unknown, "push-notifications", ["POST v3/pushers/set"];
    of_one_user_alone, "push-notifications", ["GET v3/pushers"];
    takes_the_key_over, "push-notifications", ["POST v3/pushers/set"];
    appended, "push-notifications", ["POST v3/pushers/set"];
    ends_with_the_device, "post_matrixclientv3logout", ["POST v3/logout"];
    ends_with_the_password, "post_matrixclientv3accountpassword", ["POST v3/account/password"];
}

const URL: &str = "https://push.example.org/_matrix/push/v1/notify";

/// The body of a pusher to a gateway that does not exist.
pub fn pusher(key: &str) -> Value {
    super::payload::pusher(key, json!({ "url": URL, "format": "event_id_only", "org.example.flag": true }))
}

/// Tries to set a pusher.
pub async fn set(user: &User, body: Value) -> Result<Reply, Failure> {
    user.post(v3!("pushers/set"), body).await
}

/// The pushkeys of a user.
pub async fn keys(user: &User) -> Result<Vec<String>, Failure> {
    let answer = user.get(v3!("pushers")).await?.ok()?;
    let all = answer["pushers"].as_array().ok_or_else(|| Failure::new(format!("pushers of {answer}")))?;
    Ok(all.iter().filter_map(|pusher| pusher["pushkey"].as_str()).map(str::to_owned).collect())
}

async fn none(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    ensure_eq!(alice.get(v3!("pushers")).await?.ok()?, json!({ "pushers": [] }), "pushers");
    Ok(())
}

async fn set_and_get(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = pusher(&server.fresh("key"));
    ensure_eq!(set(&alice, body.clone()).await?.ok()?, json!({}), "answer");
    let answer = alice.get(v3!("pushers")).await?.ok()?;
    let got = &answer["pushers"][0];
    for (key, want) in body.as_object().into_iter().flatten() {
        ensure_eq!(got[key], *want, "{key} of {got}");
    }
    Ok(())
}

/// "the pusher with this app_id and pushkey for this user is updated, or it is created if it doesn't exist."
async fn change(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let mut body = pusher(&server.fresh("key"));
    set(&alice, body.clone()).await?.ok()?;
    body["lang"] = json!("de");
    body["device_display_name"] = json!("iPhone 10");
    body["data"] = json!({ "url": URL });
    set(&alice, body.clone()).await?.ok()?;
    let answer = alice.get(v3!("pushers")).await?.ok()?;
    ensure_eq!(answer["pushers"].as_array().map(Vec::len), Some(1), "pushers: {answer}");
    for key in ["lang", "device_display_name", "data"] {
        ensure_eq!(answer["pushers"][0][key], body[key], "{key}");
    }
    let mut other = body.clone();
    other["app_id"] = json!("org.example.other");
    set(&alice, other).await?.ok()?;
    ensure_eq!(keys(&alice).await?.len(), 2, "another app_id is another pusher");
    Ok(())
}

/// "If kind is null, the pusher with this app_id and pushkey for this user is deleted."
async fn delete(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (one, two) = (server.fresh("key"), server.fresh("key"));
    for key in [&one, &two] {
        set(&alice, pusher(key)).await?.ok()?;
    }
    let body = json!({ "app_id": pusher(&one)["app_id"], "pushkey": one, "kind": null });
    ensure_eq!(set(&alice, body).await?.ok()?, json!({}), "answer");
    ensure_eq!(keys(&alice).await?, [two], "pushers that are left");
    Ok(())
}

async fn delete_unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let body = json!({ "app_id": "org.example.none", "pushkey": "none", "kind": null });
    set(&alice, body).await?.ok().map(drop)
}

async fn of_one_user_alone(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let key = server.fresh("key");
    set(&alice, pusher(&key)).await?.ok()?;
    ensure!(keys(&bob).await?.is_empty(), "hers are not his");
    let body = json!({ "app_id": pusher(&key)["app_id"], "pushkey": key, "kind": null });
    set(&bob, body).await?.ok()?;
    ensure_eq!(keys(&alice).await?, [key.as_str()], "he cannot delete it");
    let other = alice.new_device().await?;
    ensure_eq!(keys(&other).await?, [key], "it shows on her other device");
    Ok(())
}

/// "Otherwise, the homeserver must remove any other pushers with the same App ID and pushkey for different users. The
/// default is false."
async fn takes_the_key_over(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let key = server.fresh("key");
    set(&alice, pusher(&key)).await?.ok()?;
    set(&bob, pusher(&key)).await?.ok()?;
    ensure!(keys(&alice).await?.is_empty(), "the pusher of alice is gone");
    ensure_eq!(keys(&bob).await?, [key], "bob has it");
    Ok(())
}

/// "If true, the homeserver should add another pusher with the given pushkey and App ID in addition to any others with
/// different user IDs."
async fn appended(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let key = server.fresh("key");
    set(&alice, pusher(&key)).await?.ok()?;
    let mut body = pusher(&key);
    body["append"] = json!(true);
    set(&bob, body).await?.ok()?;
    for user in [&alice, &bob] {
        ensure_eq!(keys(user).await?, [key.as_str()], "pushers of {user}");
    }
    Ok(())
}

/// A pusher does not outlive the device that set it: the specification does not say so, but nothing else would end it.
async fn ends_with_the_device(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let (kept, lost) = (server.fresh("key"), server.fresh("key"));
    set(&alice, pusher(&kept)).await?.ok()?;
    set(&other, pusher(&lost)).await?.ok()?;
    other.post(v3!("logout"), json!({})).await?.ok()?;
    ensure_eq!(keys(&alice).await?, [kept], "pushers after the logout of the other device");
    Ok(())
}

/// Logging other devices out takes their pushers along.
async fn ends_with_the_password(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let (kept, lost) = (server.fresh("key"), server.fresh("key"));
    set(&alice, pusher(&kept)).await?.ok()?;
    set(&other, pusher(&lost)).await?.ok()?;
    let body = json!({ "new_password": "another horse battery" });
    alice.authenticated(Method::POST, &v3!("account/password"), body).await?.ok()?;
    ensure_eq!(keys(&alice).await?, [kept], "pushers after the change of password");
    Ok(())
}
