//! `GET /rooms/{roomId}/messages`: paging through the history.

use super::prelude::*;

tests! { "messages":
    backwards, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    forwards, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    to_the_beginning, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    pages_do_not_overlap, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    default_limit, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    from_prev_batch, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    from_next_batch, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    to_token, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    filter_types, "filtering", ["GET v3/rooms/{roomId}/messages"];
    filter_senders, "filtering", ["GET v3/rooms/{roomId}/messages"];
    filter_contains_url, "filtering", ["GET v3/rooms/{roomId}/messages"];
    lazy_members, "lazy-loading-room-members", ["GET v3/rooms/{roomId}/messages"];
    not_member, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages M_FORBIDDEN"];
    after_leaving, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    missing_direction, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages 400"];
    bad_direction, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages 400"];
    bad_token, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages 400"];
    bad_limit, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages 400"];
    bad_filter, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages 400"];
    huge_limit, "getting-events-for-a-room", ["GET v3/rooms/{roomId}/messages"];
    transaction_id_only_for_the_device, "room-event-format", ["GET v3/rooms/{roomId}/messages"];
    age, "room-event-format", ["GET v3/rooms/{roomId}/messages"];
}

/// A room with a number of messages; gives their ids in the order of sending.
async fn talk(user: &User, count: usize) -> Result<(String, Vec<String>), Failure> {
    let room = user.public_room().await?;
    let mut sent = Vec::new();
    for number in 0..count {
        sent.push(user.say(&room, &format!("message {number}")).await?);
    }
    Ok((room, sent))
}

async fn page(user: &User, room: &str, query: &str) -> Result<Value, Failure> {
    user.get(format!("{}?{query}", v3!("rooms/{}/messages", room))).await?.ok()
}

fn chunk(page: &Value) -> Vec<&str> {
    ids(page["chunk"].as_array().map(Vec::as_slice).unwrap_or_default())
}

async fn backwards(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 5).await?;
    let page = page(&alice, &room, "dir=b&limit=3").await?;
    let newest: Vec<&str> = sent.iter().rev().take(3).map(String::as_str).collect();
    ensure_eq!(chunk(&page), newest, "the newest first");
    ensure!(page["start"].is_string(), "start is required: {page}");
    ensure!(page["end"].is_string(), "there is more, so an end is due: {page}");
    Ok(())
}

/// "If it is not provided, the homeserver shall return a list of messages from the first ... visible event".
async fn forwards(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 3).await?;
    let page = page(&alice, &room, "dir=f&limit=100").await?;
    ensure_eq!(page["chunk"][0]["type"], "m.room.create", "the room begins with its creation");
    let got = chunk(&page);
    ensure!(got.ends_with(&sent.iter().map(String::as_str).collect::<Vec<_>>()), "in the order of sending: {got:?}");
    Ok(())
}

/// `end`: "If no further events are available ... this property is omitted".
async fn to_the_beginning(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _) = talk(&alice, 4).await?;
    let (mut from, mut all) = (String::new(), Vec::new());
    for _ in 0..20 {
        let page = page(&alice, &room, &format!("dir=b&limit=3{from}")).await?;
        all.extend(page["chunk"].as_array().cloned().unwrap_or_default());
        match page["end"].as_str() {
            Some(end) => from = format!("&from={}", encode(end)),
            None => {
                let first = all.last().cloned().unwrap_or_default();
                ensure_eq!(first["type"], "m.room.create", "the last event on the way back");
                return Ok(());
            }
        }
    }
    Err(Failure::new("paging back does not come to an end"))
}

async fn pages_do_not_overlap(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 7).await?;
    let mut got = Vec::new();
    let mut from = String::new();
    while got.len() < 7 {
        let page = page(&alice, &room, &format!("dir=b&limit=2{from}")).await?;
        got.extend(chunk(&page).into_iter().map(str::to_owned));
        from = format!("&from={}", encode(text(&page, "end")?));
    }
    got.truncate(7);
    got.reverse();
    ensure_eq!(got, sent, "events of the pages together");
    Ok(())
}

