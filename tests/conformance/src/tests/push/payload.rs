//! What a gateway is sent.

use super::super::membership::pair;
use super::super::receipts::receipt;
use super::gateway::Gateway;
use super::prelude::*;
use super::{mention, rule};

tests! { "push_payload":
    full, "push-notifications", ["POST v3/pushers/set"];
    event_id_only, "push-notifications", ["POST v3/pushers/set"];
    device, "push-notifications", ["POST v3/pushers/set"];
    tweaks, "actions", ["POST v3/pushers/set"];
    counts, "push-notifications", ["POST v3/pushers/set"];
    badge_after_reading, "push-notifications", ["POST v3/pushers/set"];
    invite, "push-notifications", ["POST v3/pushers/set"];
    encrypted, "push-notifications", ["POST v3/pushers/set"];
}

/// The body of an HTTP pusher.
pub fn pusher(key: &str, data: Value) -> Value {
    json!({
        "kind": "http",
        "app_id": "org.example.app",
        "pushkey": key,
        "app_display_name": "App",
        "device_display_name": "Phone",
        "lang": "en",
        "data": data,
    })
}

/// Gives a user a pusher to a gateway, in a format if one is named; gives its pushkey.
pub async fn push_to(user: &User, gateway: &Gateway, format: Option<&str>) -> Result<String, Failure> {
    let key = user.server.fresh("key");
    let mut data = json!({ "url": gateway.url, "org.example.custom": { "a": 1 } });
    if let Some(format) = format {
        data["format"] = json!(format);
    }
    user.post(v3!("pushers/set"), pusher(&key, data)).await?.ok()?;
    Ok(key)
}

/// "If omitted, the server is expected to populate all of the event-related fields".
async fn full(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.put(v3!("profile/{}/displayname", bob), json!({ "displayname": "Major Tom" })).await?.ok()?;
    // A server may tell the rooms later. It is his name in the room that counts.
    let since = alice.now().await?;
    if alice.state(&room, "m.room.member", &bob.id).await?["displayname"] != "Major Tom" {
        let renamed = |sync: &Value| find(events(joined(sync, &room), "timeline"), "m.room.member", &bob.id).is_some();
        alice.sync_until(&since, renamed).await?;
    }
    alice.set_state(&room, "m.room.name", "", json!({ "name": "Mission Control" })).await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, None).await?;
    let event = bob.say(&room, "I'm floating").await?;
    let got = gateway.about(&event).await?;
    for (key, want) in [
        ("room_id", json!(room)),
        ("type", json!("m.room.message")),
        ("sender", json!(bob.id)),
        ("sender_display_name", json!("Major Tom")),
        ("room_name", json!("Mission Control")),
        ("content", json!({ "msgtype": "m.text", "body": "I'm floating" })),
    ] {
        ensure_eq!(got[key], want, "{key} of {got}");
    }
    ensure!(got["prio"].is_null() || got["prio"] == "high" || got["prio"] == "low", "prio of {got}");
    ensure_eq!(got["devices"].as_array().map(Vec::len), Some(1), "devices of {got}");
    Ok(())
}

/// "only the event_id, room_id, counts, and devices are required to be populated."
async fn event_id_only(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, Some("event_id_only")).await?;
    let event = bob.say(&room, "for your eyes only").await?;
    let got = gateway.about(&event).await?;
    ensure_eq!(got["room_id"], room.as_str(), "room_id");
    ensure_eq!(got["counts"]["unread"], 1, "unread of {got}");
    ensure_eq!(got["devices"][0]["data"]["format"], "event_id_only", "format of the device of {got}");
    for key in ["content", "sender", "type", "sender_display_name", "room_name"] {
        ensure!(got[key].is_null(), "{key} is nobody's business: {got}");
    }
    ensure!(!got.to_string().contains("eyes only"), "the message: {got}");
    Ok(())
}

