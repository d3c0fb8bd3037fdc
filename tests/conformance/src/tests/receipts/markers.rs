//! The fully read marker and the unread marker.

use super::super::membership::pair;
use super::prelude::*;
use super::{receipt, receipts_of, unthreaded};

tests! { "read_markers":
    by_receipt, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    by_read_markers, "fully-read-markers", ["POST v3/rooms/{roomId}/read_markers"];
    comes_in_sync, "fully-read-markers", ["POST v3/rooms/{roomId}/read_markers"];
    with_receipts, "fully-read-markers", ["POST v3/rooms/{roomId}/read_markers"];
    receipt_alone, "fully-read-markers", ["POST v3/rooms/{roomId}/read_markers"];
    nothing_at_all, "fully-read-markers", ["POST v3/rooms/{roomId}/read_markers"];
    does_not_clear_counts, "marking-notifications-as-read", ["GET v3/sync"];
    event_of_other_room, "fully-read-markers", ["POST v3/rooms/{roomId}/read_markers 404"];
    not_set_directly, "fully-read-markers", ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type} 405"];
    marked_unread, "unread-markers", ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type}"];
}

async fn set(user: &User, room: &str, body: Value) -> Result<Value, Failure> {
    user.post(v3!("rooms/{}/read_markers", room), body).await?.ok()
}

/// The event of the marker, as account data says; null if there is none.
async fn marker(user: &User, room: &str) -> Result<Value, Failure> {
    let mut reply = user.get(v3!("user/{}/rooms/{}/account_data/m.fully_read", user, room)).await?;
    Ok(reply.json["event_id"].take())
}

/// "This can also be m.fully_read as an alternative to /read_markers." "Note that m.fully_read does not appear under
/// m.receipt".
async fn by_receipt(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    receipt(&bob, &room, "m.fully_read", &event).await?;
    ensure_eq!(marker(&bob, &room).await?, event.as_str(), "marker");
    for user in [&alice, &bob] {
        let sync = user.first_sync().await?;
        let got = receipts_of(&sync, &room, &bob);
        ensure!(got.is_empty(), "it is no receipt: {got:?}");
    }
    Ok(())
}

async fn by_read_markers(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    for body in ["one", "two"] {
        let event = alice.say(&room, body).await?;
        ensure_eq!(set(&bob, &room, json!({ "m.fully_read": event })).await?, json!({}), "answer");
        ensure_eq!(marker(&bob, &room).await?, event.as_str(), "marker");
    }
    ensure!(marker(&alice, &room).await?.is_null(), "hers is her own");
    Ok(())
}

/// "the server MUST send the updated account data event through to the client via the event stream".
async fn comes_in_sync(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let since = bob.now().await?;
    set(&bob, &room, json!({ "m.fully_read": event })).await?;
    for sync in [bob.sync_since(&since).await?, bob.first_sync().await?] {
        let data = events(joined(&sync, &room), "account_data");
        let got = data.iter().find(|event| event["type"] == "m.fully_read").cloned().unwrap_or_default();
        ensure_eq!(got["content"]["event_id"], event.as_str(), "m.fully_read in {sync}");
    }
    Ok(())
}

/// "Providing m.read and/or m.read.private performs the same task as a request to /receipt/{receiptType}/{eventId}."
async fn with_receipts(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let (a, b) = (alice.say(&room, "a").await?, alice.say(&room, "b").await?);
    let c = alice.say(&room, "c").await?;
    set(&bob, &room, json!({ "m.fully_read": a, "m.read": b, "m.read.private": c })).await?;
    ensure_eq!(marker(&bob, &room).await?, a.as_str(), "marker");
    let want = [unthreaded("m.read", &b), unthreaded("m.read.private", &c)];
    ensure_eq!(receipts_of(&bob.first_sync().await?, &room, &bob), want, "what bob sees");
    let want = [unthreaded("m.read", &b)];
    ensure_eq!(receipts_of(&alice.first_sync().await?, &room, &bob), want, "what alice sees");
    Ok(())
}

/// "This property is no longer required" (of m.fully_read).
async fn receipt_alone(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    set(&bob, &room, json!({ "m.read": event })).await?;
    ensure!(marker(&bob, &room).await?.is_null(), "the marker was not set");
    let want = [unthreaded("m.read", &event)];
    ensure_eq!(receipts_of(&alice.first_sync().await?, &room, &bob), want, "receipts of bob");
    Ok(())
}

async fn nothing_at_all(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    set(&alice, &room, json!({})).await.map(drop)
}

/// Notifications are cleared by receipts; the marker is another thing.
async fn does_not_clear_counts(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    set(&bob, &room, json!({ "m.fully_read": event })).await?;
    let sync = bob.first_sync().await?;
    ensure_eq!(joined(&sync, &room)["unread_notifications"]["notification_count"], 1, "notification_count");
    Ok(())
}

/// "The event MUST belong to the room."
async fn event_of_other_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let elsewhere = alice.private_room().await?;
    let foreign = alice.say(&elsewhere, "elsewhere").await?;
    for event in [foreign.as_str(), "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        for user in [&alice, &bob] {
            let body = json!({ "m.fully_read": event });
            let reply = user.post(v3!("rooms/{}/read_markers", room), body).await?;
            ensure!(matches!(reply.status, 400 | 403 | 404), "{event} for {user}: {}", reply.brief());
            ensure!(marker(user, &room).await?.is_null(), "no marker was set");
        }
    }
    Ok(())
}

/// "The server MUST prevent clients from setting m.fully_read directly in room account data."
async fn not_set_directly(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let path = v3!("user/{}/rooms/{}/account_data/m.fully_read", alice, room);
    alice.put(path, json!({ "event_id": event })).await?.refused(405)?;
    ensure!(marker(&alice, &room).await?.is_null(), "no marker was set");
    Ok(())
}

/// "Clients MUST update unread markers by directly modifying the m.marked_unread room account data event."
async fn marked_unread(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let other = alice.new_device().await?;
    for unread in [true, false] {
        let since = other.now().await?;
        let path = v3!("user/{}/rooms/{}/account_data/m.marked_unread", alice, room);
        alice.put(path, json!({ "unread": unread })).await?.ok()?;
        let sync = other.sync_since(&since).await?;
        let data = events(joined(&sync, &room), "account_data");
        let got = data.iter().find(|event| event["type"] == "m.marked_unread").cloned().unwrap_or_default();
        ensure_eq!(got["content"], json!({ "unread": unread }), "m.marked_unread in {sync}");
    }
    Ok(())
}