async fn default_limit(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _) = talk(&alice, 12).await?;
    // "The maximum number of events to return. Default: 10."
    ensure_eq!(chunk(&page(&alice, &room, "dir=b").await?).len(), 10, "number of events without a limit");
    Ok(())
}

/// The gap of a limited timeline is filled by paging back from its `prev_batch`.
async fn from_prev_batch(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 6).await?;
    let sync = alice.sync_filtered(&json!({ "room": { "timeline": { "limit": 2 } } }), "").await?;
    let timeline = &joined(&sync, &room)["timeline"];
    ensure_eq!(timeline["limited"], true, "limited");
    let from = encode(text(timeline, "prev_batch")?);
    let page = page(&alice, &room, &format!("dir=b&limit=4&from={from}")).await?;
    let older: Vec<&str> = sent.iter().take(4).rev().map(String::as_str).collect();
    ensure_eq!(chunk(&page), older, "what came before the timeline");
    Ok(())
}

/// "This token can be obtained from a prev_batch or next_batch token returned by the /sync endpoint".
async fn from_next_batch(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 2).await?;
    let since = encode(alice.now().await?);
    let later = alice.say(&room, "later").await?;
    let back = page(&alice, &room, &format!("dir=b&limit=1&from={since}")).await?;
    ensure_eq!(chunk(&back), [sent.last().cloned().unwrap_or_default()], "before the token");
    let forth = page(&alice, &room, &format!("dir=f&limit=5&from={since}")).await?;
    ensure_eq!(chunk(&forth), [later], "after the token");
    Ok(())
}

async fn to_token(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _) = talk(&alice, 2).await?;
    let from = encode(alice.now().await?);
    let middle = alice.say(&room, "middle").await?;
    let to = encode(alice.now().await?);
    alice.say(&room, "after").await?;
    let page = page(&alice, &room, &format!("dir=f&limit=10&from={from}&to={to}")).await?;
    ensure_eq!(chunk(&page), [middle], "between the tokens");
    Ok(())
}

async fn filter_types(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _) = talk(&alice, 2).await?;
    let other = alice.send(&room, "org.example.other", json!({})).await?;
    let only = encode(json!({ "types": ["org.example.*"] }).to_string());
    ensure_eq!(chunk(&page(&alice, &room, &format!("dir=b&filter={only}")).await?), [other.as_str()], "types");
    let without = encode(json!({ "not_types": ["m.room.*"] }).to_string());
    ensure_eq!(chunk(&page(&alice, &room, &format!("dir=b&filter={without}")).await?), [other], "not_types");
    Ok(())
}

async fn filter_senders(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (room, sent) = talk(&alice, 2).await?;
    bob.join(&room).await?;
    let his = bob.say(&room, "mine").await?;
    let only = encode(json!({ "senders": [bob.id], "types": ["m.room.message"] }).to_string());
    ensure_eq!(chunk(&page(&alice, &room, &format!("dir=b&filter={only}")).await?), [his], "senders");
    let without = encode(json!({ "not_senders": [bob.id], "types": ["m.room.message"] }).to_string());
    let newest_first: Vec<String> = sent.into_iter().rev().collect();
    ensure_eq!(chunk(&page(&alice, &room, &format!("dir=b&filter={without}")).await?), newest_first, "not_senders");
    Ok(())
}

async fn filter_contains_url(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _) = talk(&alice, 1).await?;
    let content = json!({ "msgtype": "m.image", "body": "x", "url": "mxc://example.org/abc" });
    let image = alice.send(&room, "m.room.message", content).await?;
    alice.say(&room, "text").await?;
    let filter = encode(json!({ "contains_url": true }).to_string());
    ensure_eq!(chunk(&page(&alice, &room, &format!("dir=b&filter={filter}")).await?), [image], "contains_url");
    Ok(())
}

