//! Events and transactions that are no JSON, or not the JSON of canonical JSON (CVE-2025-30355: one malformed event, and
//! nothing comes in any more).

use super::prelude::*;

tests! { "advisory_json":
    malformed_event_beside_a_good_one, "transactions", [];
    floats, "pdus", [];
    integers_out_of_range, "pdus", [];
    duplicate_keys, "pdus", [];
    deep, "pdus", [];
    deep_body, "transactions", [];
    too_large, "pdus", [];
    long_names, "pdus", [];
    no_json, "transactions", [];
    number_without_bounds, "transactions", [];
    not_utf8, "transactions", [];
    no_object, "transactions", [];
    numbers_as_text, "pdus", [];
    zero_bytes, "pdus", [];
}

/// A good event comes in beside others in the same transaction, and before and after.
async fn beside(stage: &Stage, pdus: Vec<Value>) -> Outcome {
    let room = stage.shared().await?;
    let good = stage.message(&room, "good")?;
    stage.keep(&room, &good);
    let all: Vec<Value> = pdus.into_iter().chain([good.pdu.clone()]).collect();
    let reply = stage.peer.try_transact(&all, &[]).await?;
    ensure_eq!(reply.status, 200, "a transaction with a malformed event: {}", reply.brief());
    stage.alice.receive(&room, &good.id).await?;
    stage.say(&room, "and on it goes").await.map(drop)
}

/// Of a room that the server under test has not heard of, and of one that it is in.
async fn malformed_event_beside_a_good_one(stage: Stage) -> Outcome {
    for room in [stage.hosted()?, stage.joined().await?] {
        beside(&stage, malformed(&stage, &room)?).await?;
    }
    Ok(())
}

/// Events of a room, each of them wrong in its own way.
fn malformed(stage: &Stage, room: &str) -> Result<Vec<Value>, Failure> {
    let event = stage.message(room, "x")?.pdu;
    let with = |name: &str, value: Value| {
        let mut event = event.clone();
        event[name] = value;
        event
    };
    Ok(vec![
        json!({}),
        json!({ "room_id": room }),
        with("sender", json!(1)),
        with("sender", json!("nobody")),
        with("room_id", json!("no room")),
        with("content", json!("text")),
        with("type", json!(null)),
        with("depth", json!("deep")),
        with("depth", json!(-1)),
        with("prev_events", json!({})),
        with("prev_events", json!([["$a", {}]])),
        with("auth_events", json!([1])),
        with("hashes", json!([])),
        with("signatures", json!("x")),
        with("origin_server_ts", json!("now")),
        with("unsigned", json!(7)),
        with("state_key", json!(7)),
    ])
}

/// An event with this content that gets in nowhere.
async fn never(stage: &Stage, contents: &[Value]) -> Outcome {
    let room = stage.shared().await?;
    let mut events = Vec::new();
    for content in contents {
        events.push(stage.event(&room, "m.room.message", None, content.clone())?);
    }
    // A server may refuse the whole request, for what is no canonical JSON cannot be signed.
    for event in &events {
        let reply = stage.peer.try_transact(std::slice::from_ref(&event.pdu), &[]).await?;
        ensure!(reply.status < 500, "an event was answered with {}: {}", reply.brief(), event.pdu);
    }
    stage.absent(&room, &events).await
}

async fn floats(stage: Stage) -> Outcome {
    never(&stage, &[json!({ "body": "x", "n": 1.5 }), json!({ "body": "x", "n": [{ "m": 1e-3 }] })]).await
}

async fn integers_out_of_range(stage: Stage) -> Outcome {
    let numbers = [json!(9_007_199_254_740_992_u64), json!(-9_007_199_254_740_992_i64), json!(u64::MAX)];
    never(&stage, &numbers.map(|number| json!({ "body": "x", "n": number }))).await
}

/// Sends a body that was changed as text after it was signed as JSON.
async fn send_text(stage: &Stage, body: &Value, text: String) -> Result<Reply, Failure> {
    let uri = fed!("v1/send/{}", nonce());
    let header = stage.peer.me.authorization("PUT", &uri, stage.peer.under_test(), Some(body));
    stage.peer.raw(Method::PUT, &uri, Some(text), &[header]).await
}

/// Two members of the same name: nobody can say which of them was signed. Whichever is taken, it is the same in the
/// check and in what clients read.
async fn duplicate_keys(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.message(&room, "last")?;
    let body = stage.peer.transaction_of(&[event.pdu.clone()], &[]);
    let text = body.to_string().replace("\"body\":\"last\"", "\"body\":\"first\",\"body\":\"last\"");
    let reply = send_text(&stage, &body, text).await?;
    ensure!(reply.status < 500, "a name twice: {}", reply.brief());
    stage.say(&room, "and on it goes").await?;
    let seen = stage.alice.get(v3!("rooms/{}/event/{}", room, event.id)).await?;
    ensure!(seen.json["content"]["body"] != "first", "what was not signed is shown: {}", seen.brief());
    Ok(())
}

