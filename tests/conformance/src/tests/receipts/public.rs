//! Public receipts.

use super::super::membership::pair;
use super::prelude::*;
use super::{receipt, receipts_of, try_receipt, unthreaded};

tests! { "receipts":
    seen_by_others, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    time_is_the_servers, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId}"];
    in_first_sync, "receipts", ["GET v3/sync"];
    replaces_the_one_before, "receipts", ["GET v3/sync"];
    only_what_is_new, "receipts", ["GET v3/sync"];
    several_users, "receipts", ["GET v3/sync"];
    wakes_others, "receipts", ["GET v3/sync"];
    filtered_out, "filtering", ["GET v3/sync"];
    unknown_type, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} 400"];
    not_json, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} M_NOT_JSON"];
    of_a_stranger, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} 403"];
    for_an_unknown_event, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} 404"];
    for_an_event_of_another_room, "receipts", ["POST v3/rooms/{roomId}/receipt/{receiptType}/{eventId} 404"];
}

async fn seen_by_others(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let since = alice.now().await?;
    let reply = try_receipt(&bob, &room, "m.read", &event, json!({})).await?;
    ensure_eq!(reply.ok()?, json!({}), "answer");
    let sync = alice.sync_until(&since, |sync| !receipts_of(sync, &room, &bob).is_empty()).await?;
    ensure_eq!(receipts_of(&sync, &room, &bob), [unthreaded("m.read", &event)], "receipts of bob");
    Ok(())
}

/// "The server will automatically set the ts field."
async fn time_is_the_servers(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let sent = alice.event(&room, &event).await?["origin_server_ts"].as_u64().unwrap_or_default();
    try_receipt(&bob, &room, "m.read", &event, json!({ "ts": 1 })).await?.ok()?;
    let sync = alice.first_sync().await?;
    let all = events(joined(&sync, &room), "ephemeral");
    let content = all.iter().find(|all| all["type"] == "m.receipt").cloned().unwrap_or_default();
    let ts = content["content"][&event]["m.read"][&bob.id]["ts"].as_u64().unwrap_or_default();
    ensure!(ts >= sent && ts < sent + 60_000, "ts of {content}, the event is of {sent}");
    Ok(())
}

async fn in_first_sync(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    receipt(&bob, &room, "m.read", &event).await?;
    for user in [&alice, &bob] {
        let sync = user.first_sync().await?;
        ensure_eq!(receipts_of(&sync, &room, &bob), [unthreaded("m.read", &event)], "receipts of bob for {user}");
    }
    Ok(())
}

/// "Each user_id, receipt_type, and categorisation (unthreaded, or thread_id) tuple must be associated with only a
/// single event_id."
async fn replaces_the_one_before(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let mut last = String::new();
    for number in 0..3 {
        last = alice.say(&room, &number.to_string()).await?;
        receipt(&bob, &room, "m.read", &last).await?;
    }
    let sync = alice.first_sync().await?;
    ensure_eq!(receipts_of(&sync, &room, &bob), [unthreaded("m.read", &last)], "receipts of bob");
    Ok(())
}

/// "New receipts that come down the event streams are deltas which update existing mappings."
async fn only_what_is_new(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    receipt(&bob, &room, "m.read", &event).await?;
    let since = text(&alice.first_sync().await?, "next_batch")?;
    alice.say(&room, "more").await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(receipts_of(&sync, &room, &bob).is_empty(), "his receipt is known already: {sync}");
    Ok(())
}

async fn several_users(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    let first = alice.say(&room, "one").await?;
    let second = alice.say(&room, "two").await?;
    receipt(&bob, &room, "m.read", &first).await?;
    receipt(&carol, &room, "m.read", &second).await?;
    let sync = alice.first_sync().await?;
    ensure_eq!(receipts_of(&sync, &room, &bob), [unthreaded("m.read", &first)], "receipts of bob");
    ensure_eq!(receipts_of(&sync, &room, &carol), [unthreaded("m.read", &second)], "receipts of carol");
    Ok(())
}

async fn wakes_others(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let since = encode(alice.now().await?);
    // Without presence, which would answer the request before.
    let filter = encode(r#"{"presence":{"not_types":["*"]}}"#);
    let query = format!("timeout=30000&since={since}&filter={filter}");
    let (sync, sent) = tokio::join!(alice.sync(&query), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        receipt(&bob, &room, "m.read", &event).await
    });
    sent?;
    let got = receipts_of(&sync?, &room, &bob);
    ensure_eq!(got, [unthreaded("m.read", &event)], "receipts of bob in the answer that waited");
    Ok(())
}

async fn filtered_out(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    receipt(&bob, &room, "m.read", &event).await?;
    let filter = json!({ "room": { "ephemeral": { "not_types": ["m.receipt"] } } });
    let sync = alice.sync_filtered(&filter, "").await?;
    ensure!(receipts_of(&sync, &room, &bob).is_empty(), "the filter keeps receipts out: {sync}");
    Ok(())
}

async fn unknown_type(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    try_receipt(&alice, &room, "org.example.seen", &event, json!({})).await?.refused(400).map(drop)
}

async fn not_json(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let event = alice.say(&room, "read me").await?;
    let path = v3!("rooms/{}/receipt/m.read/{}", room, event);
    server.raw(Method::POST, &path, Some(&alice.token), "{").await?.error(400, "M_NOT_JSON").map(drop)
}

/// Fails if the reply is a server error, or if a receipt of the user came to somebody.
async fn without_effect(reply: Reply, room: &str, user: &User, other: &User, since: &str) -> Outcome {
    ensure!(reply.status < 500, "a clean answer: {}", reply.brief());
    for sync in [other.sync_since(since).await?, other.first_sync().await?] {
        let got = receipts_of(&sync, room, user);
        ensure!(got.is_empty(), "this receipt should have no effect: {got:?}");
    }
    Ok(())
}

/// Who is not in a room has not read it.
async fn of_a_stranger(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let mallory = server.user("mallory").await?;
    let event = alice.say(&room, "read me").await?;
    let since = alice.now().await?;
    let reply = try_receipt(&mallory, &room, "m.read", &event, json!({})).await?;
    without_effect(reply, &room, &mallory, &alice, &since).await
}

async fn for_an_unknown_event(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let since = alice.now().await?;
    let nowhere = "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let reply = try_receipt(&bob, &room, "m.read", nowhere, json!({})).await?;
    without_effect(reply, &room, &bob, &alice, &since).await
}

/// An event of a room one is not in can be acknowledged nowhere.
async fn for_an_event_of_another_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let elsewhere = alice.private_room().await?;
    let event = alice.say(&elsewhere, "secret").await?;
    let since = alice.now().await?;
    let reply = try_receipt(&bob, &room, "m.read", &event, json!({})).await?;
    without_effect(reply, &room, &bob, &alice, &since).await
}
