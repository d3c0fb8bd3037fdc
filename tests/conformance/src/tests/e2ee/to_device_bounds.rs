//! To-device messages that are refused, and many of them.

use super::prelude::*;

tests! { "to_device_bounds":
    bad_bodies, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId} 400"];
    not_json, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId} M_NOT_JSON"];
    needs_token, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId} M_MISSING_TOKEN"];
    nothing_to_send, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    bad_user_ids, "send-to-device-messaging", [];
    very_many_devices, "send-to-device-messaging", [];
    very_many_devices_and_a_real_one, "send-to-device-messaging", [];
    two_thousand_devices, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    big_content, "send-to-device-messaging", [];
    far_too_big_content, "send-to-device-messaging", [];
    sent_at_once, "send-to-device-messaging", ["PUT v3/sendToDevice/{eventType}/{txnId}"];
    followed_while_sent, "send-to-device-messaging", ["GET v3/sync"];
}

async fn bad_bodies(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for body in [
        json!({}),
        json!({ "messages": [] }),
        json!({ "messages": "all" }),
        json!({ "messages": { &bob.id: "all" } }),
        json!({ "messages": { &bob.id: { &bob.device: "text" } } }),
    ] {
        alice.put(v3!("sendToDevice/org.example.note/{}", server.fresh("txn")), body).await?.refused(400)?;
    }
    ensure!(events(&bob.first_sync().await?, "to_device").is_empty(), "nothing may be delivered");
    Ok(())
}

async fn not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = v3!("sendToDevice/org.example.note/{}", server.fresh("txn"));
    server.raw(Method::PUT, &path, Some(&alice.token), "{").await?.error(400, "M_NOT_JSON").map(drop)
}

async fn needs_token(server: Server) -> Outcome {
    let path = v3!("sendToDevice/org.example.note/{}", server.fresh("txn"));
    server
        .call(Method::PUT, &path, None, Some(&json!({ "messages": {} })))
        .await?
        .error(401, "M_MISSING_TOKEN")
        .map(drop)
}

async fn nothing_to_send(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for messages in [json!({}), json!({ &bob.id: {} })] {
        ensure_eq!(alice.try_to_device("org.example.note", messages).await?.ok()?, json!({}), "answer");
    }
    Ok(())
}

/// Refused or passed over, but no fault of the server.
async fn bad_user_ids(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    for wrong in ["", "bob", "@", "@bob", "@:x", "!room:x"] {
        let reply = alice.try_to_device("org.example.note", json!({ wrong: { "*": {} } })).await?;
        ensure!(matches!(reply.status, 200 | 400), "answer for {wrong:?}: {}", reply.brief());
    }
    alice.note(&bob, 1).await?;
    ensure_eq!(events(&bob.first_sync().await?, "to_device").len(), 1, "messages afterwards");
    Ok(())
}

fn many(bob: &User, count: usize) -> Value {
    let devices: serde_json::Map<String, Value> =
        (0..count).map(|number| (format!("D{number}"), json!({ "number": number }))).collect();
    json!({ &bob.id: devices })
}

/// A hundred thousand devices that are not there: refused, or passed over as unknown ones are.
async fn very_many_devices(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let reply = alice.try_to_device("org.example.note", many(&bob, 100_000)).await?;
    ensure!(matches!(reply.status, 200 | 400 | 413), "answer: {}", reply.brief());
    alice.note(&bob, 1).await?;
    ensure_eq!(events(&bob.first_sync().await?, "to_device").len(), 1, "messages afterwards");
    Ok(())
}

/// If it is accepted, the one device that is there has its message.
async fn very_many_devices_and_a_real_one(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mut messages = many(&bob, 50_000);
    messages[&bob.id][&bob.device] = json!({ "number": 0 });
    let reply = alice.try_to_device("org.example.note", messages).await?;
    ensure!(matches!(reply.status, 200 | 400 | 413), "answer: {}", reply.brief());
    let got = events(&bob.first_sync().await?, "to_device").len();
    ensure_eq!(got, usize::from(reply.status == 200), "messages of the device that is there");
    Ok(())
}

