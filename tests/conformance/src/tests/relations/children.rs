//! `GET /relations`: the children of an event, in pages.

use super::super::membership::pair;
use super::prelude::*;
use super::{children, chunk, reaction, relate, thread, try_children};

tests! { "relations":
    three_paths, "relationships-api",
        ["GET v1/rooms/{roomId}/relations/{eventId}", "GET v1/rooms/{roomId}/relations/{eventId}/{relType}",
         "GET v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}"];
    no_children, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    both_directions, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}"];
    pages_backwards, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    pages_forwards, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}"];
    to, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    from_a_sync_token, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    replies_are_none, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    bad_parameters, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId} 400"];
}

/// A room with a parent of alice and this many threaded children of bob.
async fn family(server: &Server, count: usize) -> Result<(User, String, String, Vec<String>), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let parent = alice.say(&room, "parent").await?;
    let mut born = Vec::new();
    for _ in 0..count {
        born.push(thread(&bob, &room, &parent).await?);
    }
    Ok((alice, room, parent, born))
}

async fn three_paths(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let like = bob.send(&room, "m.reaction", reaction(&parent, "👍")).await?;
    let message = thread(&bob, &room, &parent).await?;
    let content = json!({ "m.relates_to": { "rel_type": "m.thread", "event_id": parent } });
    let other = bob.send(&room, "org.example.note", content).await?;
    for (rest, want) in [
        ("", vec![&other, &message, &like]),
        ("/m.thread", vec![&other, &message]),
        ("/m.annotation", vec![&like]),
        ("/m.thread/m.room.message", vec![&message]),
        ("/m.thread/org.example.note", vec![&other]),
        ("/m.thread/m.reaction", vec![]),
        ("/m.replace", vec![]),
    ] {
        let answer = children(&alice, &room, &parent, rest).await?;
        ensure_eq!(chunk(&answer), want, "children at {rest:?}");
    }
    let answer = children(&alice, &room, &parent, "/m.annotation").await?;
    ensure_eq!(answer["chunk"][0]["room_id"], room.as_str(), "room_id of a child");
    ensure_eq!(answer["chunk"][0]["type"], "m.reaction", "type of a child");
    Ok(())
}

/// "If no events are pointing to the parent or the pagination yields no results, an empty chunk is returned."
async fn no_children(server: Server) -> Outcome {
    let (alice, room, parent, _) = family(&server, 0).await?;
    let answer = children(&alice, &room, &parent, "").await?;
    ensure_eq!(answer["chunk"], json!([]), "chunk");
    // "The absence of this token means there are no more results".
    ensure!(answer.get("next_batch").is_none(), "nothing follows: {answer}");
    Ok(())
}

/// "If this is set to f, events will be returned in chronological order".
async fn both_directions(server: Server) -> Outcome {
    let (alice, room, parent, born) = family(&server, 4).await?;
    let answer = children(&alice, &room, &parent, "/m.thread?dir=f").await?;
    ensure_eq!(chunk(&answer), born, "in chronological order");
    let newest_first: Vec<&String> = born.iter().rev().collect();
    for query in ["", "?dir=b"] {
        let answer = children(&alice, &room, &parent, &format!("/m.thread{query}")).await?;
        ensure_eq!(chunk(&answer), newest_first, "\"Optional (default b)\", with {query:?}");
    }
    Ok(())
}

/// Reads page after page; gives the ids of each.
async fn pages(user: &User, room: &str, event: &str, rest: &str) -> Result<Vec<Vec<String>>, Failure> {
    let (mut all, mut from) = (Vec::new(), String::new());
    for _ in 0..10 {
        let answer = children(user, room, event, &format!("{rest}{from}")).await?;
        all.push(chunk(&answer).into_iter().map(str::to_owned).collect());
        match answer["next_batch"].as_str() {
            Some(next) => from = format!("&from={}", encode(next)),
            None => return Ok(all),
        }
    }
    Err(Failure::new("the pages of the children never end"))
}

async fn pages_backwards(server: Server) -> Outcome {
    let (alice, room, parent, mut born) = family(&server, 5).await?;
    let got = pages(&alice, &room, &parent, "?limit=2").await?;
    ensure!(got.iter().all(|page| page.len() <= 2), "pages have at most two: {got:?}");
    born.reverse();
    ensure_eq!(got.concat(), born, "all pages together");
    Ok(())
}

async fn pages_forwards(server: Server) -> Outcome {
    let (alice, room, parent, born) = family(&server, 5).await?;
    let got = pages(&alice, &room, &parent, "/m.thread/m.room.message?dir=f&limit=2").await?;
    ensure!(got.iter().all(|page| page.len() <= 2), "pages have at most two: {got:?}");
    ensure_eq!(got.concat(), born, "all pages together");
    Ok(())
}

/// "The pagination token to stop returning results at."
async fn to(server: Server) -> Outcome {
    let (alice, room, parent, born) = family(&server, 5).await?;
    let page = children(&alice, &room, &parent, "?limit=2").await?;
    let to = encode(text(&page, "next_batch")?);
    let answer = children(&alice, &room, &parent, &format!("?to={to}&limit=100")).await?;
    let want: Vec<&String> = born.iter().rev().take(2).collect();
    ensure_eq!(chunk(&answer), want, "children up to the token");
    Ok(())
}

/// "Can be ... a next_batch token from /sync."
async fn from_a_sync_token(server: Server) -> Outcome {
    let (alice, room, parent, mut born) = family(&server, 2).await?;
    let then = encode(alice.now().await?);
    thread(&alice, &room, &parent).await?;
    born.reverse();
    let answer = children(&alice, &room, &parent, &format!("?from={then}")).await?;
    ensure_eq!(chunk(&answer), born, "children before the token");
    Ok(())
}

/// "Because replies do not use rel_type, they will not be accessible via this API."
async fn replies_are_none(server: Server) -> Outcome {
    let (alice, room, parent, _) = family(&server, 0).await?;
    let relation = json!({ "m.in_reply_to": { "event_id": parent } });
    let content = json!({ "msgtype": "m.text", "body": "reply", "m.relates_to": relation });
    alice.send(&room, "m.room.message", content).await?;
    let child = relate(&alice, &room, "m.reference", &parent).await?;
    let answer = children(&alice, &room, &parent, "").await?;
    ensure_eq!(chunk(&answer), [child.as_str()], "children");
    Ok(())
}

async fn bad_parameters(server: Server) -> Outcome {
    let (alice, room, parent, _) = family(&server, 1).await?;
    for query in ["limit=some", "limit=-1", "dir=up", "from=nonsense", "to=nonsense", "recurse=maybe"] {
        try_children(&alice, &room, &parent, &format!("?{query}")).await?.refused(400)?;
    }
    Ok(())
}