/// Lists within lists as text.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

async fn deep(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.message(&room, "marker")?;
    let body = stage.peer.transaction_of(&[event.pdu.clone()], &[]);
    for depth in [200, 20_000] {
        let text = body.to_string().replace("\"marker\"", &nested(depth));
        let reply = send_text(&stage, &body, text).await?;
        ensure!(reply.status < 500, "{depth} lists within each other: {}", reply.brief());
    }
    stage.say(&room, "and on it goes").await.map(drop)
}

async fn deep_body(stage: Stage) -> Outcome {
    let body = stage.peer.transaction_of(&[], &[]);
    for text in [nested(100_000), format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000))] {
        let reply = send_text(&stage, &body, text).await?;
        ensure!((400..500).contains(&reply.status), "a deep body: {}", reply.brief());
    }
    stage.peer.try_transact(&[], &[]).await?.ok().map(drop)
}

/// "the complete event MUST NOT be larger than 65536 bytes".
async fn too_large(stage: Stage) -> Outcome {
    never(&stage, &[json!({ "body": "x".repeat(65_536), "msgtype": "m.text" })]).await
}

/// Sender, room id, type, state key and event id have at most 255 bytes.
async fn long_names(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let events = [
        stage.event(&room, &"t".repeat(256), None, json!({}))?,
        stage.event(&room, "org.example.state", Some(&"k".repeat(256)), json!({}))?,
    ];
    stage.refused(&room, &events).await
}

async fn no_json(stage: Stage) -> Outcome {
    let body = stage.peer.transaction_of(&[], &[]);
    let text = body.to_string();
    let broken = ["", "{", "NaN", "{\"pdus\":[NaN]}", "{\"pdus\":[Infinity]}", "{'pdus':[]}"];
    for text in broken.into_iter().map(str::to_owned).chain([text.replace('}', ",}"), format!("{text} {text}")]) {
        let reply = send_text(&stage, &body, text.clone()).await?;
        ensure!((400..500).contains(&reply.status), "{text:?} was answered with {}", reply.brief());
    }
    Ok(())
}

/// A number that JSON allows and canonical JSON does not, so that nobody can have signed it.
async fn number_without_bounds(stage: Stage) -> Outcome {
    let body = stage.peer.transaction_of(&[], &[]);
    let reply = send_text(&stage, &body, "{\"pdus\":[1e999]}".to_owned()).await?;
    ensure!((400..500).contains(&reply.status), "1e999 was answered with {}", reply.brief());
    Ok(())
}

/// Halves of characters, which have no encoding in UTF-8, and escapes that are none.
async fn not_utf8(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.message(&room, "marker")?;
    let body = stage.peer.transaction_of(&[event.pdu], &[]);
    for escape in ["\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\uD8\"", "\"\\x41\""] {
        let reply = send_text(&stage, &body, body.to_string().replace("\"marker\"", escape)).await?;
        ensure!(reply.status < 500, "{escape} was answered with {}", reply.brief());
    }
    stage.say(&room, "and on it goes").await.map(drop)
}

async fn no_object(stage: Stage) -> Outcome {
    for body in [json!([]), json!("x"), json!(7), json!(null), json!({ "pdus": {} }), json!({ "pdus": 7, "edus": 7 })] {
        let reply = stage.peer.put(fed!("v1/send/{}", nonce()), &body).await?;
        ensure!((400..500).contains(&reply.status), "{body} was answered with {}", reply.brief());
    }
    Ok(())
}

/// From version 10 on, power levels are integers.
async fn numbers_as_text(stage: Stage) -> Outcome {
    let room = stage.joined().await?;
    let mut content = stage.peer.room(&room)?.content("m.room.power_levels", "");
    content["ban"] = json!("50");
    let event = stage.event(&room, "m.room.power_levels", Some(""), content)?;
    stage.refused(&room, &[event]).await
}

/// Text with a zero in it, which some databases cannot keep.
async fn zero_bytes(stage: Stage) -> Outcome {
    let room = stage.shared().await?;
    let event = stage.event(&room, "m.room.message", None, json!({ "body": "a\u{0}b", "msgtype": "m.text" }))?;
    stage.keep(&room, &event);
    stage.peer.transact(&[event]).await?;
    stage.say(&room, "and on it goes").await.map(drop)
}
