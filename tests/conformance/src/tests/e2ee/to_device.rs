//! To-device messages: sent to devices, and delivered exactly once.

use super::prelude::*;

tests! { "to_device":
    delivered, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}", "GET v3/sync"];
    acknowledged_by_the_next_token, "send-to-device-messaging", ["GET v3/sync"];
    in_order, "send-to-device-messaging", ["GET v3/sync"];
    hundred_at_a_time, "send-to-device-messaging", ["GET v3/sync"];
    in_an_initial_sync, "send-to-device-messaging", ["GET v3/sync"];
    all_devices, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    only_the_named_device, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    several_users, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    own_devices, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    same_transaction, "transaction-identifiers", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    same_transaction_of_other_device, "transaction-identifiers", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    new_device_gets_none_from_before, "send-to-device-messaging", ["GET v3/sync"];
    wakes_a_sync, "send-to-device-messaging", ["GET v3/sync"];
    beside_a_filter, "send-to-device-messaging", ["GET v3/sync"];
}

/// The numbers of the notes in an answer.
fn numbers(sync: &Value) -> Vec<u64> {
    events(sync, "to_device").iter().filter_map(|event| event["content"]["number"].as_u64()).collect()
}

async fn delivered(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let since = bob.now().await?;
    let content = json!({ "text": "ü", "deep": [1, { "er": null }] });
    let reply = alice.try_to_device("org.example.kind", json!({ &bob.id: { &bob.device: content } })).await?;
    ensure_eq!(reply.ok()?, json!({}), "answer");
    let sync = bob.sync_since(&since).await?;
    let got = events(&sync, "to_device");
    ensure_eq!(got.len(), 1, "messages");
    ensure_eq!(got[0]["type"], "org.example.kind", "type");
    ensure_eq!(got[0]["sender"], alice.id.as_str(), "sender");
    ensure_eq!(got[0]["content"], content, "content");
    Ok(())
}

/// "When the client calls `/sync` again with the `next_batch` token from the first response, the server should infer
/// that any send-to-device messages in that response have been delivered successfully, and delete them".
async fn acknowledged_by_the_next_token(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let since = bob.now().await?;
    alice.note(&bob, 1).await?;
    let mut first = Value::Null;
    for _ in 0..3 {
        first = bob.sync_since(&since).await?;
        ensure_eq!(numbers(&first), [1], "messages, as long as they are not acknowledged");
    }
    let second = bob.sync_since(&text(&first, "next_batch")?).await?;
    ensure_eq!(numbers(&second), [0u64; 0], "messages after the acknowledgement");
    ensure_eq!(numbers(&bob.sync_since(&since).await?), [0u64; 0], "messages for the old token: they are deleted");
    Ok(())
}

async fn in_order(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let since = bob.now().await?;
    for number in 0..20 {
        alice.note(&bob, number).await?;
    }
    ensure_eq!(numbers(&bob.sync_since(&since).await?), (0..20).collect::<Vec<_>>(), "messages in order of arrival");
    Ok(())
}

/// "100 messages is recommended as a reasonable limit."
async fn hundred_at_a_time(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mut since = bob.now().await?;
    for number in 0..230 {
        alice.note(&bob, number).await?;
    }
    for want in [0..100, 100..200, 200..230, 230..230] {
        let sync = bob.sync_since(&since).await?;
        ensure_eq!(numbers(&sync), want.collect::<Vec<_>>(), "messages of one answer");
        since = text(&sync, "next_batch")?;
    }
    Ok(())
}

async fn in_an_initial_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    alice.note(&bob, 1).await?;
    let first = bob.first_sync().await?;
    ensure_eq!(numbers(&first), [1], "messages of the initial sync");
    ensure_eq!(numbers(&bob.sync_since(&text(&first, "next_batch")?).await?), [0u64; 0], "messages afterwards");
    Ok(())
}

