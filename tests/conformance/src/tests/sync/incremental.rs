//! Syncs from a token on.

use std::time::{Duration, Instant};

use super::prelude::*;

tests! { "sync_incremental":
    nothing_new, "syncing", ["GET v3/sync"];
    new_message, "syncing", ["GET v3/sync"];
    no_repeats, "syncing", ["GET v3/sync"];
    same_request_again, "syncing", ["GET v3/sync"];
    long_poll_wakes, "syncing", ["GET v3/sync"];
    long_poll_ends, "syncing", ["GET v3/sync"];
    long_poll_wakes_on_invite, "syncing", ["GET v3/sync"];
    long_poll_wakes_on_account_data, "syncing", ["GET v3/sync"];
    transaction_id, "room-event-format", ["GET v3/sync"];
    membership_in_unsigned, "room-event-format", ["GET v3/sync"];
    unread_count_with_the_event, "receiving-notifications", ["GET v3/sync"];
    highlight_count_with_the_mention, "receiving-notifications", ["GET v3/sync"];
    token_of_another_user, "syncing", ["GET v3/sync"];
    full_state, "syncing", ["GET v3/sync"];
}

async fn nothing_new(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let sync = alice.sync_since(&since).await?;
    ensure!(joined(&sync, &room).is_null(), "nothing happened: {sync}");
    text(&sync, "next_batch").map(drop)
}

async fn new_message(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let event = alice.say(&room, "new").await?;
    let sync = alice.sync_since(&since).await?;
    let mine = joined(&sync, &room);
    ensure_eq!(ids(events(mine, "timeline")), [event], "timeline");
    ensure!(mine["timeline"]["limited"] != true, "nothing is missing: {mine}");
    ensure!(events(mine, "state").is_empty(), "no state changed: {mine}");
    Ok(())
}

async fn no_repeats(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let mut since = alice.now().await?;
    for number in 0..4 {
        let event = alice.say(&room, &number.to_string()).await?;
        let sync = alice.sync_since(&since).await?;
        ensure_eq!(ids(events(joined(&sync, &room), "timeline")), [event], "timeline of sync {number}");
        since = text(&sync, "next_batch")?;
    }
    Ok(())
}

/// A client that lost the answer asks again with the same token and gets the same events.
async fn same_request_again(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let event = alice.say(&room, "once").await?;
    for _ in 0..3 {
        let sync = alice.sync_since(&since).await?;
        ensure_eq!(ids(events(joined(&sync, &room), "timeline")), [event.clone()], "timeline");
    }
    Ok(())
}

/// Runs a sync that waits for at most 50 s, does something 300 ms later, and gives the answer with the time it took.
async fn wake(waiting: &User, act: impl Future<Output = Outcome>) -> Result<(Value, Duration), Failure> {
    // Nobody is to be seen online, for that would be something to tell, too.
    let now = waiting.sync("timeout=0&set_presence=offline").await?;
    let since = encode(text(&now, "next_batch")?);
    let started = Instant::now();
    let query = format!("timeout=50000&set_presence=offline&since={since}");
    let (sync, done) = tokio::join!(waiting.sync(&query), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        act.await
    });
    done?;
    let (sync, took) = (sync?, started.elapsed());
    ensure!(took >= Duration::from_millis(250), "it should wait while there is nothing, it took {took:?}");
    ensure!(took < Duration::from_secs(30), "it should end at once when something comes, it took {took:?}");
    Ok((sync, took))
}

async fn long_poll_wakes(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let (sync, _) = wake(&bob, async { alice.say(&room, "wake up").await.map(drop) }).await?;
    ensure_eq!(events(joined(&sync, &room), "timeline").len(), 1, "events of the answer");
    Ok(())
}

async fn long_poll_ends(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    // Own changes (a device list, presence) may come first, one after the other.
    let mut since = alice.now().await?;
    let mut took = Duration::ZERO;
    for _ in 0..8 {
        if took >= Duration::from_millis(1_300) {
            break;
        }
        let started = Instant::now();
        let sync = alice.sync(&format!("timeout=1500&since={}", encode(&since))).await?;
        took = started.elapsed();
        since = text(&sync, "next_batch")?;
    }
    ensure!(took >= Duration::from_millis(1_300), "it waits for the time asked for, it took {took:?}");
    ensure!(took < Duration::from_millis(8_000), "and not much longer, it took {took:?}");
    Ok(())
}

