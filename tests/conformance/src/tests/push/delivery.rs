//! Which notifications reach a gateway, and what happens if it fails.

use super::super::membership::pair;
use super::gateway::Gateway;
use super::payload::push_to;
use super::prelude::*;
use super::{mention, rule};

tests! { "push_delivery":
    in_order, "push-notifications", ["POST v3/pushers/set"];
    only_what_notifies, "push-rules", ["POST v3/pushers/set"];
    not_what_was_before, "push-notifications", ["POST v3/pushers/set"];
    two_pushers, "push-notifications", ["POST v3/pushers/set"];
    after_a_failure, "push-notifications", ["POST v3/pushers/set"];
    rejected_key, "push-notifications", ["POST v3/pushers/set"];
    other_key_rejected, "push-notifications", ["POST v3/pushers/set"];
    deleted_pusher, "push-notifications", ["POST v3/pushers/set"];
}

async fn pusher_count(user: &User) -> Result<usize, Failure> {
    let answer = user.get(v3!("pushers")).await?.ok()?;
    Ok(answer["pushers"].as_array().map(Vec::len).unwrap_or_default())
}

/// Waits until a user has no pusher.
async fn gone(user: &User) -> Outcome {
    for _ in 0..300 {
        if pusher_count(user).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Err(Failure::new("the pusher should be removed"))
}

fn of_an_event(notification: &Value) -> bool {
    notification["event_id"].is_string()
}

async fn in_order(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, None).await?;
    let mut said = Vec::new();
    for number in 0..5 {
        said.push(bob.say(&room, &number.to_string()).await?);
    }
    for event in said {
        ensure_eq!(gateway.next(of_an_event).await?["event_id"], event.as_str(), "the next notification");
    }
    Ok(())
}

/// "If no rules match an event, the homeserver MUST NOT notify the Push Gateway for that event. Homeservers MUST NOT
/// notify the Push Gateway for events that the user has sent themselves."
async fn only_what_notifies(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let quiet = alice.public_room().await?;
    bob.join(&quiet).await?;
    rule(&alice, &format!("room/{}", encode(&quiet)), json!({ "actions": [] })).await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, None).await?;
    alice.say(&room, "mine").await?;
    bob.say(&quiet, "in the muted room").await?;
    bob.send(&room, "org.example.noise", json!({})).await?;
    bob.send(&room, "m.room.message", json!({ "msgtype": "m.notice", "body": "notice" })).await?;
    let wanted = bob.say(&room, "hello").await?;
    ensure_eq!(gateway.next(of_an_event).await?["event_id"], wanted.as_str(), "the first notification");
    let wanted = mention(&bob, &quiet, json!({ "user_ids": [alice.id] })).await?;
    ensure_eq!(gateway.next(of_an_event).await?["event_id"], wanted.as_str(), "the second notification");
    Ok(())
}

async fn not_what_was_before(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.say(&room, "before the pusher").await?;
    let mut gateway = Gateway::start().await?;
    push_to(&alice, &gateway, None).await?;
    let after = bob.say(&room, "after").await?;
    let got = gateway.next(of_an_event).await?;
    ensure_eq!(got["event_id"], after.as_str(), "the first notification");
    Ok(())
}

/// "A user can have multiple pushers: one per device."
async fn two_pushers(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let (mut one, mut two) = (Gateway::start().await?, Gateway::start().await?);
    push_to(&alice, &one, None).await?;
    push_to(&alice.new_device().await?, &two, Some("event_id_only")).await?;
    let event = bob.say(&room, "hello").await?;
    ensure_eq!(one.about(&event).await?["content"]["body"], "hello", "the first");
    ensure!(two.about(&event).await?["content"].is_null(), "the second, in its own format");
    Ok(())
}

/// "If the endpoint returns an HTTP error code, the homeserver SHOULD retry for a reasonable amount of time using
/// exponential backoff."
async fn after_a_failure(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let broken = (502, json!({ "error": "bad gateway" }));
    let mut gateway = Gateway::answering(&[broken.clone(), broken]).await?;
    push_to(&alice, &gateway, None).await?;
    let first = bob.say(&room, "one").await?;
    for _ in 0..3 {
        gateway.about(&first).await?;
    }
    let second = bob.say(&room, "two").await?;
    ensure_eq!(gateway.next(of_an_event).await?["event_id"], second.as_str(), "after the one that went through");
    ensure_eq!(pusher_count(&alice).await?, 1, "the pusher is still there");
    Ok(())
}

/// "Homeservers must cease sending notification requests for these pushkeys and remove the associated pushers."
async fn rejected_key(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let key = server.fresh("expired");
    let mut gateway = Gateway::answering(&[(200, json!({ "rejected": [key] }))]).await?;
    let body = super::payload::pusher(&key, json!({ "url": gateway.url }));
    alice.post(v3!("pushers/set"), body).await?.ok()?;
    let event = bob.say(&room, "hello").await?;
    gateway.about(&event).await?;
    gone(&alice).await?;
    bob.say(&room, "in vain").await?;
    let another = push_to(&alice, &gateway, None).await?;
    let event = bob.say(&room, "to the new key").await?;
    let got = gateway.next(of_an_event).await?;
    ensure_eq!(got["event_id"], event.as_str(), "the next notification");
    ensure_eq!(got["devices"][0]["pushkey"], another.as_str(), "its pushkey");
    Ok(())
}

/// A gateway has no say over keys it was not asked about.
async fn other_key_rejected(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut quiet = Gateway::start().await?;
    let key = push_to(&alice, &quiet, None).await?;
    let mut hostile = Gateway::answering(&[(200, json!({ "rejected": [key] }))]).await?;
    push_to(&bob, &hostile, None).await?;
    let event = alice.say(&room, "hello").await?;
    hostile.about(&event).await?;
    let event = bob.say(&room, "hello").await?;
    quiet.about(&event).await?;
    ensure_eq!(pusher_count(&alice).await?, 1, "her pusher is still there");
    ensure_eq!(pusher_count(&bob).await?, 1, "and his");
    Ok(())
}

async fn deleted_pusher(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let (mut old, mut new) = (Gateway::start().await?, Gateway::start().await?);
    let key = push_to(&alice, &old, None).await?;
    let event = bob.say(&room, "hello").await?;
    old.about(&event).await?;
    let body = json!({ "app_id": "org.example.app", "pushkey": key, "kind": null });
    alice.post(v3!("pushers/set"), body).await?.ok()?;
    push_to(&alice, &new, None).await?;
    let event = bob.say(&room, "to the new one").await?;
    new.about(&event).await?;
    let late = tokio::time::timeout(std::time::Duration::from_millis(500), old.about(&event)).await;
    ensure!(late.is_err(), "the deleted pusher was used");
    Ok(())
}
