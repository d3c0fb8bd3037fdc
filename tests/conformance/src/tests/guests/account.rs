//! The account of a guest, and what it may not call.

use super::prelude::*;
use crate::tests::media::file::Mxc;

tests! { "guests":
    register, "guest-access", ["POST v3/register", "POST v3/register M_FORBIDDEN"];
    two_are_two, "guest-access", ["POST v3/register"];
    own_account, "guest-access", [];
    forbidden_calls, "guest-access", ["POST v3/createRoom M_GUEST_ACCESS_FORBIDDEN"];
    display_name_only, "guest-access", ["PUT v3/profile/{userId}/{keyName} M_GUEST_ACCESS_FORBIDDEN"];
    media, "guest-access", ["GET v1/media/download/{serverName}/{mediaId}"];
    becomes_user, "guest-access", ["POST v3/register"];
    becomes_only_itself, "guest-access", ["POST v3/register"];
}

/// A new guest; none if the server has no guests.
pub async fn guest(server: &Server) -> Result<Option<User>, Failure> {
    let reply = server.post(v3!("register?kind=guest"), json!({})).await?;
    if reply.status == 403 {
        return reply.refused(403).map(|_| None);
    }
    User::from_login(server, &reply.ok()?, "").map(Some)
}

async fn register(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    ensure!(guest.id.ends_with(&format!(":{}", server.name())), "user id {}", guest.id);
    let answer = guest.get(v3!("account/whoami")).await?.ok()?;
    ensure_eq!(answer["user_id"], guest.id.as_str(), "user_id");
    ensure_eq!(answer["is_guest"], true, "is_guest");
    Ok(())
}

/// A guest cannot choose its name, nor be the same as another.
async fn two_are_two(server: Server) -> Outcome {
    let Some(first) = guest(&server).await? else { return Ok(()) };
    let wish = json!({ "username": server.fresh("wish"), "password": "correct horse battery" });
    let second = server.post(v3!("register?kind=guest"), wish).await?.ok()?;
    ensure!(second["user_id"] != first.id.as_str(), "two guests are one");
    Ok(())
}

/// What guests may do for their account, by the list of the specification.
async fn own_account(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    guest.first_sync().await?;
    let devices = guest.get(v3!("devices")).await?.ok()?;
    ensure_eq!(devices["devices"][0]["device_id"], guest.device.as_str(), "device");
    guest.put(v3!("devices/{}", guest.device), json!({ "display_name": "Lobby" })).await?.ok()?;
    guest.get(v3!("devices/{}", guest.device)).await?.ok()?;
    guest.post(v3!("keys/query"), json!({ "device_keys": {} })).await?.ok()?;
    guest.post(v3!("keys/upload"), json!({})).await?.ok()?;
    let path = v3!("sendToDevice/org.example.hello/{}", server.fresh("txn"));
    guest.put(path, json!({ "messages": { &guest.id: { "*": {} } } })).await?.ok().map(drop)
}

/// What is not in the list of the specification.
async fn forbidden_calls(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    guest.post(v3!("createRoom"), json!({})).await?.error(403, "M_GUEST_ACCESS_FORBIDDEN")?;
    let term = json!({ "search_categories": { "room_events": { "search_term": "x" } } });
    for (path, body) in [
        (v3!("search"), term),
        (v3!("user_directory/search"), json!({ "search_term": "alice" })),
        (v3!("pushers/set"), json!({ "kind": null, "app_id": "a", "pushkey": "b" })),
        (v1!("login/get_token"), json!({})),
        (v3!("account/password"), json!({ "new_password": "correct horse battery 2" })),
    ] {
        let reply = guest.post(path, body).await?;
        ensure!([401, 403, 404].contains(&reply.status), "{} is not for guests: {}", reply.request, reply.brief());
    }
    let reply = server.raw(Method::POST, "/_matrix/media/v3/upload", Some(&guest.token), "x").await?;
    ensure!([401, 403].contains(&reply.status), "uploads are not for guests: {}", reply.brief());
    Ok(())
}

/// "Guest users may only modify their display name; other profile fields may not be changed."
async fn display_name_only(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let path = |key: &str| v3!("profile/{}/{}", guest, key);
    guest.put(path("displayname"), json!({ "displayname": "Visitor" })).await?.ok()?;
    ensure_eq!(guest.get(path("displayname")).await?.ok()?["displayname"], "Visitor", "display name");
    let avatar = guest.put(path("avatar_url"), json!({ "avatar_url": "mxc://elsewhere.example/abc" })).await?;
    avatar.error(403, "M_GUEST_ACCESS_FORBIDDEN").map(drop)
}

/// Downloads and thumbnails since v1.12.
async fn media(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let alice = server.user("alice").await?;
    let mxc: Mxc = alice.upload_file("for guests too", "text/plain").await?;
    for path in [mxc.download(), mxc.download_as("name.txt")] {
        ensure_eq!(guest.fetch(path).await?.ok()?.bytes, b"for guests too", "content");
    }
    Ok(())
}

/// Registers with a guest's token through the stage `m.login.dummy`.
async fn become_user(guest: &User, name: &str) -> Result<Reply, Failure> {
    let body = json!({ "username": name, "password": "correct horse battery", "guest_access_token": guest.token });
    super::super::registration::register(&guest.server, body).await
}

/// "Guest users can also upgrade their account by going through the ordinary `register` flow"
async fn becomes_user(server: Server) -> Outcome {
    let Some(guest) = guest(&server).await? else { return Ok(()) };
    let answer = become_user(&guest, guest.localpart()).await?.ok()?;
    let user = User::from_login(&server, &answer, "correct horse battery")?;
    ensure_eq!(user.id, guest.id, "user id");
    ensure!(user.get(v3!("account/whoami")).await?.ok()?["is_guest"] != true, "it is a guest no more");
    user.private_room().await?;
    user.new_device().await.map(drop)
}

/// "They are also required to specify the `username` parameter to the value of the local part of their username"
async fn becomes_only_itself(server: Server) -> Outcome {
    let (Some(guest), Some(other)) = (guest(&server).await?, guest(&server).await?) else { return Ok(()) };
    let alice = server.user("alice").await?;
    for name in [other.localpart(), alice.localpart()] {
        let reply = become_user(&guest, name).await?;
        ensure!([400, 401, 403].contains(&reply.status), "a guest became {name}: {}", reply.brief());
    }
    Ok(())
}
