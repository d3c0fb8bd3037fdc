//! `state_after`: the state at the end of the timeline, under its stable name and under the one that clients in use
//! (matrix-js-sdk) know, that of MSC4222. The answer bears the name that was asked for.

use super::prelude::*;

tests! { "sync_state_after":
    initial, "syncing", ["GET v3/sync"];
    incremental, "syncing", ["GET v3/sync"];
    empty, "syncing", ["GET v3/sync"];
    in_gap, "syncing", ["GET v3/sync"];
    left_room, "syncing", ["GET v3/sync"];
    unstable_initial, "syncing", [];
    unstable_incremental, "syncing", [];
    unstable_empty, "syncing", [];
    unstable_in_gap, "syncing", [];
    unstable_left_room, "syncing", [];
    not_asked_for, "syncing", ["GET v3/sync"];
}

/// The name of the query parameter, and of the section of the answer.
#[derive(Clone, Copy)]
struct Names {
    query: &'static str,
    answer: &'static str,
}

const STABLE: Names = Names { query: "use_state_after", answer: "state_after" };
const UNSTABLE: Names = Names { query: "org.matrix.msc4222.use_state_after", answer: "org.matrix.msc4222.state_after" };

/// A filter for timelines of two events, percent-encoded.
const TWO: &str = "%7B%22room%22%3A%7B%22timeline%22%3A%7B%22limit%22%3A2%7D%7D%7D";

fn content<'a>(events: &'a [Value], kind: &str, key: &str) -> &'a Value {
    find(events, kind, key).map_or(&Value::Null, |event| &event["content"])
}

async fn initial(server: Server) -> Outcome {
    check_initial(server, STABLE).await
}

async fn unstable_initial(server: Server) -> Outcome {
    check_initial(server, UNSTABLE).await
}

async fn incremental(server: Server) -> Outcome {
    check_incremental(server, STABLE).await
}

async fn unstable_incremental(server: Server) -> Outcome {
    check_incremental(server, UNSTABLE).await
}

async fn empty(server: Server) -> Outcome {
    check_empty(server, STABLE).await
}

async fn unstable_empty(server: Server) -> Outcome {
    check_empty(server, UNSTABLE).await
}

async fn in_gap(server: Server) -> Outcome {
    check_in_gap(server, STABLE).await
}

async fn unstable_in_gap(server: Server) -> Outcome {
    check_in_gap(server, UNSTABLE).await
}

async fn left_room(server: Server) -> Outcome {
    check_left_room(server, STABLE).await
}

async fn unstable_left_room(server: Server) -> Outcome {
    check_left_room(server, UNSTABLE).await
}

/// "servers MUST respond with the state between the previous sync and the end of the timeline in state_after and MUST
/// omit state."
async fn check_initial(server: Server, names: Names) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "old" })).await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "new" })).await?;
    let sync = alice.sync(&format!("timeout=0&{}=true", names.query)).await?;
    let mine = joined(&sync, &room);
    ensure!(mine.get("state").is_none(), "state must be omitted: {mine}");
    let after = events(mine, names.answer);
    ensure_eq!(content(after, "m.room.name", "")["name"], "new", "name at the end of the timeline");
    ensure!(find(after, "m.room.create", "").is_some(), "the whole state: {after:?}");
    ensure!(find(after, "m.room.member", &alice.id).is_some(), "members too: {after:?}");
    Ok(())
}

async fn check_incremental(server: Server, names: Names) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "old" })).await?;
    let since = encode(alice.now().await?);
    let event = alice.set_state(&room, "m.room.name", "", json!({ "name": "new" })).await?;
    let sync = alice.sync(&format!("timeout=0&{}=true&since={since}", names.query)).await?;
    let mine = joined(&sync, &room);
    ensure_eq!(ids(events(mine, "timeline")), [event.as_str()], "timeline");
    ensure_eq!(ids(events(mine, names.answer)), [event.as_str()], "state at the end of the timeline");
    ensure!(mine.get("state").is_none(), "state must be omitted: {mine}");
    Ok(())
}

/// "Required if use_state_after was set to true in the request, even if it is empty."
async fn check_empty(server: Server, names: Names) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    let since = encode(alice.now().await?);
    alice.say(&room, "no state").await?;
    let sync = alice.sync(&format!("timeout=0&{}=true&since={since}", names.query)).await?;
    let mine = joined(&sync, &room);
    ensure_eq!(mine[names.answer]["events"], json!([]), "state_after without a change of state");
    ensure!(mine.get("state").is_none(), "state must be omitted: {mine}");
    Ok(())
}

async fn check_in_gap(server: Server, names: Names) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.create_room(json!({ "name": "before", "topic": "same" })).await?;
    let since = alice.now().await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "gap" })).await?;
    alice.say(&room, "1").await?;
    alice.say(&room, "2").await?;
    alice.set_state(&room, "m.room.name", "", json!({ "name": "timeline" })).await?;
    let sync = alice.sync(&format!("timeout=0&{}=true&since={}&filter={TWO}", names.query, encode(since))).await?;
    let after = events(joined(&sync, &room), names.answer);
    ensure_eq!(content(after, "m.room.name", "")["name"], "timeline", "name at the end of the timeline");
    ensure_eq!(after.len(), 1, "one event for each key that changed: {after:?}");
    Ok(())
}

async fn check_left_room(server: Server, names: Names) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    bob.join(&room).await?;
    let since = encode(bob.now().await?);
    bob.leave(&room).await?;
    let sync = bob.sync(&format!("timeout=0&{}=true&since={since}", names.query)).await?;
    let left = &sync["rooms"]["leave"][&room];
    ensure!(left.get("state").is_none(), "state must be omitted: {left}");
    let own = content(events(left, names.answer), "m.room.member", &bob.id);
    ensure_eq!(own["membership"], "leave", "own membership at the end of the timeline");
    Ok(())
}

/// "If false, servers ... MUST omit state_after."
async fn not_asked_for(server: Server) -> Outcome {
    let alice = server.user("alice").await?;
    let room = alice.private_room().await?;
    for query in ["timeout=0", "timeout=0&use_state_after=false"] {
        let sync = alice.sync(query).await?;
        let mine = joined(&sync, &room);
        ensure!(mine.is_object() && mine.get("state_after").is_none(), "{query}: state_after must be omitted: {mine}");
    }
    Ok(())
}
