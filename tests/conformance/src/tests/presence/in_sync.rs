//! Presence in `/sync`, and what a sync says of it.

use super::super::membership::pair;
use super::prelude::*;
use super::{get, set};

tests! { "presence":
    comes_in_sync, "presence", ["GET v3/sync"];
    in_first_sync, "presence", ["GET v3/sync"];
    not_for_strangers, "presence", ["GET v3/sync"];
    filtered_out, "filtering", ["GET v3/sync"];
    sync_sets_online, "syncing", ["GET v3/sync"];
    sync_as_unavailable, "syncing", ["GET v3/sync"];
    sync_as_offline, "syncing", ["GET v3/sync"];
    sync_with_bad_value, "syncing", ["GET v3/sync 400"];
}

/// A sync that says nothing of its own presence.
const QUIET: &str = "timeout=0&set_presence=offline";

/// The presence of a user in the answer of a sync; null if it is not in it.
fn presence_of(sync: &Value, user: &User) -> Value {
    let all = events(sync, "presence");
    all.iter().rev().find(|event| event["sender"] == user.id.as_str()).cloned().unwrap_or_default()
}

/// "Presence events are sent to interested parties where users share a room membership."
async fn comes_in_sync(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    let since = text(&bob.sync(QUIET).await?, "next_batch")?;
    set(&alice, json!({ "presence": "unavailable", "status_msg": "lunch" })).await?.ok()?;
    let found = |sync: &Value| presence_of(sync, &alice)["content"]["status_msg"] == "lunch";
    let sync = bob.sync_until(&since, found).await?;
    let got = presence_of(&sync, &alice);
    ensure_eq!(got["type"], "m.presence", "type: {got}");
    ensure_eq!(got["content"]["presence"], "unavailable", "presence: {got}");
    Ok(())
}

async fn in_first_sync(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    set(&alice, json!({ "presence": "online", "status_msg": "here" })).await?.ok()?;
    let got = presence_of(&bob.sync(QUIET).await?, &alice);
    ensure_eq!(got["content"]["presence"], "online", "presence: {got}");
    ensure_eq!(got["content"]["status_msg"], "here", "status_msg: {got}");
    Ok(())
}

async fn not_for_strangers(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mallory = server.user("mallory").await?;
    let since = text(&mallory.sync(QUIET).await?, "next_batch")?;
    set(&alice, json!({ "presence": "online", "status_msg": "secret" })).await?.ok()?;
    bob.say(&room, "for us").await?;
    let sync = mallory.sync(&format!("{QUIET}&since={}", encode(since))).await?;
    for sync in [sync, mallory.sync(QUIET).await?] {
        ensure!(presence_of(&sync, &alice).is_null(), "they share no room: {sync}");
    }
    Ok(())
}

async fn filtered_out(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    set(&alice, json!({ "presence": "online", "status_msg": "here" })).await?.ok()?;
    let filter = json!({ "presence": { "not_types": ["m.presence"] } });
    let sync = bob.sync_filtered(&filter, "").await?;
    ensure!(events(&sync, "presence").is_empty(), "the filter keeps it out: {sync}");
    Ok(())
}

/// "If this parameter is omitted then the client is automatically marked as online when it uses this API."
async fn sync_sets_online(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    bob.sync("timeout=0").await?;
    let got = get(&alice, &bob).await?;
    ensure_eq!(got["presence"], "online", "presence: {got}");
    Ok(())
}

/// "When set to 'unavailable', marks the client as being idle."
async fn sync_as_unavailable(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    bob.sync("timeout=0&set_presence=unavailable").await?;
    let got = get(&alice, &bob).await?;
    ensure_eq!(got["presence"], "unavailable", "presence: {got}");
    Ok(())
}

/// "Otherwise if the parameter is set to 'offline' then the client is not marked as being online when it uses this API."
async fn sync_as_offline(server: Server) -> Outcome {
    let (alice, bob, _) = pair(&server).await?;
    set(&bob, json!({ "presence": "offline" })).await?.ok()?;
    bob.sync(QUIET).await?;
    let got = get(&alice, &bob).await?;
    ensure_eq!(got["presence"], "offline", "presence: {got}");
    Ok(())
}

async fn sync_with_bad_value(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(v3!("sync?timeout=0&set_presence=asleep")).await?.refused(400).map(drop)
}