/// "The device ID may also be `*`, meaning all known devices for the user."
async fn all_devices(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let other = bob.new_device().await?;
    alice.try_to_device("org.example.note", json!({ &bob.id: { "*": { "number": 7 } } })).await?.ok()?;
    for device in [&bob, &other] {
        ensure_eq!(numbers(&device.first_sync().await?), [7], "messages of {}", device.device);
    }
    Ok(())
}

async fn only_the_named_device(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let other = bob.new_device().await?;
    let messages = json!({ &bob.id: { &bob.device: { "number": 1 }, "NOSUCH": { "number": 2 } } });
    alice.try_to_device("org.example.note", messages).await?.ok()?;
    ensure_eq!(numbers(&bob.first_sync().await?), [1], "messages of the named device");
    ensure_eq!(numbers(&other.first_sync().await?), [0u64; 0], "messages of the other device");
    Ok(())
}

async fn several_users(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let nobody = format!("@{}:{}", server.fresh("nobody"), server.name());
    let messages = json!({
        &bob.id: { &bob.device: { "number": 1 } },
        &carol.id: { "*": { "number": 2 } },
        &nobody: { "*": { "number": 3 }, "X": { "number": 4 } },
    });
    alice.try_to_device("org.example.note", messages).await?.ok()?;
    ensure_eq!(numbers(&bob.first_sync().await?), [1], "messages of the first");
    ensure_eq!(numbers(&carol.first_sync().await?), [2], "messages of the second");
    Ok(())
}

async fn own_devices(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let other = alice.new_device().await?;
    alice.note(&other, 1).await?;
    alice.note(&alice, 2).await?;
    ensure_eq!(numbers(&other.first_sync().await?), [1], "messages of one's other device");
    ensure_eq!(numbers(&alice.first_sync().await?), [2], "messages to oneself");
    Ok(())
}

/// The transaction id is there "to ensure idempotency of requests".
async fn same_transaction(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let path = v3!("sendToDevice/org.example.note/{}", server.fresh("txn"));
    for number in 1..4 {
        let body = json!({ "messages": { &bob.id: { &bob.device: { "number": number } } } });
        ensure_eq!(alice.put(&path, body).await?.ok()?, json!({}), "answer");
    }
    ensure_eq!(numbers(&bob.first_sync().await?), [1], "messages");
    Ok(())
}

/// A transaction id is unique only to a device.
async fn same_transaction_of_other_device(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let other = alice.new_device().await?;
    let path = v3!("sendToDevice/org.example.note/{}", server.fresh("txn"));
    for (device, number) in [(&alice, 1), (&other, 2)] {
        device.put(&path, json!({ "messages": { &bob.id: { &bob.device: { "number": number } } } })).await?.ok()?;
    }
    ensure_eq!(numbers(&bob.first_sync().await?), [1, 2], "messages");
    Ok(())
}

async fn new_device_gets_none_from_before(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    alice.try_to_device("org.example.note", json!({ &bob.id: { "*": { "number": 1 } } })).await?.ok()?;
    let later = bob.new_device().await?;
    ensure_eq!(numbers(&later.first_sync().await?), [0u64; 0], "messages of a device that came later");
    Ok(())
}

async fn wakes_a_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let query = format!("timeout=50000&since={}", encode(bob.now().await?));
    let started = std::time::Instant::now();
    let (sync, sent) = tokio::join!(bob.sync(&query), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        alice.note(&bob, 1).await
    });
    sent?;
    ensure_eq!(numbers(&sync?), [1], "messages");
    ensure!(started.elapsed() < std::time::Duration::from_secs(30), "it comes at once: {:?}", started.elapsed());
    Ok(())
}

/// Filters are about rooms, presence and account data; messages to the device pass them all.
async fn beside_a_filter(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    alice.note(&bob, 1).await?;
    let filter = json!({ "room": { "rooms": [] }, "account_data": { "types": [] }, "presence": { "types": [] } });
    ensure_eq!(numbers(&bob.sync_filtered(&filter, "").await?), [1], "messages");
    Ok(())
}
