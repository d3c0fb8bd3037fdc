//! Private receipts: "Servers MUST NOT send the m.read.private receipt to any other user than the one which originally
//! sent it."

use super::super::membership::pair;
use super::prelude::*;
use super::{receipt, receipts_of, unthreaded};

tests! { "private_receipts":
    not_shown_to_others, "private-read-receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    shown_to_own_devices, "private-read-receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    beside_a_public_one, "private-read-receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    clears_counts, "marking-notifications-as-read", ["GET v3/sync"];
    public_one_behind_does_not_rewind, "marking-notifications-as-read", ["GET v3/sync"];
    private_one_behind_changes_nothing, "marking-notifications-as-read", ["GET v3/sync"];
}

async fn not_shown_to_others(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let since = alice.now().await?;
    receipt(&bob, &room, "m.read.private", &event).await?;
    // What comes after it is there, so it would be too.
    let later = bob.say(&room, "later").await?;
    let sync = alice.sync_until(&since, |sync| has_event(sync, &room, &later)).await?;
    ensure!(receipts_of(&sync, &room, &bob).is_empty(), "his private receipt came to her: {sync}");
    let reply = alice.get(v3!("sync?timeout=0")).await?;
    ensure!(!reply.text.contains("m.read.private"), "it is in her first sync: {}", reply.brief());
    Ok(())
}

async fn shown_to_own_devices(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let other = bob.new_device().await?;
    let since = other.now().await?;
    receipt(&bob, &room, "m.read.private", &event).await?;
    let want = [unthreaded("m.read.private", &event)];
    let sync = other.sync_until(&since, |sync| !receipts_of(sync, &room, &bob).is_empty()).await?;
    ensure_eq!(receipts_of(&sync, &room, &bob), want, "on the other device");
    ensure_eq!(receipts_of(&other.first_sync().await?, &room, &bob), want, "in a first sync");
    Ok(())
}

/// "If a client sends an m.read receipt which is 'behind' the m.read.private receipt, other users will see that change".
async fn beside_a_public_one(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let first = alice.say(&room, "one").await?;
    let second = alice.say(&room, "two").await?;
    receipt(&bob, &room, "m.read.private", &second).await?;
    receipt(&bob, &room, "m.read", &first).await?;
    let sync = alice.first_sync().await?;
    ensure_eq!(receipts_of(&sync, &room, &bob), [unthreaded("m.read", &first)], "what alice sees");
    let want = [unthreaded("m.read", &first), unthreaded("m.read.private", &second)];
    ensure_eq!(receipts_of(&bob.first_sync().await?, &room, &bob), want, "what bob sees");
    Ok(())
}

async fn unread(user: &User, room: &str) -> Result<Value, Failure> {
    Ok(joined(&user.first_sync().await?, room)["unread_notifications"]["notification_count"].clone())
}

/// "users can send both an m.read and m.read.private receipt, both of which are capable of clearing notifications."
async fn clears_counts(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let first = alice.say(&room, "one").await?;
    let second = alice.say(&room, "two").await?;
    for (event, want) in [(&first, 1), (&second, 0)] {
        receipt(&bob, &room, "m.read.private", event).await?;
        ensure_eq!(unread(&bob, &room).await?, want, "notification_count");
    }
    Ok(())
}

/// "the sending user will not have their notification counts rewound to that point in time."
async fn public_one_behind_does_not_rewind(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let first = alice.say(&room, "one").await?;
    let second = alice.say(&room, "two").await?;
    receipt(&bob, &room, "m.read.private", &second).await?;
    receipt(&bob, &room, "m.read", &first).await?;
    ensure_eq!(unread(&bob, &room).await?, 0, "notification_count");
    Ok(())
}

/// "the m.read receipt could be at event C and m.read.private at event A - the user is considered to have read up to
/// event C."
async fn private_one_behind_changes_nothing(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut said = Vec::new();
    for number in 0..4 {
        said.push(alice.say(&room, &number.to_string()).await?);
    }
    let nth = |number: usize| said.get(number).cloned().unwrap_or_default();
    receipt(&bob, &room, "m.read", &nth(2)).await?;
    for (event, want) in [(nth(0), 1), (nth(1), 1), (nth(2), 1), (nth(3), 0)] {
        receipt(&bob, &room, "m.read.private", &event).await?;
        ensure_eq!(unread(&bob, &room).await?, want, "notification_count");
    }
    Ok(())
}
