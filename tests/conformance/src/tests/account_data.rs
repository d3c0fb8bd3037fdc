//! Account data, global and of a room; tags; filters.

use super::prelude::*;

tests! { "account_data":
    global, "client-config",
        ["PUT v3/user/{userId}/account_data/{type}", "GET v3/user/{userId}/account_data/{type}"];
    overwrite, "client-config", ["PUT v3/user/{userId}/account_data/{type}"];
    missing, "client-config", ["GET v3/user/{userId}/account_data/{type} M_NOT_FOUND"];
    of_others, "client-config",
        ["PUT v3/user/{userId}/account_data/{type} M_FORBIDDEN",
         "GET v3/user/{userId}/account_data/{type} M_FORBIDDEN"];
    not_an_object, "client-config", ["PUT v3/user/{userId}/account_data/{type} M_BAD_JSON"];
    not_json, "client-config", ["PUT v3/user/{userId}/account_data/{type} M_NOT_JSON"];
    server_controlled, "client-config", ["PUT v3/user/{userId}/account_data/{type} 405"];
    floats_allowed, "client-config", ["PUT v3/user/{userId}/account_data/{type}"];
    of_room, "client-config",
        ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type}",
         "GET v3/user/{userId}/rooms/{roomId}/account_data/{type}"];
    of_room_missing, "client-config", ["GET v3/user/{userId}/rooms/{roomId}/account_data/{type} M_NOT_FOUND"];
    of_room_of_others, "client-config",
        ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type} M_FORBIDDEN",
         "GET v3/user/{userId}/rooms/{roomId}/account_data/{type} M_FORBIDDEN"];
    of_room_bad_room, "client-config",
        ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type} M_INVALID_PARAM",
         "GET v3/user/{userId}/rooms/{roomId}/account_data/{type} M_INVALID_PARAM"];
    of_room_not_an_object, "client-config",
        ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type} M_BAD_JSON",
         "PUT v3/user/{userId}/rooms/{roomId}/account_data/{type} M_NOT_JSON"];
    of_room_server_controlled, "client-config", ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type} 405"];
    comes_in_sync, "client-config", ["PUT v3/user/{userId}/account_data/{type}"];
    comes_in_sync_for_room, "client-config", ["PUT v3/user/{userId}/rooms/{roomId}/account_data/{type}"];
    tags, "room-tagging",
        ["PUT v3/user/{userId}/rooms/{roomId}/tags/{tag}", "GET v3/user/{userId}/rooms/{roomId}/tags",
         "DELETE v3/user/{userId}/rooms/{roomId}/tags/{tag}"];
    tags_come_in_sync, "room-tagging", ["PUT v3/user/{userId}/rooms/{roomId}/tags/{tag}"];
    tags_of_others, "room-tagging",
        ["PUT v3/user/{userId}/rooms/{roomId}/tags/{tag} M_FORBIDDEN",
         "GET v3/user/{userId}/rooms/{roomId}/tags M_FORBIDDEN",
         "DELETE v3/user/{userId}/rooms/{roomId}/tags/{tag} M_FORBIDDEN"];
    tag_unusual_names, "room-tagging", ["PUT v3/user/{userId}/rooms/{roomId}/tags/{tag}"];
    filter, "filtering", ["POST v3/user/{userId}/filter", "GET v3/user/{userId}/filter/{filterId}"];
    filter_unknown, "filtering", ["GET v3/user/{userId}/filter/{filterId} M_NOT_FOUND"];
    filter_of_others, "filtering",
        ["POST v3/user/{userId}/filter M_FORBIDDEN", "GET v3/user/{userId}/filter/{filterId} M_FORBIDDEN"];
    filter_malformed, "filtering", ["POST v3/user/{userId}/filter 400"];
}

fn global_path(user: &User) -> String {
    v3!("user/{}/account_data/org.example.data", user)
}

fn room_path(user: &User, room: &str) -> String {
    v3!("user/{}/rooms/{}/account_data/org.example.data", user, room)
}

async fn global(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let data = json!({ "a": { "b": [1, null, "ü"] } });
    ensure_eq!(alice.put(global_path(&alice), data.clone()).await?.ok()?, json!({}), "answer");
    ensure_eq!(alice.get(global_path(&alice)).await?.ok()?, data, "account data");
    ensure_eq!(alice.new_device().await?.get(global_path(&alice)).await?.ok()?, data, "on another device");
    Ok(())
}

