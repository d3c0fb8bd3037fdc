//! Sending events, transaction ids, and what may stand in an event.

use super::prelude::*;

tests! { "send":
    message, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    any_type, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    unicode, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    same_transaction, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    same_transaction_other_content, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    same_transaction_other_device, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    same_transaction_other_room, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    same_transaction_other_type, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    same_transaction_at_once, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    failed_transaction_again, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_FORBIDDEN"];
    not_in_room, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_FORBIDDEN"];
    unknown_room, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} 403"];
    without_power, "permissions", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_FORBIDDEN"];
    power_for_one_type, "permissions", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_FORBIDDEN"];
    float_refused, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_BAD_JSON"];
    large_integer_refused, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_BAD_JSON"];
    largest_integer, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    whole_float_value, "sending-events-to-a-room", [];
    not_json, "standard-error-response", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_NOT_JSON"];
    not_object, "standard-error-response", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_BAD_JSON"];
    large_event, "size-limits", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    too_large_event, "size-limits", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_TOO_LARGE"];
    type_of_255_bytes, "size-limits", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    type_of_256_bytes, "size-limits", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} 400"];
    duplicate_annotation, "avoiding-duplicate-annotations",
        ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_DUPLICATE_ANNOTATION"];
    many_at_once, "sending-events-to-a-room", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    order_of_own_messages, "syncing", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
}

fn path(room: &str, txn: &str) -> String {
    v3!("rooms/{}/send/m.room.message/{}", room, txn)
}

fn body(text: &str) -> Value {
    json!({ "msgtype": "m.text", "body": text })
}

async fn message(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let id = alice.say(&room, "hello").await?;
    ensure!(id.starts_with('$'), "an event id begins with a dollar sign: {id}");
    let event = alice.event(&room, &id).await?;
    ensure_eq!(event["type"], "m.room.message", "type");
    ensure_eq!(event["content"], body("hello"), "content");
    ensure_eq!(event["sender"], alice.id.as_str(), "sender");
    ensure_eq!(event["room_id"], room.as_str(), "room_id");
    ensure_eq!(event["event_id"], id.as_str(), "event_id");
    ensure!(event["origin_server_ts"].as_u64().is_some_and(|ts| ts > 1_600_000_000_000), "timestamp: {event}");
    ensure!(event.get("state_key").is_none(), "a message has no state key: {event}");
    for inner in ["auth_events", "prev_events", "hashes", "signatures", "depth"] {
        ensure!(event.get(inner).is_none(), "{inner} is not part of the client's format");
    }
    Ok(())
}

async fn any_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for kind in ["org.example.custom", "with/slash", "with space", "ünïcode%20"] {
        let id = alice.send(&room, kind, json!({ "a": { "deep": [1, null, true] } })).await?;
        let event = alice.event(&room, &id).await?;
        ensure_eq!(event["type"], kind, "type");
        ensure_eq!(event["content"], json!({ "a": { "deep": [1, null, true] } }), "content");
    }
    Ok(())
}

async fn unicode(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let text = "naïve 日本語 👩‍👩‍👧 \u{0} \u{7f} \u{2028} \u{feff}\\\"";
    let content = json!({ "msgtype": "m.text", "body": text, "日本": { "👍": "ok" } });
    // PostgreSQL cannot hold U+0000 in text: a server may refuse it, and must not fail.
    let reply = alice.try_send(&room, "m.room.message", content.clone()).await?;
    if reply.status == 200 {
        let id = text_of(&reply)?;
        ensure_eq!(alice.event(&room, &id).await?["content"], content, "content");
        return Ok(());
    }
    reply.refused(400)?;
    let content = json!({ "msgtype": "m.text", "body": text.replace('\u{0}', ""), "日本": { "👍": "ok" } });
    let id = alice.send(&room, "m.room.message", content.clone()).await?;
    ensure_eq!(alice.event(&room, &id).await?["content"], content, "content");
    Ok(())
}

fn text_of(reply: &Reply) -> Result<String, Failure> {
    text(&reply.clone().ok()?, "event_id")
}

/// "the homeserver should return the same HTTP response code and content as the original request."
async fn same_transaction(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let first = alice.put(path(&room, "t"), body("once")).await?.ok()?;
    let second = alice.put(path(&room, "t"), body("once")).await?.ok()?;
    ensure_eq!(second, first, "answer to the repeated request");
    let sync = alice.sync_since(&since).await?;
    ensure_eq!(events(joined(&sync, &room), "timeline").len(), 1, "number of events");
    Ok(())
}

async fn same_transaction_other_content(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let first = alice.put(path(&room, "t"), body("first")).await?.ok()?;
    let second = alice.put(path(&room, "t"), body("second")).await?.ok()?;
    ensure_eq!(second, first, "a retransmission is known by transaction id and path alone");
    ensure_eq!(alice.event(&room, &text(&first, "event_id")?).await?["content"]["body"], "first", "what was sent");
    Ok(())
}