/// "Servers MUST forward the entire content including format and any custom keys but excluding url".
async fn device(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut gateway = Gateway::start().await?;
    let key = push_to(&alice, &gateway, None).await?;
    let event = bob.say(&room, "hello").await?;
    let device = gateway.about(&event).await?["devices"][0].take();
    ensure_eq!(device["app_id"], "org.example.app", "app_id of {device}");
    ensure_eq!(device["pushkey"], key.as_str(), "pushkey");
    ensure_eq!(device["data"], json!({ "org.example.custom": { "a": 1 } }), "data");
    // "The unix timestamp (in seconds) when the pushkey was last updated."
    let sent = alice.event(&room, &event).await?["origin_server_ts"].as_u64().unwrap_or_default() / 1_000;
    let ts = device["pushkey_ts"].as_u64().unwrap_or(sent);
    ensure!(ts.abs_diff(sent) < 60, "pushkey_ts in seconds: {device}");
    Ok(())
}

/// "Sets an entry in the tweaks dictionary key that is sent in the notification request to the Push Gateway."
async fn tweaks(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let actions = json!(["notify", { "set_tweak": "sound", "value": "cakealarm.wav" }, { "set_tweak": "org.example.light", "value": 3 }]);
    rule(&alice, "content/cake", json!({ "pattern": "cake", "actions": actions })).await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, None).await?;
    let event = bob.say(&room, "cake").await?;
    let got = gateway.about(&event).await?["devices"][0]["tweaks"].take();
    ensure_eq!(got, json!({ "sound": "cakealarm.wav", "org.example.light": 3 }), "tweaks of a rule of her own");
    let event = mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    let got = gateway.about(&event).await?["devices"][0]["tweaks"].take();
    // "If a highlight tweak is given with no value, its value is defined to be true."
    ensure_eq!(got, json!({ "sound": "default", "highlight": true }), "tweaks of a mention");
    Ok(())
}

/// "The number of unread messages a user has across all of the rooms they are a member of."
async fn counts(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let other = alice.public_room().await?;
    bob.join(&other).await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, None).await?;
    for (place, unread) in [(&room, 1), (&room, 2), (&other, 3)] {
        let event = bob.say(place, "hello").await?;
        let got = gateway.about(&event).await?;
        ensure_eq!(got["counts"]["unread"], unread, "unread of {got}");
    }
    Ok(())
}

/// "It may be omitted for notifications that only contain updated badge counts."
async fn badge_after_reading(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut gateway = Gateway::start().await?;
    let key = push_to(&alice, &gateway, None).await?;
    let mut last = String::new();
    for _ in 0..2 {
        last = bob.say(&room, "hello").await?;
        gateway.about(&last).await?;
    }
    receipt(&alice, &room, "m.read", &last).await?;
    let got = gateway.next(|notification| notification["event_id"].is_null()).await?;
    let unread = got["counts"]["unread"].as_u64().unwrap_or_default();
    ensure_eq!(unread, 0, "unread after reading: {got}");
    ensure_eq!(got["devices"][0]["pushkey"], key.as_str(), "the device of {got}");
    Ok(())
}

/// "This is true if the user receiving the notification is the subject of a member event".
async fn invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mut gateway = Gateway::start().await?;
    push_to(&bob, &gateway, None).await?;
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    let got = gateway.next(|notification| notification["room_id"] == room.as_str()).await?;
    ensure_eq!(got["type"], "m.room.member", "type of {got}");
    ensure_eq!(got["sender"], alice.id.as_str(), "sender");
    ensure_eq!(got["user_is_target"], true, "user_is_target of {got}");
    ensure_eq!(got["content"]["membership"], "invite", "membership of {got}");
    ensure_eq!(got["devices"][0]["tweaks"]["sound"], "default", "tweaks of {got}");
    Ok(())
}

async fn encrypted(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, None).await?;
    let secret = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA", "session_id": "abc" });
    let event = bob.send(&room, "m.room.encrypted", secret.clone()).await?;
    let got = gateway.about(&event).await?;
    ensure_eq!(got["type"], "m.room.encrypted", "type of {got}");
    ensure_eq!(got["content"], secret, "content");
    Ok(())
}
