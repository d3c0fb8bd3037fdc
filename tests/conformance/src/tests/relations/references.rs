//! References: the plain relation.

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, children, chunk, relate};

tests! { "references":
    bundled, "server-side-aggregation-of-mreference", ["GET v3/rooms/{roomId}/event/{eventId}"];
    redacted_child, "aggregations-of-child-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    redacted_parent, "aggregations-of-child-events", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    of_unknown_relation, "aggregations-of-child-events", ["GET v1/rooms/{roomId}/relations/{eventId}/{relType}"];
    none, "aggregations-of-child-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
}

/// "a single chunk property, which lists all the events which m.reference the event".
async fn bundled(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let mut want = Vec::new();
    for user in [&alice, &bob, &alice] {
        want.push(relate(user, &room, "m.reference", &parent).await?);
    }
    let got = bundle(&bob, &room, &parent).await?;
    let mut listed: Vec<&str> = chunk(&got["m.reference"]);
    listed.sort_unstable();
    want.sort_unstable();
    ensure_eq!(listed, want, "the bundled references");
    Ok(())
}

/// "when a child event is redacted then the relationship is broken."
async fn redacted_child(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let first = relate(&alice, &room, "m.reference", &parent).await?;
    let second = relate(&bob, &room, "m.reference", &parent).await?;
    bob.redact(&room, &second).await?;
    let got = bundle(&alice, &room, &parent).await?;
    ensure_eq!(chunk(&got["m.reference"]), [first.as_str()], "the bundled references");
    alice.redact(&room, &first).await?;
    let got = bundle(&alice, &room, &parent).await?;
    ensure!(chunk(&got["m.reference"]).is_empty(), "no reference is left: {got}");
    Ok(())
}

/// "When a parent event is redacted, the child events which pointed to that parent remain".
async fn redacted_parent(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let child = relate(&bob, &room, "m.reference", &parent).await?;
    alice.redact(&room, &parent).await?;
    let answer = children(&bob, &room, &parent, "").await?;
    ensure_eq!(chunk(&answer), [child.as_str()], "children of a redacted event");
    let got = bundle(&bob, &room, &parent).await?;
    ensure_eq!(chunk(&got["m.reference"]), [child.as_str()], "the bundled references");
    Ok(())
}

/// Relations of types the specification does not know are found, and not bundled.
async fn of_unknown_relation(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let child = relate(&bob, &room, "org.example.relation", &parent).await?;
    let answer = children(&alice, &room, &parent, "/org.example.relation").await?;
    ensure_eq!(chunk(&answer), [child.as_str()], "children");
    ensure!(bundle(&alice, &room, &parent).await?.is_null(), "nothing that can be aggregated");
    Ok(())
}

/// "a m.relations property is included under unsigned if the event has child events which can be aggregated."
async fn none(server: Server) -> Outcome {
    let (alice, _, room) = pair(&server).await?;
    let event = alice.say(&room, "alone").await?;
    ensure!(bundle(&alice, &room, &event).await?.is_null(), "nothing relates to it");
    Ok(())
}
