//! Changing the password, deactivating, and what administrators do to accounts.

use super::prelude::*;

tests! { "account":
    password_change, "password-management", ["POST v3/account/password"];
    password_change_logs_others_out, "password-management", ["POST v3/account/password"];
    password_change_keeps_others, "password-management", ["POST v3/account/password"];
    password_missing, "password-management", ["POST v3/account/password 400"];
    password_needs_token, "password-management", ["POST v3/account/password 401"];
    deactivate_needs_auth, "account-deactivation", ["POST v3/account/deactivate 401"];
    deactivate, "account-deactivation", ["POST v3/account/deactivate"];
    deactivated_cannot_log_in, "login", ["POST v3/login M_USER_DEACTIVATED"];
    deactivated_name_stays_taken, "account-deactivation", ["POST v3/account/deactivate"];
    deactivate_leaves_rooms, "account-deactivation", ["POST v3/account/deactivate"];
    deactivate_erase, "account-deactivation", ["POST v3/account/deactivate"];
    third_party_ids_empty, "adding-account-administrative-contact-information", ["GET v3/account/3pid"];
    whois, "server-administration", ["GET v3/admin/whois/{userId}"];
    whois_of_others, "server-administration", ["GET v3/admin/whois/{userId} M_FORBIDDEN"];
    lock, "account-locking", ["PUT v1/admin/lock/{userId}", "GET v1/admin/lock/{userId}"];
    locked_is_locked_out, "account-locking", [];
    locked_may_log_out, "account-locking", ["POST v3/logout"];
    lock_refused, "account-locking",
        ["PUT v1/admin/lock/{userId} M_FORBIDDEN", "GET v1/admin/lock/{userId} M_FORBIDDEN"];
    lock_unknown_user, "account-locking",
        ["PUT v1/admin/lock/{userId} M_NOT_FOUND", "GET v1/admin/lock/{userId} M_NOT_FOUND"];
    lock_remote_user, "account-locking",
        ["PUT v1/admin/lock/{userId} M_INVALID_PARAM", "GET v1/admin/lock/{userId} M_INVALID_PARAM"];
    lock_self, "account-locking", ["PUT v1/admin/lock/{userId} M_FORBIDDEN"];
    suspend, "account-suspension", ["PUT v1/admin/suspend/{userId}", "GET v1/admin/suspend/{userId}"];
    suspended_may_not_send, "account-suspension", [];
    suspended_may_read_and_leave, "account-suspension", [];
    suspended_may_not_join_or_invite, "account-suspension", [];
    suspend_refused, "account-suspension",
        ["PUT v1/admin/suspend/{userId} M_FORBIDDEN", "GET v1/admin/suspend/{userId} M_FORBIDDEN"];
    suspend_unknown_user, "account-suspension",
        ["PUT v1/admin/suspend/{userId} M_NOT_FOUND", "GET v1/admin/suspend/{userId} M_NOT_FOUND"];
    suspend_remote_user, "account-suspension",
        ["PUT v1/admin/suspend/{userId} M_INVALID_PARAM", "GET v1/admin/suspend/{userId} M_INVALID_PARAM"];
}

const NEW: &str = "a new password entirely";

async fn change(user: &User, more: Value) -> Outcome {
    let mut body = json!({ "new_password": NEW });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    user.authenticated(Method::POST, &v3!("account/password"), body).await?.ok().map(drop)
}

async fn log_in(user: &User, password: &str) -> Result<Reply, Failure> {
    let identifier = json!({ "type": "m.id.user", "user": user.id });
    let body = json!({ "type": "m.login.password", "identifier": identifier, "password": password });
    user.server.post(v3!("login"), body).await
}

