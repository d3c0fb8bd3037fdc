//! `GET /threads`: the thread roots of a room.

use super::super::membership::pair;
use super::prelude::*;
use super::{chunk, edit, ignore, thread};

tests! { "thread_list":
    by_latest_event, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    no_threads, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    participated, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    pages, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    bundles, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    redacted_thread, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    root_of_ignored_user, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    only_ignored_in_it, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads"];
    not_member, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads 403"];
    zero_limit, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads 400"];
    bad_parameters, "querying-threads-in-a-room", ["GET v1/rooms/{roomId}/threads 400"];
}

async fn threads(user: &User, room: &str, query: &str) -> Result<Value, Failure> {
    user.get(format!("{}?{query}", v1!("rooms/{}/threads", room))).await?.ok()
}

/// A room with three threads of alice; bob wrote in the first.
async fn busy(server: &Server) -> Result<(User, User, String, [String; 3]), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let mut roots = [alice.say(&room, "a").await?, alice.say(&room, "b").await?, alice.say(&room, "c").await?];
    for root in &roots {
        thread(&alice, &room, root).await?;
    }
    if let Some(first) = roots.first() {
        thread(&bob, &room, first).await?;
    }
    // The order of the list: by the latest event of each, newest first.
    roots.reverse();
    roots.rotate_right(1);
    Ok((alice, bob, room, roots))
}

/// "The thread roots, ordered by the latest_event in each event's aggregated children."
async fn by_latest_event(server: Server) -> Outcome {
    let (alice, bob, room, roots) = busy(&server).await?;
    for user in [&alice, &bob] {
        for query in ["", "include=all"] {
            ensure_eq!(chunk(&threads(user, &room, query).await?), roots, "thread roots, {query:?}");
        }
    }
    Ok(())
}

async fn no_threads(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    alice.say(&room, "no thread").await?;
    let answer = threads(&alice, &room, "").await?;
    ensure_eq!(answer["chunk"], json!([]), "chunk");
    ensure!(answer.get("next_batch").is_none(), "\"Not present when there are no further results\": {answer}");
    Ok(())
}

/// "When participated, only thread roots for threads the user has participated in will be returned."
async fn participated(server: Server) -> Outcome {
    let (alice, bob, room, roots) = busy(&server).await?;
    let own = threads(&bob, &room, "include=participated").await?;
    ensure_eq!(chunk(&own), roots.iter().take(1).collect::<Vec<_>>(), "threads bob wrote in");
    let own = threads(&alice, &room, "include=participated").await?;
    ensure_eq!(chunk(&own), roots, "threads of alice");
    Ok(())
}

async fn pages(server: Server) -> Outcome {
    let (_, bob, room, roots) = busy(&server).await?;
    let (mut got, mut from) = (Vec::new(), String::new());
    for _ in 0..5 {
        let page = threads(&bob, &room, &format!("limit=1{from}")).await?;
        ensure!(chunk(&page).len() <= 1, "a page of one: {page}");
        got.extend(chunk(&page).into_iter().map(str::to_owned));
        match page["next_batch"].as_str() {
            Some(next) => from = format!("&from={}", encode(next)),
            None => break,
        }
    }
    ensure_eq!(got, roots, "all pages together");
    Ok(())
}

/// "All events returned include bundled aggregations."
async fn bundles(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let last = thread(&bob, &room, &root).await?;
    let change = alice.send(&room, "m.room.message", edit(&root, "better")).await?;
    let answer = threads(&bob, &room, "").await?;
    let got = &answer["chunk"][0];
    ensure_eq!(got["content"]["body"], "root", "the root: {got}");
    let bundle = &got["unsigned"]["m.relations"];
    ensure_eq!(bundle["m.thread"]["count"], 1, "count");
    ensure_eq!(bundle["m.thread"]["latest_event"]["event_id"], last.as_str(), "latest_event");
    ensure_eq!(bundle["m.thread"]["current_user_participated"], true, "current_user_participated");
    ensure_eq!(bundle["m.replace"]["event_id"], change.as_str(), "the edit of the root");
    Ok(())
}

/// A thread whose only message was redacted is none any more.
async fn redacted_thread(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let only = thread(&bob, &room, &root).await?;
    bob.redact(&room, &only).await?;
    let answer = threads(&alice, &room, "").await?;
    ensure!(chunk(&answer).is_empty(), "no thread is left: {answer}");
    Ok(())
}

/// "If the thread root event was sent by an ignored user, the event is returned redacted to the caller."
async fn root_of_ignored_user(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = bob.say(&room, "noise").await?;
    thread(&alice, &room, &root).await?;
    ignore(&alice, &[&bob]).await?;
    let answer = threads(&alice, &room, "").await?;
    ensure_eq!(chunk(&answer), [root.as_str()], "thread roots");
    ensure_eq!(answer["chunk"][0]["content"], json!({}), "content of the root");
    Ok(())
}

/// A thread nobody else wrote in has no latest event for her.
async fn only_ignored_in_it(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    thread(&bob, &room, &root).await?;
    ignore(&alice, &[&bob]).await?;
    let reply = alice.get(v1!("rooms/{}/threads", room)).await?;
    ensure!(!reply.text.contains(&bob.id), "it shows what she ignores: {}", reply.brief());
    reply.ok().map(drop)
}

async fn not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    let root = alice.say(&room, "root").await?;
    thread(&alice, &room, &root).await?;
    bob.get(v1!("rooms/{}/threads", room)).await?.refused(403).map(drop)
}

/// "Must be an integer greater than zero."
async fn zero_limit(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    alice.get(v1!("rooms/{}/threads?limit=0", room)).await?.refused(400).map(drop)
}

async fn bad_parameters(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    for query in ["include=some", "limit=-1", "limit=many", "from=nonsense"] {
        alice.get(format!("{}?{query}", v1!("rooms/{}/threads", room))).await?.refused(400)?;
    }
    Ok(())
}
