//! What comes along with the events found: groups, context, state.

use super::ask::word;
use super::prelude::*;

tests! { "search_surroundings":
    group_by_room, "groups", ["POST v3/search"];
    group_by_sender, "groups", ["POST v3/search"];
    group_by_sender_recent, "groups", ["POST v3/search"];
    group_order, "groups", ["POST v3/search"];
    no_groups, "groups", ["POST v3/search"];
    context, "server-side-search", ["POST v3/search"];
    context_limits, "server-side-search", ["POST v3/search"];
    no_context, "server-side-search", ["POST v3/search"];
    profiles, "server-side-search", ["POST v3/search"];
    state, "server-side-search", ["POST v3/search"];
}

/// "the response will contain a group entry for each distinct value of `room_id`"
async fn group_by_room(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let (one, two) = (alice.private_room().await?, alice.private_room().await?);
    let (first, second) = (alice.say(&one, &word).await?, alice.say(&two, &word).await?);
    let criteria = json!({ "search_term": word, "groupings": { "group_by": [{ "key": "room_id" }] } });
    let answer = alice.finds(criteria, &[&first, &second]).await?;
    let groups = &answer["groups"]["room_id"];
    ensure_eq!(groups.as_object().map(|groups| groups.len()), Some(2), "number of groups");
    for (room, event) in [(&one, &first), (&two, &second)] {
        ensure_eq!(groups[room]["results"], json!([event]), "results of the group");
    }
    Ok(())
}

/// "Key that can be used to order different groups", an integer.
async fn group_order(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &word).await?;
    let criteria = json!({ "search_term": word, "groupings": { "group_by": [{ "key": "room_id" }] } });
    let answer = alice.finds(criteria, &[&event]).await?;
    let order = &answer["groups"]["room_id"][&room]["order"];
    ensure!(order.is_null() || order.is_i64(), "order: {order}");
    Ok(())
}

/// Which groups there are does not hang on the order of the results.
async fn group_by_sender(server: Server) -> Outcome {
    group_by_sender_in("rank", server).await
}

async fn group_by_sender_recent(server: Server) -> Outcome {
    group_by_sender_in("recent", server).await
}

async fn group_by_sender_in(order: &str, server: Server) -> Outcome {
    let (alice, bob, word) = (server.user("alice").await?, server.user("bob").await?, word(&server));
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let (first, second) = (alice.say(&room, &word).await?, bob.say(&room, &word).await?);
    let keys = json!([{ "key": "sender" }, { "key": "room_id" }]);
    let criteria = json!({ "search_term": word, "order_by": order, "groupings": { "group_by": keys } });
    let groups = alice.finds(criteria, &[&first, &second]).await?["groups"].clone();
    ensure_eq!(groups["sender"][&alice.id]["results"], json!([first]), "alice's group");
    ensure_eq!(groups["sender"][&bob.id]["results"], json!([second]), "bob's group");
    ensure_eq!(groups["room_id"][&room]["results"].as_array().map(Vec::len), Some(2), "results in the room's group");
    Ok(())
}

async fn no_groups(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &word).await?;
    let answer = alice.finds(json!({ "search_term": word }), &[&event]).await?;
    let groups = &answer["groups"];
    ensure!(groups.is_null() || *groups == json!({}), "nobody asked for groups: {groups}");
    Ok(())
}

/// A room with seven messages before and after the one that has the word.
async fn long_room(user: &User) -> Result<(String, String, Vec<String>), Failure> {
    let (word, room) = (word(&user.server), user.private_room().await?);
    let mut events = Vec::new();
    for number in 0..15 {
        let body = if number == 7 { format!("the {word}") } else { format!("number {number}") };
        events.push(user.say(&room, &body).await?);
    }
    Ok((word, room, events))
}

/// "How many events before the result are returned. By default, this is `5`." Events before come newest first, as they
/// do with `/context`.
async fn context(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (word, room, events) = long_room(&alice).await?;
    let answer = alice.finds(json!({ "search_term": word, "event_context": {} }), &[&events[7]]).await?;
    let context = &answer["results"][0]["context"];
    let list = |key: &str| context[key].as_array().cloned().unwrap_or_default();
    let (before, after) = (list("events_before"), list("events_after"));
    ensure_eq!(ids(&before), events[2..7].iter().rev().collect::<Vec<_>>(), "events before");
    ensure_eq!(ids(&after), events[8..13].iter().collect::<Vec<_>>(), "events after");
    let older = format!("{}?dir=b&limit=1&from={}", v3!("rooms/{}/messages", room), encode(text(context, "start")?));
    let chunk = alice.get(older).await?.ok()?["chunk"].as_array().cloned().unwrap_or_default();
    ensure_eq!(ids(&chunk), [events[1].as_str()], "`start` leads to what came before");
    let newer = format!("{}?dir=f&limit=1&from={}", v3!("rooms/{}/messages", room), encode(text(context, "end")?));
    let chunk = alice.get(newer).await?.ok()?["chunk"].as_array().cloned().unwrap_or_default();
    ensure_eq!(ids(&chunk), [events[13].as_str()], "`end` leads to what came after");
    Ok(())
}

async fn context_limits(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let (word, _, events) = long_room(&alice).await?;
    for (before, after) in [(1, 2), (0, 0), (1_000_000, 1_000_000)] {
        let limits = json!({ "before_limit": before, "after_limit": after });
        let answer = alice.finds(json!({ "search_term": word, "event_context": limits }), &[&events[7]]).await?;
        let length = |key: &str| answer["results"][0]["context"][key].as_array().map_or(0, Vec::len);
        let got = (length("events_before"), length("events_after"));
        ensure!(before > 9 || got == (before, after), "limits {before} and {after} gave {got:?}");
    }
    Ok(())
}

async fn no_context(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let room = alice.private_room().await?;
    let event = alice.say(&room, &word).await?;
    let answer = alice.finds(json!({ "search_term": word }), &[&event]).await?;
    let context = &answer["results"][0]["context"];
    ensure!(context.is_null() || *context == json!({}), "\"if requested\": {context}");
    Ok(())
}

/// "the historic profile information of the users that sent the events returned"
async fn profiles(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    alice.put(v3!("profile/{}/displayname", alice), json!({ "displayname": "Alice Then" })).await?.ok()?;
    let room = alice.private_room().await?;
    let event = alice.say(&room, &word).await?;
    let criteria = json!({ "search_term": word, "event_context": { "include_profile": true } });
    let answer = alice.finds(criteria, &[&event]).await?;
    let profile = &answer["results"][0]["context"]["profile_info"][&alice.id];
    ensure_eq!(profile["displayname"], "Alice Then", "display name");
    Ok(())
}

/// "The current state for every room in the results."
async fn state(server: Server) -> Outcome {
    let (alice, word) = (server.user("alice").await?, word(&server));
    let (room, other) = (alice.private_room().await?, alice.private_room().await?);
    let event = alice.say(&room, &word).await?;
    alice.say(&other, "something else").await?;
    let answer = alice.finds(json!({ "search_term": word, "include_state": true }), &[&event]).await?;
    let state = answer["state"][&room].as_array().cloned().unwrap_or_default();
    ensure!(find(&state, "m.room.create", "").is_some(), "the room's state: {}", answer["state"]);
    ensure!(find(&state, "m.room.member", &alice.id).is_some(), "the member in the state");
    ensure!(answer["state"][&other].is_null(), "state of a room without results");
    Ok(())
}