/// "The scope of a transaction ID is for a single device".
async fn same_transaction_other_device(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    let room = alice.private_room().await?;
    let first = alice.put(path(&room, "t"), body("first")).await?.ok()?;
    let second = other.put(path(&room, "t"), body("second")).await?.ok()?;
    ensure!(first != second, "another device's transaction is another one: {first}");
    Ok(())
}

async fn same_transaction_other_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (one, two) = (alice.private_room().await?, alice.private_room().await?);
    let first = alice.put(path(&one, "t"), body("first")).await?.ok()?;
    let second = alice.put(path(&two, "t"), body("second")).await?.ok()?;
    ensure!(first != second, "the path is part of the scope: {first}");
    alice.event(&two, &text(&second, "event_id")?).await.map(drop)
}

/// "...and the path of the HTTP request is the same": another event type is another path.
async fn same_transaction_other_type(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let first = alice.put(path(&room, "t"), body("first")).await?.ok()?;
    let second = alice.put(v3!("rooms/{}/send/org.example.other/t", room), json!({})).await?.ok()?;
    ensure!(first != second, "the path is part of the scope: {first}");
    Ok(())
}

async fn same_transaction_at_once(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let send = || alice.put(path(&room, "t"), body("race"));
    let (a, b, c) = tokio::join!(send(), send(), send());
    let (a, b, c) = (a?.ok()?, b?.ok()?, c?.ok()?);
    ensure!(a == b && b == c, "one transaction, one event: {a} {b} {c}");
    let sync = alice.sync_since(&since).await?;
    ensure_eq!(events(joined(&sync, &room), "timeline").len(), 1, "number of events");
    Ok(())
}

/// A refused request did nothing, so the same transaction id may succeed later.
async fn failed_transaction_again(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.put(path(&room, "t"), body("early")).await?.error(403, "M_FORBIDDEN")?;
    bob.join(&room).await?;
    // The specification lets a server give the old answer again; it may not take it for sent.
    let reply = bob.put(path(&room, "t"), body("late")).await?;
    if reply.status == 200 {
        let id = text_of(&reply)?;
        ensure_eq!(alice.event(&room, &id).await?["content"]["body"], "late", "what was sent");
        return Ok(());
    }
    reply.error(403, "M_FORBIDDEN").map(drop)
}

async fn not_in_room(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.try_send(&room, "m.room.message", body("hi")).await?.error(403, "M_FORBIDDEN")?;
    alice.invite(&room, &bob).await?;
    bob.try_send(&room, "m.room.message", body("hi")).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn unknown_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let reply = alice.try_send(&format!("!nowhere:{}", server.name()), "m.room.message", body("hi")).await?;
    ensure!(matches!(reply.status, 403 | 404), "there is no such room: {}", reply.brief());
    let code = reply.json["errcode"].as_str().unwrap_or_default();
    ensure!(matches!(code, "M_FORBIDDEN" | "M_NOT_FOUND"), "error code {code}");
    Ok(())
}

async fn without_power(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    bob.say(&room, "may").await?;
    alice.change_power(&room, json!({ "events_default": 1 })).await?;
    bob.try_send(&room, "m.room.message", body("may not")).await?.error(403, "M_FORBIDDEN")?;
    alice.change_power(&room, json!({ "users": { &bob.id: 1 } })).await?;
    bob.say(&room, "may again").await.map(drop)
}

