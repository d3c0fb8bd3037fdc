//! Unread counts of a room.

use super::super::membership::pair;
use super::super::receipts::receipt;
use super::prelude::*;
use super::{counts_in, mention, unread};

tests! { "unread_counts":
    same_answer_as_the_event, "receiving-notifications", ["GET v3/sync"];
    own_messages, "push-rules", ["GET v3/sync"];
    reset_by_a_receipt, "marking-notifications-as-read", ["GET v3/sync"];
    up_to_the_receipt, "marking-notifications-as-read", ["GET v3/sync"];
    receipt_that_goes_back, "marking-notifications-as-read", ["GET v3/sync"];
    receipt_wakes_other_device, "receiving-notifications", ["GET v3/sync"];
    highlights_reset, "marking-notifications-as-read", ["GET v3/sync"];
    rooms_apart, "receiving-notifications", ["GET v3/sync"];
}

/// "The updated notification count from a new event MUST appear in the same /sync response as the event itself."
async fn same_answer_as_the_event(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut since = alice.now().await?;
    for number in 1..=5u64 {
        let query = format!("timeout=30000&since={}", encode(&since));
        let send = mention(&bob, &room, json!({ "user_ids": [alice.id] }));
        let (sync, event) = tokio::join!(alice.sync(&query), send);
        let (mut sync, event) = (sync?, event?);
        while !has_event(&sync, &room, &event) {
            sync = alice.sync_since(&text(&sync, "next_batch")?).await?;
        }
        ensure_eq!(counts_in(&sync, &room), (json!(number), json!(number)), "counts beside the event");
        since = text(&sync, "next_batch")?;
    }
    Ok(())
}

/// "Homeservers MUST NOT notify the Push Gateway for events that the user has sent themselves."
async fn own_messages(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    for _ in 0..2 {
        alice.say(&room, "mine").await?;
    }
    unread(&alice, &room, 0, 0, "messages of her own").await?;
    unread(&bob, &room, 2, 0, "messages of alice").await
}

async fn reset_by_a_receipt(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    bob.say(&room, "one").await?;
    let last = bob.say(&room, "two").await?;
    let since = alice.now().await?;
    unread(&alice, &room, 2, 0, "two messages").await?;
    receipt(&alice, &room, "m.read", &last).await?;
    unread(&alice, &room, 0, 0, "reading them").await?;
    let sync = alice.sync_since(&since).await?;
    ensure_eq!(counts_in(&sync, &room), (json!(0), json!(0)), "counts in an incremental sync");
    bob.say(&room, "three").await?;
    unread(&alice, &room, 1, 0, "one more").await
}

/// "notifications prior to and including that event MUST be marked as read."
async fn up_to_the_receipt(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut said = Vec::new();
    for number in 0..4 {
        said.push(bob.say(&room, &number.to_string()).await?);
    }
    for (event, left) in said.iter().zip([3, 2, 1, 0]) {
        receipt(&alice, &room, "m.read", event).await?;
        unread(&alice, &room, left, 0, "a receipt further on").await?;
    }
    Ok(())
}

/// The receipt "which is more recent/ahead must be used".
async fn receipt_that_goes_back(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let first = bob.say(&room, "one").await?;
    let last = bob.say(&room, "two").await?;
    receipt(&alice, &room, "m.read", &last).await?;
    receipt(&alice, &room, "m.read.private", &first).await?;
    unread(&alice, &room, 0, 0, "a private receipt behind").await
}

async fn receipt_wakes_other_device(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let last = bob.say(&room, "hello").await?;
    let other = alice.new_device().await?;
    let since = other.now().await?;
    receipt(&alice, &room, "m.read", &last).await?;
    let sync = other.sync_until(&since, |sync| joined(sync, &room).is_object()).await?;
    ensure_eq!(counts_in(&sync, &room), (json!(0), json!(0)), "counts on the other device");
    Ok(())
}

async fn highlights_reset(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let first = mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    let last = mention(&bob, &room, json!({ "user_ids": [alice.id] })).await?;
    receipt(&alice, &room, "m.read", &first).await?;
    unread(&alice, &room, 1, 1, "reading the first").await?;
    receipt(&alice, &room, "m.read", &last).await?;
    unread(&alice, &room, 0, 0, "reading the second").await
}

async fn rooms_apart(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let other = alice.public_room().await?;
    bob.join(&other).await?;
    bob.say(&room, "one").await?;
    let last = bob.say(&other, "two").await?;
    receipt(&alice, &other, "m.read", &last).await?;
    unread(&alice, &room, 1, 0, "reading the other room").await?;
    unread(&alice, &other, 0, 0, "reading it").await
}
