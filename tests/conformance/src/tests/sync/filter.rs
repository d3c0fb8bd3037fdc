//! What a filter lets through.

use super::prelude::*;

tests! { "sync_filter":
    stored_filter, "filtering", ["GET v3/sync", "POST v3/user/{userId}/filter"];
    unknown_filter_id, "filtering", ["GET v3/sync 400"];
    timeline_types, "filtering", ["GET v3/sync"];
    timeline_not_types, "filtering", ["GET v3/sync"];
    timeline_senders, "filtering", ["GET v3/sync"];
    state_types, "filtering", ["GET v3/sync"];
    type_wildcard, "filtering", ["GET v3/sync"];
    type_wildcard_anywhere, "filtering", ["GET v3/sync"];
    type_is_exact_otherwise, "filtering", ["GET v3/sync"];
    empty_list_lets_nothing_through, "filtering", ["GET v3/sync"];
    rooms, "filtering", ["GET v3/sync"];
    not_rooms, "filtering", ["GET v3/sync"];
    section_rooms, "filtering", ["GET v3/sync"];
    account_data_types, "filtering", ["GET v3/sync"];
    room_account_data_types, "filtering", ["GET v3/sync"];
    event_fields, "filtering", ["GET v3/sync"];
    contains_url, "filtering", ["GET v3/sync"];
    default_limit, "filtering", ["GET v3/sync"];
    long_poll_sleeps_through_filtered_events, "filtering", ["GET v3/sync"];
}

async fn stored_filter(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.say(&room, "one").await?;
    let last = alice.say(&room, "two").await?;
    let filter = json!({ "room": { "timeline": { "limit": 1 } } });
    let id = text(&alice.post(v3!("user/{}/filter", alice), filter).await?.ok()?, "filter_id")?;
    let sync = alice.sync(&format!("timeout=0&filter={}", encode(id))).await?;
    ensure_eq!(ids(events(joined(&sync, &room), "timeline")), [last], "timeline under the stored filter");
    Ok(())
}

async fn unknown_filter_id(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = alice.get(v3!("sync?timeout=0&filter=987654321")).await?;
    ensure!(matches!(reply.status, 400 | 404), "a filter that was never stored: {}", reply.brief());
    Ok(())
}

/// A room with a message, a custom event and a topic, in this order.
async fn mixed(alice: &User) -> Result<(String, String, String, String), Failure> {
    let room = alice.private_room().await?;
    let message = alice.say(&room, "text").await?;
    let custom = alice.send(&room, "org.example.custom", json!({})).await?;
    let topic = alice.set_state(&room, "m.room.topic", "", json!({ "topic": "T" })).await?;
    Ok((room, message, custom, topic))
}

async fn timeline(alice: &User, room: &str, filter: Value) -> Result<Vec<String>, Failure> {
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": filter } }), "").await?;
    Ok(ids(events(joined(&sync, room), "timeline")).into_iter().map(str::to_owned).collect())
}

async fn timeline_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, message, _, _) = mixed(&alice).await?;
    let got = timeline(&alice, &room, json!({ "types": ["m.room.message"] })).await?;
    ensure_eq!(got, [message], "events of the type");
    Ok(())
}

async fn timeline_not_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, message, custom, topic) = mixed(&alice).await?;
    let got = timeline(&alice, &room, json!({ "not_types": ["m.room.message"], "limit": 2 })).await?;
    ensure_eq!(got, [custom.clone(), topic], "events of other types");
    // "If a type is in both lists, the event is excluded".
    let both = json!({ "types": ["m.room.message", "org.example.custom"], "not_types": ["m.room.message"] });
    ensure_eq!(timeline(&alice, &room, both).await?, [custom], "not_types wins (over {message})");
    Ok(())
}

async fn timeline_senders(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let (his, hers) = (bob.say(&room, "b").await?, alice.say(&room, "a").await?);
    let only = json!({ "senders": [bob.id], "types": ["m.room.message"] });
    ensure_eq!(timeline(&alice, &room, only).await?, [his], "senders");
    let without = json!({ "not_senders": [bob.id], "types": ["m.room.message"] });
    ensure_eq!(timeline(&alice, &room, without).await?, [hers], "not_senders");
    Ok(())
}

async fn state_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "N", "topic": "T" })).await?;
    alice.say(&room, "x").await?;
    let filter = json!({ "room": { "state": { "types": ["m.room.name"] }, "timeline": { "limit": 1 } } });
    let sync = alice.sync_filtered(&filter, "").await?;
    let kinds: Vec<&Value> = events(joined(&sync, &room), "state").iter().map(|event| &event["type"]).collect();
    ensure_eq!(kinds, ["m.room.name"], "state under the filter");
    Ok(())
}

async fn type_wildcard(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _, custom, _) = mixed(&alice).await?;
    ensure_eq!(timeline(&alice, &room, json!({ "types": ["org.example.*"] })).await?, [custom], "events that match");
    Ok(())
}

/// "A '*' can be used as a wildcard to match any sequence of characters": anywhere in the pattern.
async fn type_wildcard_anywhere(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _, custom, _) = mixed(&alice).await?;
    for pattern in ["org.*.custom", "*custom", "*.example.*"] {
        let got = timeline(&alice, &room, json!({ "types": [pattern] })).await?;
        ensure_eq!(got, [custom.clone()], "events that match {pattern}");
    }
    Ok(())
}

/// Nothing but the star is special in a pattern.
async fn type_is_exact_otherwise(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, ..) = mixed(&alice).await?;
    let types =
        json!(["org_example_custom", "org.example.custo?", "ORG.EXAMPLE.*", "org.example", "org.example.custom_%"]);
    let got = timeline(&alice, &room, json!({ "types": types })).await?;
    ensure!(got.is_empty(), "these match nothing: {got:?}");
    Ok(())
}