async fn overwrite(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.put(global_path(&alice), json!({ "old": 1 })).await?.ok()?;
    alice.put(global_path(&alice), json!({ "new": 2 })).await?.ok()?;
    ensure_eq!(alice.get(global_path(&alice)).await?.ok()?, json!({ "new": 2 }), "replaced, not merged");
    Ok(())
}

async fn missing(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(global_path(&alice)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    alice.put(global_path(&alice), json!({ "private": 1 })).await?.ok()?;
    bob.get(global_path(&alice)).await?.error(403, "M_FORBIDDEN")?;
    bob.put(global_path(&alice), json!({ "forged": 1 })).await?.error(403, "M_FORBIDDEN")?;
    ensure_eq!(alice.get(global_path(&alice)).await?.ok()?, json!({ "private": 1 }), "account data");
    Ok(())
}

async fn not_an_object(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for body in [json!([1]), json!("text"), json!(5)] {
        alice.put(global_path(&alice), body).await?.error(400, "M_BAD_JSON")?;
    }
    Ok(())
}

async fn not_json(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = global_path(&alice);
    server.raw(Method::PUT, &path, Some(&alice.token), "{oops").await?.error(400, "M_NOT_JSON").map(drop)
}

/// 405 "This type of account data is controlled by the server; it cannot be modified by clients. Errcode: M_BAD_JSON."
async fn server_controlled(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for kind in ["m.fully_read", "m.push_rules"] {
        let path = v3!("user/{}/account_data/{}", alice, kind);
        alice.put(path, json!({})).await?.error(405, "M_BAD_JSON")?;
    }
    Ok(())
}

/// Account data is no event of a room: the numbers of JSON are free.
async fn floats_allowed(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.put(global_path(&alice), json!({ "order": 0.25 })).await?.ok()?;
    ensure_eq!(alice.get(global_path(&alice)).await?.ok()?["order"].as_f64(), Some(0.25), "a fraction");
    Ok(())
}

async fn of_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (room, other) = (alice.private_room().await?, alice.private_room().await?);
    alice.put(room_path(&alice, &room), json!({ "x": 1 })).await?.ok()?;
    ensure_eq!(alice.get(room_path(&alice, &room)).await?.ok()?, json!({ "x": 1 }), "account data of the room");
    alice.get(room_path(&alice, &other)).await?.error(404, "M_NOT_FOUND")?;
    alice.get(global_path(&alice)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn of_room_missing(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    alice.get(room_path(&alice, &room)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn of_room_of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    bob.get(room_path(&alice, &room)).await?.error(403, "M_FORBIDDEN")?;
    bob.put(room_path(&alice, &room), json!({})).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn of_room_bad_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = room_path(&alice, "no-room-id");
    alice.put(&path, json!({})).await?.error(400, "M_INVALID_PARAM")?;
    alice.get(&path).await?.error(400, "M_INVALID_PARAM").map(drop)
}

async fn of_room_not_an_object(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let path = room_path(&alice, &alice.private_room().await?);
    alice.put(&path, json!([])).await?.error(400, "M_BAD_JSON")?;
    server.raw(Method::PUT, &path, Some(&alice.token), "{").await?.error(400, "M_NOT_JSON").map(drop)
}

async fn of_room_server_controlled(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let path = v3!("user/{}/rooms/{}/account_data/m.fully_read", alice, room);
    alice.put(path, json!({})).await?.error(405, "M_BAD_JSON").map(drop)
}

async fn comes_in_sync(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let (since, his) = (alice.now().await?, bob.now().await?);
    alice.put(global_path(&alice), json!({ "x": 1 })).await?.ok()?;
    let sync = alice.sync_since(&since).await?;
    let got = events(&sync, "account_data");
    ensure_eq!(got, [json!({ "type": "org.example.data", "content": { "x": 1 } })], "account data of the sync");
    let sync = bob.sync_since(&his).await?;
    ensure!(events(&sync, "account_data").is_empty(), "it is private: {sync}");
    Ok(())
}

async fn comes_in_sync_for_room(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    alice.put(room_path(&alice, &room), json!({ "x": 1 })).await?.ok()?;
    let sync = alice.sync_since(&since).await?;
    let got = events(joined(&sync, &room), "account_data");
    ensure_eq!(got, [json!({ "type": "org.example.data", "content": { "x": 1 } })], "account data of the room");
    ensure!(events(&sync, "account_data").is_empty(), "it is not global: {sync}");
    Ok(())
}

fn tag_path(user: &User, room: &str, tag: &str) -> String {
    v3!("user/{}/rooms/{}/tags/{}", user, room, tag)
}

async fn all_tags(user: &User, room: &str) -> Result<Value, Failure> {
    Ok(user.get(v3!("user/{}/rooms/{}/tags", user, room)).await?.ok()?["tags"].clone())
}

async fn tags(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    ensure_eq!(all_tags(&alice, &room).await?, json!({}), "tags of a new room");
    alice.put(tag_path(&alice, &room, "m.favourite"), json!({ "order": 0.25 })).await?.ok()?;
    alice.put(tag_path(&alice, &room, "u.work"), json!({})).await?.ok()?;
    let want = json!({ "m.favourite": { "order": 0.25 }, "u.work": {} });
    ensure_eq!(all_tags(&alice, &room).await?, want, "tags");
    alice.delete(tag_path(&alice, &room, "m.favourite")).await?.ok()?;
    ensure_eq!(all_tags(&alice, &room).await?, json!({ "u.work": {} }), "tags after removing one");
    Ok(())
}

/// "The tags on a room are received as single m.tag event in the account_data section of a room."
async fn tags_come_in_sync(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = alice.now().await?;
    alice.put(tag_path(&alice, &room, "u.one"), json!({ "order": 0.5 })).await?.ok()?;
    alice.put(tag_path(&alice, &room, "u.two"), json!({})).await?.ok()?;
    let want = json!({ "type": "m.tag", "content": { "tags": { "u.one": { "order": 0.5 }, "u.two": {} } } });
    for sync in [alice.sync_since(&since).await?, alice.first_sync().await?] {
        ensure_eq!(events(joined(&sync, &room), "account_data"), [want.clone()], "m.tag");
    }
    Ok(())
}

async fn tags_of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    bob.get(v3!("user/{}/rooms/{}/tags", alice, room)).await?.error(403, "M_FORBIDDEN")?;
    bob.put(tag_path(&alice, &room, "u.x"), json!({})).await?.error(403, "M_FORBIDDEN")?;
    bob.delete(tag_path(&alice, &room, "u.x")).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn tag_unusual_names(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for tag in ["u.with/slash", "u.with space", "u.日本", "plain"] {
        alice.put(tag_path(&alice, &room, tag), json!({})).await?.ok()?;
        ensure!(all_tags(&alice, &room).await?.get(tag).is_some(), "tag {tag:?} is not there");
        alice.delete(tag_path(&alice, &room, tag)).await?.ok()?;
    }
    ensure_eq!(all_tags(&alice, &room).await?, json!({}), "tags at the end");
    Ok(())
}

async fn filter(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let filter = json!({
        "event_fields": ["type", "content"], "event_format": "client",
        "room": { "timeline": { "limit": 10, "types": ["m.room.message"] }, "rooms": ["!a:b"] },
    });
    let id = text(&alice.post(v3!("user/{}/filter", alice), filter.clone()).await?.ok()?, "filter_id")?;
    // "Cannot start with a { as this character is used to determine if the filter provided is inline JSON".
    ensure!(!id.starts_with('{'), "filter id {id}");
    let answer = alice.get(v3!("user/{}/filter/{}", alice, id)).await?.ok()?;
    ensure_eq!(answer["room"]["timeline"], filter["room"]["timeline"], "timeline of the stored filter");
    ensure_eq!(answer["room"]["rooms"], filter["room"]["rooms"], "rooms of the stored filter");
    ensure_eq!(answer["event_fields"], filter["event_fields"], "event_fields of the stored filter");
    Ok(())
}

async fn filter_unknown(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    alice.get(v3!("user/{}/filter/987654321", alice)).await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn filter_of_others(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    bob.post(v3!("user/{}/filter", alice), json!({})).await?.error(403, "M_FORBIDDEN")?;
    let id = text(&alice.post(v3!("user/{}/filter", alice), json!({})).await?.ok()?, "filter_id")?;
    bob.get(v3!("user/{}/filter/{}", alice, id)).await?.error(403, "M_FORBIDDEN").map(drop)
}

async fn filter_malformed(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    for filter in [json!({ "room": { "timeline": { "limit": "ten" } } }), json!({ "room": [] }), json!([])] {
        alice.post(v3!("user/{}/filter", alice), filter).await?.refused(400)?;
    }
    Ok(())
}
