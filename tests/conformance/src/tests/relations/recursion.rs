//! `recurse` of `GET /relations`: children of children.

use super::super::membership::pair;
use super::prelude::*;
use super::{children, chunk, edit, reaction, relate, thread};

tests! { "recursion":
    off_by_default, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    grandchildren, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    three_levels, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}"];
    filter_cuts_branches, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}"];
    type_filter, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}"];
    paged, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    under_the_old_name, "relationships-api", [];
}

/// A root, a message in its thread, and a reaction to and an edit of that message.
async fn tree(server: &Server) -> Result<(User, String, [String; 4]), Failure> {
    let (alice, bob, room) = pair(server).await?;
    let root = alice.say(&room, "root").await?;
    let message = thread(&bob, &room, &root).await?;
    let like = alice.send(&room, "m.reaction", reaction(&message, "👍")).await?;
    let change = bob.send(&room, "m.room.message", edit(&message, "better")).await?;
    Ok((alice, room, [root, message, like, change]))
}

/// "If the client did not specify the recurse parameter, this field must be absent."
async fn off_by_default(server: Server) -> Outcome {
    let (alice, room, [root, message, ..]) = tree(&server).await?;
    let answer = children(&alice, &room, &root, "").await?;
    ensure_eq!(chunk(&answer), [message.as_str()], "direct children");
    ensure!(answer.get("recursion_depth").is_none(), "recursion_depth was not asked for: {answer}");
    let answer = children(&alice, &room, &root, "?recurse=false").await?;
    ensure_eq!(chunk(&answer), [message.as_str()], "direct children with recurse=false");
    Ok(())
}

/// "If the recurse parameter was supplied by the client, this response field is mandatory".
async fn grandchildren(server: Server) -> Outcome {
    let (alice, room, [root, message, like, change]) = tree(&server).await?;
    let answer = children(&alice, &room, &root, "?recurse=true&dir=f").await?;
    ensure_eq!(chunk(&answer), [message, like, change], "children and theirs");
    let depth = answer["recursion_depth"].as_u64().unwrap_or_default();
    ensure!(depth >= 1, "recursion_depth: {}", answer["recursion_depth"]);
    Ok(())
}

/// MSC3981's own name. Older versions of matrix-js-sdk, as that of Element Web 1.11.88, know no other, and ask only where
/// `/versions` has the flag.
async fn under_the_old_name(server: Server) -> Outcome {
    let (alice, room, [root, message, like, change]) = tree(&server).await?;
    let features = alice.get("/_matrix/client/versions").await?.ok()?["unstable_features"].clone();
    ensure_eq!(features["org.matrix.msc3981"], json!(true), "the flag");
    let answer = children(&alice, &room, &root, "?org.matrix.msc3981.recurse=true&dir=f").await?;
    ensure_eq!(chunk(&answer), [message, like, change], "children and theirs");
    Ok(())
}

/// "Homeservers SHOULD traverse at least 3 levels of relationships."
async fn three_levels(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let (mut parent, mut want) = (root.clone(), Vec::new());
    for _ in 0..3 {
        parent = relate(&alice, &room, "m.reference", &parent).await?;
        want.push(parent.clone());
    }
    let answer = children(&alice, &room, &root, "/m.reference?recurse=true&dir=f").await?;
    ensure_eq!(chunk(&answer), want, "three levels");
    let depth = answer["recursion_depth"].as_u64().unwrap_or_default();
    ensure!(depth >= 3, "recursion_depth: {}", answer["recursion_depth"]);
    Ok(())
}

/// "Events that would match the filter, but whose only relation to the original given event is through a non-matching
/// intermediate event, will not be included."
async fn filter_cuts_branches(server: Server) -> Outcome {
    let (alice, room, [root, message, ..]) = tree(&server).await?;
    let answer = children(&alice, &room, &root, "/m.annotation?recurse=true").await?;
    ensure!(chunk(&answer).is_empty(), "the reaction hangs on a message of the thread: {answer}");
    let answer = children(&alice, &room, &root, "/m.thread?recurse=true").await?;
    ensure_eq!(chunk(&answer), [message.as_str()], "the thread alone");
    Ok(())
}

/// "Filters specified via event_type or rel_type will be applied to all events returned, whether direct or indirect".
async fn type_filter(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let first = relate(&alice, &room, "m.reference", &root).await?;
    let second = relate(&alice, &room, "m.reference", &first).await?;
    let relation = json!({ "m.relates_to": { "rel_type": "m.reference", "event_id": second } });
    let note = alice.send(&room, "org.example.note", relation).await?;
    let answer = children(&alice, &room, &root, "/m.reference/m.room.message?recurse=true&dir=f").await?;
    ensure_eq!(chunk(&answer), [first.as_str(), second.as_str()], "messages");
    let answer = children(&alice, &room, &root, "/m.reference?recurse=true&dir=f").await?;
    ensure_eq!(chunk(&answer), [first, second, note], "all types");
    Ok(())
}

async fn paged(server: Server) -> Outcome {
    let (alice, room, [root, message, like, change]) = tree(&server).await?;
    let first = children(&alice, &room, &root, "?recurse=true&limit=2").await?;
    ensure_eq!(chunk(&first), [change, like], "first page");
    let from = encode(text(&first, "next_batch")?);
    let second = children(&alice, &room, &root, &format!("?recurse=true&limit=2&from={from}")).await?;
    ensure_eq!(chunk(&second), [message], "second page");
    Ok(())
}
