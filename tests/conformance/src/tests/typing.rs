//! Typing notifications.

use super::membership::pair;
use super::prelude::*;

tests! { "typing":
    seen_by_others, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId}"];
    stops, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId}"];
    times_out, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId}"];
    several_users, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId}"];
    in_first_sync, "typing-notifications", ["GET v3/sync"];
    filtered_out, "filtering", ["GET v3/sync"];
    not_for_strangers, "typing-notifications", ["GET v3/sync"];
    not_member, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId} M_FORBIDDEN"];
    for_another_user, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId} M_FORBIDDEN"];
    without_typing, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId} 400"];
    bad_bodies, "typing-notifications", ["PUT v3/rooms/{roomId}/typing/{userId} 400"];
}

async fn set(user: &User, room: &str, body: Value) -> Result<Reply, Failure> {
    user.put(v3!("rooms/{}/typing/{}", room, user), body).await
}

/// Says that a user types, for half a minute.
async fn start(user: &User, room: &str) -> Outcome {
    set(user, room, json!({ "typing": true, "timeout": 30_000 })).await?.ok().map(drop)
}

/// Who types in a room according to the answer of a sync; none if it does not say.
fn typing(sync: &Value, room: &str) -> Option<Vec<String>> {
    let all = events(joined(sync, room), "ephemeral");
    let content = &all.iter().find(|event| event["type"] == "m.typing")?["content"];
    let users = content["user_ids"].as_array()?.iter().filter_map(Value::as_str);
    Some(users.map(str::to_owned).collect())
}

async fn seen_by_others(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let since = encode(alice.now().await?);
    // Without presence, which would answer the request before.
    let filter = encode(r#"{"presence":{"not_types":["*"]}}"#);
    let query = format!("timeout=30000&since={since}&filter={filter}");
    let (sync, put) = tokio::join!(alice.sync(&query), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        set(&bob, &room, json!({ "typing": true, "timeout": 30_000 })).await
    });
    ensure_eq!(put?.ok()?, json!({}), "answer");
    ensure_eq!(typing(&sync?, &room), Some(vec![bob.id.clone()]), "who types, in the answer that waited");
    Ok(())
}

/// "If false, the timeout key can be omitted."
async fn stops(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    start(&bob, &room).await?;
    let since = text(&alice.first_sync().await?, "next_batch")?;
    set(&bob, &room, json!({ "typing": false })).await?.ok()?;
    let sync = alice.sync_until(&since, |sync| typing(sync, &room).is_some()).await?;
    ensure_eq!(typing(&sync, &room), Some(Vec::new()), "nobody types");
    Ok(())
}

/// "This tells the server that the user is typing for the next N milliseconds".
async fn times_out(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    // On a busy machine a short time may be over before anybody hears of it.
    for timeout in [600, 4_000, 16_000] {
        let since = alice.now().await?;
        set(&bob, &room, json!({ "typing": true, "timeout": timeout })).await?.ok()?;
        let sync = alice.sync_until(&since, |sync| typing(sync, &room).is_some()).await?;
        if typing(&sync, &room) != Some(vec![bob.id.clone()]) {
            continue;
        }
        let next = text(&sync, "next_batch")?;
        let sync = alice.sync_until(&next, |sync| typing(sync, &room).is_some()).await?;
        ensure_eq!(typing(&sync, &room), Some(Vec::new()), "nobody types after the time");
        return Ok(());
    }
    Err(Failure::new("nobody is said to type"))
}

/// "it MUST use the user ID list to REPLACE its knowledge of every user who is currently typing": each list is whole.
async fn several_users(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    carol.join(&room).await?;
    start(&bob, &room).await?;
    let since = alice.now().await?;
    start(&carol, &room).await?;
    let sync = alice.sync_until(&since, |sync| typing(sync, &room).is_some()).await?;
    let mut got = typing(&sync, &room).unwrap_or_default();
    got.sort_unstable();
    let mut want = [bob.id.clone(), carol.id.clone()];
    want.sort_unstable();
    ensure_eq!(got, want, "who types");
    set(&bob, &room, json!({ "typing": false })).await?.ok()?;
    let next = text(&sync, "next_batch")?;
    let sync = alice.sync_until(&next, |sync| typing(sync, &room).is_some()).await?;
    ensure_eq!(typing(&sync, &room), Some(vec![carol.id.clone()]), "who types still");
    Ok(())
}

async fn in_first_sync(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    start(&bob, &room).await?;
    ensure_eq!(typing(&alice.first_sync().await?, &room), Some(vec![bob.id.clone()]), "who types");
    Ok(())
}

async fn filtered_out(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    start(&bob, &room).await?;
    let filter = json!({ "room": { "ephemeral": { "types": ["m.receipt"] } } });
    let sync = alice.sync_filtered(&filter, "").await?;
    ensure_eq!(typing(&sync, &room), None, "typing under a filter without it");
    Ok(())
}

/// "Typing notifications are scoped to a room."
async fn not_for_strangers(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let carol = server.user("carol").await?;
    let shared = alice.public_room().await?;
    for user in [&bob, &carol] {
        user.join(&shared).await?;
    }
    let since = carol.now().await?;
    start(&bob, &room).await?;
    // What comes after it is there, so it would be too.
    let later = alice.say(&shared, "later").await?;
    let sync = carol.sync_until(&since, |sync| has_event(sync, &shared, &later)).await?;
    ensure!(joined(&sync, &room).is_null(), "a room she is not in: {sync}");
    ensure_eq!(typing(&sync, &shared), None, "in a room where nobody types");
    Ok(())
}

async fn not_member(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let mallory = server.user("mallory").await?;
    set(&mallory, &room, json!({ "typing": true, "timeout": 30_000 })).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(typing(&alice.first_sync().await?, &room).unwrap_or_default(), Vec::<String>::new(), "who types");
    Ok(())
}

async fn for_another_user(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let body = json!({ "typing": true, "timeout": 30_000 });
    let path = v3!("rooms/{}/typing/{}", room, bob);
    let reply = alice.put(path, body).await?;
    ensure!(matches!(reply.status, 400 | 403), "status: {}", reply.brief());
    ensure_eq!(typing(&bob.first_sync().await?, &room).unwrap_or_default(), Vec::<String>::new(), "who types");
    Ok(())
}

/// `typing` is required.
async fn without_typing(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    set(&alice, &room, json!({ "timeout": 30_000 })).await?.refused(400).map(drop)
}

/// `typing` is a boolean, `timeout` an integer.
async fn bad_bodies(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let bodies = [json!([]), json!({ "typing": "yes" }), json!({ "typing": true, "timeout": "long" })];
    for body in bodies {
        set(&alice, &room, body).await?.refused(400)?;
    }
    Ok(())
}
