//! Reactions and other annotations.

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, children, chunk, reaction};

tests! { "annotations":
    in_relations, "event-annotations-and-reactions",
        ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}"];
    not_bundled, "server-side-aggregation-of-mannotation-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    duplicate_refused, "avoiding-duplicate-annotations",
        ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId} M_DUPLICATE_ANNOTATION"];
    same_transaction_is_no_duplicate, "transaction-identifiers", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    other_type_is_another, "avoiding-duplicate-annotations", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    of_another_user, "avoiding-duplicate-annotations", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    of_another_event, "avoiding-duplicate-annotations", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    again_after_redaction, "avoiding-duplicate-annotations", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
    of_state_event, "event-annotations-and-reactions", ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}"];
    long_key, "event-annotations-and-reactions", ["PUT v3/rooms/{roomId}/send/{eventType}/{txnId}"];
}

async fn in_relations(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    let like = bob.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    let answer = children(&alice, &room, &target, "/m.annotation/m.reaction").await?;
    ensure_eq!(chunk(&answer), [like.as_str()], "reactions");
    let got = &answer["chunk"][0];
    ensure_eq!(got["content"], reaction(&target, "👍"), "content");
    ensure_eq!(got["sender"], bob.id.as_str(), "sender");
    Ok(())
}

/// "m.annotation is not included in the m.relations property."
async fn not_bundled(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    bob.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    let got = bundle(&alice, &room, &target).await?;
    ensure!(got["m.annotation"].is_null(), "annotations are not bundled: {got}");
    Ok(())
}

async fn duplicate_refused(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    let like = bob.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    for _ in 0..2 {
        bob.try_send(&room, "m.reaction", reaction(&target, "👍")).await?.error(400, "M_DUPLICATE_ANNOTATION")?;
    }
    let answer = children(&alice, &room, &target, "/m.annotation").await?;
    ensure_eq!(chunk(&answer), [like.as_str()], "reactions");
    Ok(())
}

/// The same request made again gets the same answer; it is not taken for a second reaction.
async fn same_transaction_is_no_duplicate(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    let path = v3!("rooms/{}/send/m.reaction/once", room);
    let first = alice.put(&path, reaction(&target, "👍")).await?.ok()?;
    ensure_eq!(alice.put(&path, reaction(&target, "👍")).await?.ok()?, first, "the answer again");
    Ok(())
}

/// "a second annotation for a given event with identical event type and annotation key".
async fn other_type_is_another(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    let like = alice.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    let vote = alice.send(&room, "org.example.vote", reaction(&target, "👍")).await?;
    let answer = children(&alice, &room, &target, "/m.annotation?dir=f").await?;
    ensure_eq!(chunk(&answer), [like.as_str(), vote.as_str()], "annotations of both types");
    let answer = children(&alice, &room, &target, "/m.annotation/org.example.vote").await?;
    ensure_eq!(chunk(&answer), [vote.as_str()], "annotations of one type");
    Ok(())
}

async fn of_another_user(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    let hers = alice.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    let his = bob.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    let answer = children(&bob, &room, &target, "/m.annotation").await?;
    ensure_eq!(chunk(&answer), [his.as_str(), hers.as_str()], "reactions of both");
    Ok(())
}

async fn of_another_event(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    for body in ["one", "two"] {
        let target = alice.say(&room, body).await?;
        alice.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    }
    Ok(())
}

/// "(unless the first event has been redacted)".
async fn again_after_redaction(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    let first = alice.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    alice.redact(&room, &first).await?;
    let second = alice.send(&room, "m.reaction", reaction(&target, "👍")).await?;
    let answer = children(&alice, &room, &target, "/m.annotation").await?;
    ensure_eq!(chunk(&answer), [second.as_str()], "reactions");
    Ok(())
}

/// "Any type of event is eligible for an annotation, including state events."
async fn of_state_event(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = alice.set_state(&room, "m.room.topic", "", json!({ "topic": "new" })).await?;
    let like = bob.send(&room, "m.reaction", reaction(&target, "🎉")).await?;
    let answer = children(&alice, &room, &target, "/m.annotation").await?;
    ensure_eq!(chunk(&answer), [like.as_str()], "reactions");
    Ok(())
}

/// "The key field in m.reaction can be any string".
async fn long_key(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let target = alice.say(&room, "like me").await?;
    let key = "too long for a button ".repeat(20);
    let like = bob.send(&room, "m.reaction", reaction(&target, &key)).await?;
    let answer = children(&alice, &room, &target, "/m.annotation").await?;
    ensure_eq!(chunk(&answer), [like.as_str()], "reactions");
    bob.try_send(&room, "m.reaction", reaction(&target, &key)).await?.error(400, "M_DUPLICATE_ANNOTATION").map(drop)
}