async fn long_poll_wakes_on_invite(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    let (sync, _) = wake(&bob, async { alice.invite(&room, &bob).await }).await?;
    ensure!(sync["rooms"]["invite"][&room].is_object(), "the invite: {sync}");
    Ok(())
}

async fn long_poll_wakes_on_account_data(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let path = v3!("user/{}/account_data/org.example.wake", alice);
    let (sync, _) = wake(&alice, async { other.put(path, json!({ "x": 1 })).await?.ok().map(drop) }).await?;
    let kinds: Vec<&Value> = events(&sync, "account_data").iter().map(|event| &event["type"]).collect();
    ensure_eq!(kinds, ["org.example.wake"], "account data");
    Ok(())
}

/// `full_state`: "If this is set to true, then all state events will be returned, even if since is non-empty", and it
/// "will return immediately".
async fn full_state(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "Full" })).await?;
    let since = encode(alice.now().await?);
    let sync = alice.sync(&format!("timeout=0&full_state=true&since={since}")).await?;
    let state = events(joined(&sync, &room), "state");
    for kind in ["m.room.create", "m.room.name", "m.room.power_levels"] {
        ensure!(find(state, kind, "").is_some(), "{kind} is missing in {state:?}");
    }
    Ok(())
}

/// The device that sent an event gets its transaction id, no other does.
async fn transaction_id(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let content = json!({ "msgtype": "m.text", "body": "x" });
    alice.put(v3!("rooms/{}/send/m.room.message/echo", room), content).await?.ok()?;
    for (user, want) in [(&alice, json!("echo")), (&other, Value::Null)] {
        let sync = user.sync_since(&since).await?;
        let event = events(joined(&sync, &room), "timeline").first().cloned().unwrap_or_default();
        ensure_eq!(event["unsigned"]["transaction_id"], want, "transaction id on {}", user.device);
    }
    Ok(())
}

/// `unsigned.membership` (v1.11): the reader's membership at the event, with the change that the event itself makes.
async fn membership_in_unsigned(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    let before = alice.say(&room, "before").await?;
    bob.join(&room).await?;
    let after = alice.say(&room, "after").await?;
    let sync = bob.first_sync().await?;
    let timeline = events(joined(&sync, &room), "timeline");
    for (id, want) in [(before, "leave"), (after, "join")] {
        let event = timeline.iter().find(|event| event["event_id"] == id.as_str()).cloned().unwrap_or_default();
        ensure_eq!(event["unsigned"]["membership"], want, "membership at {event}");
    }
    let own = find(timeline, "m.room.member", &bob.id).cloned().unwrap_or_default();
    ensure_eq!(own["unsigned"]["membership"], "join", "membership at one's own join");
    Ok(())
}

/// The count comes in the same answer as the event that it counts.
async fn unread_count_with_the_event(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let mut since = alice.now().await?;
    for number in 1..=3 {
        bob.say(&room, "hello").await?;
        let sync = alice.sync_since(&since).await?;
        let counts = &joined(&sync, &room)["unread_notifications"];
        ensure_eq!(counts["notification_count"], number, "notification_count: {sync}");
        ensure_eq!(counts["highlight_count"], 0, "highlight_count");
        since = text(&sync, "next_batch")?;
    }
    Ok(())
}

async fn highlight_count_with_the_mention(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let since = alice.now().await?;
    let mentions = json!({ "user_ids": [alice.id] });
    bob.send(&room, "m.room.message", json!({ "msgtype": "m.text", "body": "you", "m.mentions": mentions })).await?;
    let sync = alice.sync_since(&since).await?;
    let counts = &joined(&sync, &room)["unread_notifications"];
    ensure_eq!(counts["highlight_count"], 1, "highlight_count: {counts}");
    ensure_eq!(counts["notification_count"], 1, "notification_count: {counts}");
    Ok(())
}

/// A token is a point in time, not a permission.
async fn token_of_another_user(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    alice.say(&room, "private").await?;
    let reply = bob.get(v3!("sync?timeout=0&since={}", since)).await?;
    ensure!(reply.status < 500, "status: {}", reply.brief());
    ensure!(!reply.text.contains("private\"") && !reply.text.contains(&room), "it leaks: {}", reply.brief());
    Ok(())
}