async fn password_change(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    change(&alice, json!({})).await?;
    log_in(&alice, &alice.password).await?.error(403, "M_FORBIDDEN")?;
    log_in(&alice, NEW).await?.ok()?;
    // "The homeserver SHOULD NOT revoke the access token provided in the request."
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// `logout_devices`: "Whether the user's other access tokens ... should be revoked"; "default: true".
async fn password_change_logs_others_out(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    change(&alice, json!({})).await?;
    other.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    alice.get(v3!("devices/{}", other.device)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn password_change_keeps_others(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    change(&alice, json!({ "logout_devices": false })).await?;
    log_in(&alice, &alice.password).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(other.get(v3!("account/whoami")).await?.ok()?["user_id"], alice.id.as_str(), "user of the other device");
    Ok(())
}

async fn password_missing(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.authenticated(Method::POST, &v3!("account/password"), json!({})).await?.refused(400)?;
    log_in(&alice, &alice.password).await?.ok().map(drop)
}

async fn password_needs_token(server: Server) -> Outcome {
    let reply = server.post(v3!("account/password"), json!({ "new_password": NEW })).await?;
    // Without a token other flows than the password may be offered (an e-mail address, say), or none at all.
    ensure_eq!(reply.status, 401, "status ({})", reply.brief());
    Ok(())
}

async fn deactivate_needs_auth(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = alice.post(v3!("account/deactivate"), json!({})).await?;
    ensure_eq!(reply.status, 401, "status ({})", reply.brief());
    ensure!(reply.json["flows"].is_array(), "flows: {}", reply.brief());
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

async fn close(user: &User, body: Value) -> Result<Value, Failure> {
    user.authenticated(Method::POST, &v3!("account/deactivate"), body).await?.ok()
}

async fn deactivate(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let answer = close(&alice, json!({})).await?;
    let result = answer["id_server_unbind_result"].as_str().unwrap_or_default();
    ensure!(matches!(result, "success" | "no-support"), "id_server_unbind_result is required: {answer}");
    for user in [&alice, &other] {
        user.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN")?;
    }
    Ok(())
}

/// "Servers MAY instead use M_FORBIDDEN when they can no longer authenticate the deactivated user".
async fn deactivated_cannot_log_in(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    close(&alice, json!({})).await?;
    let error = log_in(&alice, &alice.password).await?.refused(403)?;
    let code = error["errcode"].as_str().unwrap_or_default();
    ensure!(matches!(code, "M_USER_DEACTIVATED" | "M_FORBIDDEN"), "error code {code}");
    Ok(())
}

async fn deactivated_name_stays_taken(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    close(&alice, json!({})).await?;
    let body = json!({ "username": alice.localpart(), "password": "correct horse battery" });
    super::registration::register(&server, body).await?.error(400, "M_USER_IN_USE").map(drop)
}

async fn deactivate_leaves_rooms(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let since = alice.now().await?;
    close(&bob, json!({})).await?;
    let gone = |answer: &Value| {
        let timeline = events(joined(answer, &room), "timeline");
        find(timeline, "m.room.member", &bob.id).is_some_and(|event| event["content"]["membership"] == "leave")
    };
    alice.sync_until(&since, gone).await.map(drop)
}

/// `erase`: messages are hidden from those who join later.
async fn deactivate_erase(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let event = bob.say(&room, "remember me not").await?;
    close(&bob, json!({ "erase": true })).await?;
    // Who was there may go on seeing it; who comes later may not.
    carol.join(&room).await?;
    let reply = carol.get(v3!("rooms/{}/event/{}", room, event)).await?;
    ensure!(!reply.text.contains("remember me not"), "an erased message is shown: {}", reply.brief());
    let page = carol.get(v3!("rooms/{}/messages?dir=b&limit=50", room)).await?;
    ensure!(!page.text.contains("remember me not"), "an erased message is shown: {}", page.brief());
    Ok(())
}

async fn third_party_ids_empty(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    ensure_eq!(alice.get(v3!("account/3pid")).await?.ok()?, json!({ "threepids": [] }), "third-party identifiers");
    Ok(())
}

async fn whois(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    for user in [&alice, &admin] {
        let answer = user.get(v3!("admin/whois/{}", alice)).await?.ok()?;
        ensure_eq!(answer["user_id"], alice.id.as_str(), "user_id");
        ensure!(answer["devices"].is_object(), "devices: {answer}");
    }
    Ok(())
}

async fn whois_of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    alice.get(v3!("admin/whois/{}", bob)).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn lock(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let path = v1!("admin/lock/{}", alice);
    ensure_eq!(admin.get(&path).await?.ok()?["locked"], false, "locked before");
    ensure_eq!(admin.put(&path, json!({ "locked": true })).await?.ok()?["locked"], true, "answer");
    ensure_eq!(admin.get(&path).await?.ok()?["locked"], true, "locked after");
    alice.get(v3!("account/whoami")).await?.error(401, "M_USER_LOCKED")?;
    admin.put(&path, json!({ "locked": false })).await?.ok()?;
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// Locks or unlocks a user. What a lock does is older (v1.12) than the endpoints that set it (v1.18), so a server
/// without these is asked through Synapse's administration API.
async fn set_locked(server: &Server, user: &User, locked: bool) -> Outcome {
    let (admin, body) = (server.admin().await?, json!({ "locked": locked }));
    let reply = admin.put(v1!("admin/lock/{}", user), body.clone()).await?;
    if reply.json["errcode"] == "M_UNRECOGNIZED" {
        return admin.put(format!("/_synapse/admin/v2/users/{}", encode(user)), body).await?.ok().map(drop);
    }
    reply.ok().map(drop)
}

/// 401 M_USER_LOCKED with soft_logout "on all but" the logouts; the tokens work again after the unlock.
async fn locked_is_locked_out(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set_locked(&server, &alice, true).await?;
    for path in [v3!("account/whoami"), v3!("sync"), v3!("joined_rooms")] {
        let error = alice.get(path).await?.error(401, "M_USER_LOCKED")?;
        ensure_eq!(error["soft_logout"], true, "soft_logout of {error}");
    }
    set_locked(&server, &alice, false).await?;
    alice.get(v3!("account/whoami")).await?.ok().map(drop)
}

async fn locked_may_log_out(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    set_locked(&server, &alice, true).await?;
    alice.post(v3!("logout"), json!({})).await?.ok()?;
    set_locked(&server, &alice, false).await?;
    alice.get(v3!("account/whoami")).await?.error(401, "M_UNKNOWN_TOKEN").map(drop)
}

/// Each of the refusals that both endpoints share, on `what` = lock or suspend.
async fn refusals(caller: &User, what: &str, target: &str, status: u16, errcode: &str) -> Outcome {
    let path = v1!("admin/{}/{}", what, target);
    caller.get(&path).await?.error(status, errcode)?;
    let body = if what == "lock" { json!({ "locked": true }) } else { json!({ "suspended": true }) };
    caller.put(&path, body).await?.error(status, errcode).map(drop)
}

async fn lock_refused(server: Server) -> Outcome {
    let (alice, bob, other) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    refusals(&alice, "lock", &bob.id, 403, "M_FORBIDDEN").await?;
    // "or the target user is another administrator".
    refusals(&server.admin().await?, "lock", &other.id, 403, "M_FORBIDDEN").await
}

async fn lock_unknown_user(server: Server) -> Outcome {
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    // "servers MUST ensure that authorisation is checked prior to trying to do account lookups".
    refusals(&server.user("alice").await?, "lock", &nobody, 403, "M_FORBIDDEN").await?;
    refusals(&server.admin().await?, "lock", &nobody, 404, "M_NOT_FOUND").await
}

async fn lock_remote_user(server: Server) -> Outcome {
    refusals(&server.admin().await?, "lock", "@someone:elsewhere.example", 400, "M_INVALID_PARAM").await
}

async fn lock_self(server: Server) -> Outcome {
    let admin = server.admin().await?;
    let path = v1!("admin/lock/{}", admin);
    admin.put(path, json!({ "locked": true })).await?.error(403, "M_FORBIDDEN")?;
    admin.get(v3!("account/whoami")).await?.ok().map(drop)
}

/// Suspends a user or ends it, like `set_locked`.
async fn set_suspended(server: &Server, user: &User, suspended: bool) -> Outcome {
    let admin = server.admin().await?;
    let reply = admin.put(v1!("admin/suspend/{}", user), json!({ "suspended": suspended })).await?;
    if reply.json["errcode"] == "M_UNRECOGNIZED" {
        let path = format!("/_synapse/admin/v1/suspend/{}", encode(user));
        return admin.put(path, json!({ "suspend": suspended })).await?.ok().map(drop);
    }
    reply.ok().map(drop)
}

async fn suspend(server: Server) -> Outcome {
    let (alice, admin) = (server.user("alice").await?, server.admin().await?);
    let path = v1!("admin/suspend/{}", alice);
    ensure_eq!(admin.get(&path).await?.ok()?["suspended"], false, "suspended before");
    ensure_eq!(admin.put(&path, json!({ "suspended": true })).await?.ok()?["suspended"], true, "answer");
    ensure_eq!(admin.get(&path).await?.ok()?["suspended"], true, "suspended after");
    ensure_eq!(admin.put(&path, json!({ "suspended": false })).await?.ok()?["suspended"], false, "answer");
    ensure_eq!(admin.get(&path).await?.ok()?["suspended"], false, "suspended at the end");
    Ok(())
}

async fn suspended_may_not_send(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    set_suspended(&server, &alice, true).await?;
    let message = json!({ "msgtype": "m.text", "body": "silenced" });
    alice.try_send(&room, "m.room.message", message).await?.error(403, "M_USER_SUSPENDED")?;
    set_suspended(&server, &alice, false).await?;
    alice.say(&room, "back").await.map(drop)
}

async fn suspended_may_read_and_leave(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = bob.public_room().await?;
    alice.join(&room).await?;
    let own = alice.say(&room, "mine").await?;
    set_suspended(&server, &alice, true).await?;
    let event = bob.say(&room, "can you read this?").await?;
    ensure!(has_event(&alice.first_sync().await?, &room, &event), "\"See and receive messages\"");
    alice.redact(&room, &own).await?;
    alice.new_device().await?.get(v3!("account/whoami")).await?.ok()?;
    alice.leave(&room).await
}

async fn suspended_may_not_join_or_invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (his, hers) = (bob.public_room().await?, alice.private_room().await?);
    set_suspended(&server, &alice, true).await?;
    alice.post(v3!("rooms/{}/join", his), json!({})).await?.error(403, "M_USER_SUSPENDED")?;
    alice.act("invite", &hers, &bob).await?.error(403, "M_USER_SUSPENDED")?;
    let name = json!({ "displayname": "Nope" });
    alice.put(v3!("profile/{}/displayname", alice), name).await?.error(403, "M_USER_SUSPENDED").map(drop)
}

async fn suspend_refused(server: Server) -> Outcome {
    let (alice, bob, other) = (server.user("alice").await?, server.user("bob").await?, server.admin().await?);
    refusals(&alice, "suspend", &bob.id, 403, "M_FORBIDDEN").await?;
    refusals(&server.admin().await?, "suspend", &other.id, 403, "M_FORBIDDEN").await
}

async fn suspend_unknown_user(server: Server) -> Outcome {
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    refusals(&server.admin().await?, "suspend", &nobody, 404, "M_NOT_FOUND").await
}

async fn suspend_remote_user(server: Server) -> Outcome {
    refusals(&server.admin().await?, "suspend", "@someone:elsewhere.example", 400, "M_INVALID_PARAM").await
}