async fn power_for_one_type(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    alice.change_power(&room, json!({ "events": { "org.example.solemn": 10 } })).await?;
    bob.say(&room, "may").await?;
    bob.try_send(&room, "org.example.solemn", json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn raw(alice: &User, room: &str, content: &str) -> Result<Reply, Failure> {
    let path = v3!("rooms/{}/send/org.example.raw/{}", room, alice.server.fresh("raw"));
    alice.server.raw(Method::PUT, &path, Some(&alice.token), content).await
}

/// Canonical JSON, which room versions from 6 on demand, has no fractions.
async fn float_refused(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for content in [r#"{"a":1.5}"#, r#"{"a":[{"b":-0.1}]}"#, r#"{"a":1e-3}"#] {
        raw(&alice, &room, content).await?.error(400, "M_BAD_JSON")?;
    }
    Ok(())
}

/// Integers must be in the range of -(2^53)+1 to (2^53)-1.
async fn large_integer_refused(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for content in [r#"{"a":9007199254740992}"#, r#"{"a":-9007199254740992}"#, r#"{"a":99999999999999999999999}"#] {
        raw(&alice, &room, content).await?.error(400, "M_BAD_JSON")?;
    }
    Ok(())
}

async fn largest_integer(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let reply = raw(&alice, &room, r#"{"a":9007199254740991,"b":-9007199254740991}"#).await?;
    let event = alice.event(&room, &text_of(&reply)?).await?;
    ensure_eq!(event["content"]["a"], 9_007_199_254_740_991_i64, "largest integer");
    ensure_eq!(event["content"]["b"], -9_007_199_254_740_991_i64, "smallest integer");
    Ok(())
}

/// `1.0` and `1e2` are no integers as written; they are refused, or stored as the integers they are worth.
async fn whole_float_value(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for (content, value) in [(r#"{"a":1.0}"#, 1), (r#"{"a":1e2}"#, 100)] {
        let reply = raw(&alice, &room, content).await?;
        if reply.status == 200 {
            let event = alice.event(&room, &text_of(&reply)?).await?;
            ensure_eq!(event["content"]["a"].as_i64(), Some(value), "{content}");
        } else {
            reply.error(400, "M_BAD_JSON")?;
        }
    }
    Ok(())
}

async fn not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for content in ["", "{", "{'a':1}", "hello"] {
        raw(&alice, &room, content).await?.error(400, "M_NOT_JSON")?;
    }
    Ok(())
}

async fn not_object(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for content in ["[]", "\"text\"", "null"] {
        raw(&alice, &room, content).await?.error(400, "M_BAD_JSON")?;
    }
    Ok(())
}

async fn large_event(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    // 1,536 bytes are left for ids, hashes and signatures.
    let text = "x".repeat(64_000);
    let id = alice.say(&room, &text).await?;
    ensure_eq!(alice.event(&room, &id).await?["content"]["body"], text.as_str(), "a body of 64,000 bytes");
    Ok(())
}

/// "The complete event MUST NOT be larger than 65536 bytes, when formatted with the federation event format".
async fn too_large_event(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    for size in [65_536, 200_000] {
        let reply = alice.try_send(&room, "m.room.message", body(&"x".repeat(size))).await?;
        reply.error(413, "M_TOO_LARGE")?;
    }
    let sync = alice.sync_since(&since).await?;
    ensure!(joined(&sync, &room).is_null(), "nothing was sent: {sync}");
    alice.say(&room, "the room goes on").await.map(drop)
}

async fn type_of_255_bytes(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let kind = "t".repeat(255);
    let id = alice.send(&room, &kind, json!({})).await?;
    ensure_eq!(alice.event(&room, &id).await?["type"], kind.as_str(), "type");
    Ok(())
}

/// "type" and "state_key": "The length MUST NOT exceed 255 bytes."
async fn type_of_256_bytes(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for kind in ["t".repeat(256), "é".repeat(128)] {
        let reply = alice.try_send(&room, &kind, json!({})).await?;
        ensure!(matches!(reply.status, 400 | 413), "a type of 256 bytes was answered {}", reply.brief());
        let reply = alice.try_state(&room, "org.example.long", &kind, json!({})).await?;
        ensure!(matches!(reply.status, 400 | 413), "a state key of 256 bytes was answered {}", reply.brief());
    }
    Ok(())
}

async fn duplicate_annotation(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let target = alice.say(&room, "like me").await?;
    let relation =
        |key: &str| json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": target, "key": key } });
    alice.send(&room, "m.reaction", relation("👍")).await?;
    alice.send(&room, "m.reaction", relation("👎")).await?;
    let reply = alice.try_send(&room, "m.reaction", relation("👍")).await?;
    reply.error(400, "M_DUPLICATE_ANNOTATION").map(drop)
}

async fn order_of_own_messages(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    let mut sent = Vec::new();
    for number in 0..8 {
        sent.push(alice.say(&room, &format!("message {number}")).await?);
    }
    let sync = alice.sync_since(&since).await?;
    ensure_eq!(ids(events(joined(&sync, &room), "timeline")), sent, "order of the timeline");
    Ok(())
}

/// Messages that come at the same moment are all there, each once.
async fn many_at_once(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let since = alice.now().await?;
    let jobs: Vec<_> = (0..16)
        .map(|number| {
            let (user, room) = (if number % 2 == 0 { alice.clone() } else { bob.clone() }, room.clone());
            tokio::spawn(async move { user.say(&room, &format!("burst {number}")).await })
        })
        .collect();
    let mut sent = Vec::new();
    for job in jobs {
        sent.push(job.await.map_err(|error| Failure::new(error.to_string()))??);
    }
    let filter = json!({ "room": { "timeline": { "limit": 50 } } });
    let sync = alice.sync_filtered(&filter, &format!("since={}", encode(since))).await?;
    let mut got = ids(events(joined(&sync, &room), "timeline"));
    got.sort_unstable();
    sent.sort();
    ensure_eq!(got, sent, "events of the sync");
    Ok(())
}