/// As some clients send the key of a large room: one request, with a message of 1.6 KB for each of 2,000 devices.
async fn two_thousand_devices(server: Server) -> Outcome {
    let (alice, bob, carol) = (server.user("alice").await?, server.user("bob").await?, server.user("carol").await?);
    let other = bob.new_device().await?;
    let real = [&bob, &other, &carol];
    let mut messages = json!({});
    for number in 0..2_000 - real.len() {
        let user = if number % 2 == 0 { &bob } else { &carol };
        messages[&user.id][format!("D{number}")] = json!({ "ciphertext": "x".repeat(1_600) });
    }
    for (number, device) in real.into_iter().enumerate() {
        messages[&device.id][&device.device] = json!({ "ciphertext": "x".repeat(1_600), "number": number });
    }
    ensure_eq!(alice.try_to_device("org.example.note", messages).await?.ok()?, json!({}), "answer");
    for (number, device) in real.into_iter().enumerate() {
        let sync = device.first_sync().await?;
        let got = events(&sync, "to_device");
        ensure_eq!(got.len(), 1, "messages of device {number}");
        ensure_eq!(got[0]["content"]["number"], number, "which message");
    }
    Ok(())
}

/// Room keys of a big history come in messages of tens of kilobytes.
async fn big_content(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let content = json!({ "text": "x".repeat(40_000) });
    alice.try_to_device("org.example.note", json!({ &bob.id: { &bob.device: content } })).await?.ok()?;
    let sync = bob.first_sync().await?;
    ensure!(events(&sync, "to_device").first().is_some_and(|got| got["content"] == content), "the whole content");
    Ok(())
}

/// Refused whole, or delivered whole.
async fn far_too_big_content(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let content = json!({ "text": "x".repeat(3_000_000) });
    let reply = alice.try_to_device("org.example.note", json!({ &bob.id: { &bob.device: content } })).await?;
    ensure!(matches!(reply.status, 200 | 400 | 413), "answer: {}", reply.brief());
    ensure!(reply.status == 200 || reply.json["errcode"].is_string(), "a Matrix error: {}", reply.brief());
    let got = events(&bob.first_sync().await?, "to_device").len();
    ensure_eq!(got, usize::from(reply.status == 200), "messages");
    Ok(())
}

/// "A message is delivered exactly once to each client device."
async fn sent_at_once(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let since = bob.now().await?;
    let all = futures_util::future::join_all((0..50).map(|number| alice.note(&bob, number))).await;
    all.into_iter().collect::<Result<Vec<()>, _>>()?;
    let sync = bob.sync_since(&since).await?;
    let mut got: Vec<_> = events(&sync, "to_device").iter().filter_map(|e| e["content"]["number"].as_u64()).collect();
    got.sort_unstable();
    ensure_eq!(got, (0..50).collect::<Vec<_>>(), "messages, each once");
    Ok(())
}

/// A device that syncs all the while gets each message once and in order.
async fn followed_while_sent(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let mut since = bob.now().await?;
    let send = async {
        for number in 0..60 {
            alice.note(&bob, number).await?;
        }
        Ok::<_, Failure>(())
    };
    let follow = async {
        let mut got = Vec::new();
        while got.len() < 60 {
            let sync = bob.sync(&format!("timeout=2000&since={}", encode(&since))).await?;
            got.extend(events(&sync, "to_device").iter().filter_map(|event| event["content"]["number"].as_u64()));
            since = text(&sync, "next_batch")?;
        }
        let last = bob.sync_since(&since).await?;
        ensure!(events(&last, "to_device").is_empty(), "nothing is left: {}", last["to_device"]);
        Ok::<_, Failure>(got)
    };
    let (sent, got) = tokio::join!(send, follow);
    sent?;
    ensure_eq!(got?, (0..60).collect::<Vec<_>>(), "messages");
    Ok(())
}
