//! What relations do not show: redacted children, history one may not see, other rooms.

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, children, chunk, reaction, relate, relating, try_children};

tests! { "hidden_relations":
    unknown_event, "relationships-api",
        ["GET v1/rooms/{roomId}/relations/{eventId} M_NOT_FOUND",
         "GET v1/rooms/{roomId}/relations/{eventId}/{relType} M_NOT_FOUND",
         "GET v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType} M_NOT_FOUND"];
    not_member, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId} M_NOT_FOUND"];
    invisible_parent, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId} M_NOT_FOUND"];
    event_of_other_room, "relationships-api", ["GET v1/rooms/{roomId}/relations/{eventId} M_NOT_FOUND"];
    child_in_other_room, "forming-relationships-between-events", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    children_after_leaving, "aggregations-of-child-events", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    redacted_children, "aggregations-of-child-events", ["GET v1/rooms/{roomId}/relations/{eventId}"];
}

const NOWHERE: &str = "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// "The parent event was not found or the user does not have permission to read this event".
async fn unknown_event(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    for rest in ["", "/m.thread", "/m.thread/m.room.message"] {
        try_children(&alice, &room, NOWHERE, rest).await?.error(404, "M_NOT_FOUND")?;
    }
    Ok(())
}

async fn not_member(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    let parent = alice.say(&room, "parent").await?;
    relate(&alice, &room, "m.reference", &parent).await?;
    try_children(&bob, &room, &parent, "").await?.error(404, "M_NOT_FOUND").map(drop)
}

/// "it might be contained in history that is not accessible to the user"
async fn invisible_parent(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.public_room().await?;
    alice.set_state(&room, "m.room.history_visibility", "", json!({ "history_visibility": "joined" })).await?;
    let parent = alice.say(&room, "before bob").await?;
    bob.join(&room).await?;
    relate(&alice, &room, "m.reference", &parent).await?;
    try_children(&bob, &room, &parent, "").await?.error(404, "M_NOT_FOUND").map(drop)
}

async fn event_of_other_room(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    relate(&alice, &room, "m.reference", &parent).await?;
    let elsewhere = alice.private_room().await?;
    try_children(&alice, &elsewhere, &parent, "").await?.error(404, "M_NOT_FOUND").map(drop)
}

/// "so long as both events are in the same room"
async fn child_in_other_room(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let elsewhere = alice.private_room().await?;
    for content in [relating("m.reference", &parent, "secret"), relating("m.thread", &parent, "secret")] {
        let reply = alice.try_send(&elsewhere, "m.room.message", content).await?;
        ensure!(matches!(reply.status, 200 | 400 | 404), "status: {}", reply.brief());
    }
    for user in [&alice, &bob] {
        for rest in ["", "/m.reference", "?recurse=true"] {
            let reply = try_children(user, &room, &parent, rest).await?;
            ensure!(!reply.text.contains("secret"), "a child of another room: {}", reply.brief());
        }
        ensure!(bundle(user, &room, &parent).await?.is_null(), "nothing is bundled");
    }
    Ok(())
}

/// "child events might not be visible to the user if they are in a section of history the user cannot see."
async fn children_after_leaving(server: Server) -> Outcome {
    let (alice, bob) = (server.user("alice").await?, server.user("bob").await?);
    let room = alice.private_room().await?;
    alice.invite(&room, &bob).await?;
    bob.join(&room).await?;
    let parent = alice.say(&room, "parent").await?;
    let seen = relate(&alice, &room, "m.reference", &parent).await?;
    bob.leave(&room).await?;
    relate(&alice, &room, "m.reference", &parent).await?;
    let answer = children(&bob, &room, &parent, "").await?;
    ensure_eq!(chunk(&answer), [seen.as_str()], "children that he may see");
    Ok(())
}

async fn redacted_children(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let like = bob.send(&room, "m.reaction", reaction(&parent, "👍")).await?;
    let kept = relate(&bob, &room, "m.reference", &parent).await?;
    bob.redact(&room, &like).await?;
    let answer = children(&alice, &room, &parent, "").await?;
    ensure_eq!(chunk(&answer), [kept.as_str()], "children that are left");
    Ok(())
}