/// With lazy loading `state` holds the members who sent the events of the page, and none that did not.
async fn lazy_members(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let (room, _) = talk(&alice, 1).await?;
    bob.join(&room).await?;
    carol.join(&room).await?;
    bob.say(&room, "I am Bob").await?;
    let filter = encode(json!({ "lazy_load_members": true, "types": ["m.room.message"] }).to_string());
    let page = page(&alice, &room, &format!("dir=b&limit=1&filter={filter}")).await?;
    let state = page["state"].as_array().cloned().unwrap_or_default();
    ensure!(find(&state, "m.room.member", &bob.id).is_some(), "the sender's member event is due: {page}");
    ensure!(find(&state, "m.room.member", &carol.id).is_none(), "nobody else's is: {page}");
    Ok(())
}

async fn not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (room, _) = talk(&alice, 1).await?;
    bob.get(v3!("rooms/{}/messages?dir=b", room)).await?.error(403, "M_FORBIDDEN").map(drop)
}

/// "the user will still be allowed to retrieve history from the room which they were previously allowed to see."
async fn after_leaving(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (room, _) = talk(&alice, 1).await?;
    bob.join(&room).await?;
    let seen = alice.say(&room, "seen").await?;
    bob.leave(&room).await?;
    let unseen = alice.say(&room, "unseen").await?;
    let page = page(&bob, &room, "dir=b&limit=20").await?;
    let got = chunk(&page);
    ensure!(got.contains(&seen.as_str()), "what came before leaving is visible: {got:?}");
    ensure!(!got.contains(&unseen.as_str()), "what came after leaving is not: {got:?}");
    Ok(())
}

async fn refused(server: &Server, query: &str) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.get(format!("{}?{query}", v3!("rooms/{}/messages", room))).await?.refused(400).map(drop)
}

async fn missing_direction(server: Server) -> Outcome {
    refused(&server, "limit=3").await
}

async fn bad_direction(server: Server) -> Outcome {
    refused(&server, "dir=sideways").await
}

async fn bad_token(server: Server) -> Outcome {
    refused(&server, "dir=b&from=nonsense").await
}

async fn bad_limit(server: Server) -> Outcome {
    refused(&server, "dir=b&limit=many").await?;
    refused(&server, "dir=b&limit=-1").await
}

async fn bad_filter(server: Server) -> Outcome {
    refused(&server, "dir=b&filter=%7Bnonsense").await
}

/// A limit beyond what the server gives is cut, not refused.
async fn huge_limit(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, sent) = talk(&alice, 3).await?;
    let page = page(&alice, &room, "dir=b&limit=1000000").await?;
    ensure!(chunk(&page).len() >= sent.len(), "all that fits comes: {page}");
    Ok(())
}

/// `unsigned.transaction_id`: "The client-supplied transaction ID ... if the client being given the event is the same
/// one which sent it."
async fn transaction_id_only_for_the_device(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (other, bob) = (alice.new_device().await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    alice
        .put(v3!("rooms/{}/send/m.room.message/my-txn", room), json!({ "msgtype": "m.text", "body": "x" }))
        .await?
        .ok()?;
    for (user, want) in [(&alice, json!("my-txn")), (&other, Value::Null), (&bob, Value::Null)] {
        let page = page(user, &room, "dir=b&limit=1").await?;
        let got = &page["chunk"][0]["unsigned"]["transaction_id"];
        ensure_eq!(*got, want, "transaction id as seen by {} on {}", user, user.device);
    }
    Ok(())
}

async fn age(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, _) = talk(&alice, 1).await?;
    let page = page(&alice, &room, "dir=b&limit=1").await?;
    let age = &page["chunk"][0]["unsigned"]["age"];
    ensure!(age.as_i64().is_some_and(|age| (0..60_000).contains(&age)), "age in milliseconds: {age}");
    Ok(())
}