/// "types: ... If this list is absent then all event types are included": an empty one includes none.
async fn empty_list_lets_nothing_through(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, ..) = mixed(&alice).await?;
    let got = timeline(&alice, &room, json!({ "types": [] })).await?;
    ensure!(got.is_empty(), "no type is in the list: {got:?}");
    Ok(())
}

async fn rooms(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (one, two) = (alice.private_room().await?, alice.private_room().await?);
    let sync = alice.sync_filtered(&json!({ "room": { "rooms": [one] } }), "").await?;
    ensure!(joined(&sync, &one).is_object(), "the room of the list: {sync}");
    ensure!(joined(&sync, &two).is_null(), "no other: {sync}");
    Ok(())
}

/// "A list of room IDs to exclude ... A matching room will be excluded even if it is listed in the 'rooms' filter."
async fn not_rooms(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (one, two) = (alice.private_room().await?, alice.private_room().await?);
    let sync = alice.sync_filtered(&json!({ "room": { "not_rooms": [one], "rooms": [one, two] } }), "").await?;
    ensure!(joined(&sync, &one).is_null(), "the excluded room: {sync}");
    ensure!(joined(&sync, &two).is_object(), "the other: {sync}");
    Ok(())
}

/// A section's own room lists hold for that section alone.
async fn section_rooms(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (one, two) = (alice.private_room().await?, alice.private_room().await?);
    let (first, second) = (alice.say(&one, "1").await?, alice.say(&two, "2").await?);
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "not_rooms": [one] } } }), "").await?;
    ensure!(!has_event(&sync, &one, &first), "the timeline of the excluded room is empty: {sync}");
    ensure!(has_event(&sync, &two, &second), "the other is not: {sync}");
    ensure!(!events(joined(&sync, &one), "state").is_empty(), "its state is there: {}", joined(&sync, &one));
    Ok(())
}

async fn account_data_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for kind in ["org.example.a", "org.example.b"] {
        alice.put(v3!("user/{}/account_data/{}", alice, kind), json!({})).await?.ok()?;
    }
    let sync = alice.sync_filtered(&json!({ "account_data": { "types": ["org.example.b"] } }), "").await?;
    let kinds: Vec<&Value> = events(&sync, "account_data").iter().map(|event| &event["type"]).collect();
    ensure_eq!(kinds, ["org.example.b"], "account data under the filter");
    Ok(())
}

async fn room_account_data_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for kind in ["org.example.a", "org.example.b"] {
        alice.put(v3!("user/{}/rooms/{}/account_data/{}", alice, room, kind), json!({})).await?.ok()?;
    }
    let filter = json!({ "room": { "account_data": { "not_types": ["org.example.a"] } } });
    let sync = alice.sync_filtered(&filter, "").await?;
    let own = events(joined(&sync, &room), "account_data");
    let kinds: Vec<&Value> = own.iter().map(|event| &event["type"]).collect();
    ensure_eq!(kinds, ["org.example.b"], "account data of the room under the filter");
    Ok(())
}

/// "List of event fields to include ... Entries are dot-separated paths for each property to include."
async fn event_fields(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.say(&room, "shown").await?;
    let filter = json!({ "event_fields": ["content.body", "sender"], "room": { "timeline": { "limit": 1 } } });
    let sync = alice.sync_filtered(&filter, "").await?;
    let event = events(joined(&sync, &room), "timeline").first().cloned().unwrap_or_default();
    ensure_eq!(event["content"], json!({ "body": "shown" }), "content with the fields asked for");
    ensure_eq!(event["sender"], alice.id.as_str(), "sender");
    ensure!(event.get("origin_server_ts").is_none(), "fields not asked for: {event}");
    Ok(())
}

async fn contains_url(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let content = json!({ "msgtype": "m.image", "body": "x", "url": "mxc://example.org/abc" });
    let image = alice.send(&room, "m.room.message", content).await?;
    alice.say(&room, "text").await?;
    ensure_eq!(timeline(&alice, &room, json!({ "contains_url": true })).await?, [image], "contains_url");
    Ok(())
}

async fn default_limit(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for number in 0..25 {
        alice.say(&room, &number.to_string()).await?;
    }
    let sync = alice.first_sync().await?;
    let mine = joined(&sync, &room);
    let count = events(mine, "timeline").len();
    ensure!((1..=25).contains(&count), "\"Defaults to a server-defined limit\", got {count}");
    ensure_eq!(mine["timeline"]["limited"], true, "what was left out is said");
    Ok(())
}

/// An event that the filter hides does not come, and what it lets through comes later.
async fn long_poll_sleeps_through_filtered_events(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let filter = json!({ "room": { "timeline": { "not_types": ["org.example.noise"] } } });
    let since = encode(text(&alice.sync_filtered(&filter, "").await?, "next_batch")?);
    let query = format!("timeout=5000&since={since}&filter={}", encode(filter.to_string()));
    let (sync, sent) = tokio::join!(alice.sync(&query), async {
        bob.send(&room, "org.example.noise", json!({})).await?;
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        bob.say(&room, "signal").await
    });
    let (mut sync, signal) = (sync?, sent?);
    if !has_event(&sync, &room, &signal) {
        // A server may answer early with nothing; the event comes with the next request.
        let next = text(&sync, "next_batch")?;
        sync = alice.sync_filtered(&filter, &format!("since={}", encode(next))).await?;
    }
    ensure_eq!(ids(events(joined(&sync, &room), "timeline")), [signal], "what the filter lets through");
    Ok(())
}
