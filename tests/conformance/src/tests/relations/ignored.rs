//! Relations without ignored users.

use super::super::membership::pair;
use super::prelude::*;
use super::{bundle, children, chunk, ignore, relate, thread};

tests! { "hidden_relations":
    ignored_in_list, "ignoring-users", ["GET v1/rooms/{roomId}/relations/{eventId}"];
    ignored_in_references, "aggregations-of-child-events", ["GET v3/rooms/{roomId}/event/{eventId}"];
    ignored_in_thread, "server-side-aggregation-of-mthread-relationships", ["GET v3/rooms/{roomId}/event/{eventId}"];
    only_ignored_in_thread, "server-side-aggregation-of-mthread-relationships",
        ["GET v3/rooms/{roomId}/event/{eventId}"];
}

async fn ignored_in_list(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let hers = relate(&alice, &room, "m.reference", &parent).await?;
    relate(&bob, &room, "m.reference", &parent).await?;
    ignore(&alice, &[&bob]).await?;
    let answer = children(&alice, &room, &parent, "").await?;
    ensure_eq!(chunk(&answer), [hers.as_str()], "children without those of an ignored user");
    ensure_eq!(chunk(&children(&bob, &room, &parent, "").await?).len(), 2, "he himself sees both");
    Ok(())
}

/// "Servers must additionally ensure they do not consider child events from ignored users when preparing an
/// aggregation for the client."
async fn ignored_in_references(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let parent = alice.say(&room, "parent").await?;
    let hers = relate(&alice, &room, "m.reference", &parent).await?;
    relate(&bob, &room, "m.reference", &parent).await?;
    ignore(&alice, &[&bob]).await?;
    let got = bundle(&alice, &room, &parent).await?;
    ensure_eq!(chunk(&got["m.reference"]), [hers.as_str()], "references without those of an ignored user");
    Ok(())
}

/// "It does not include events sent by ignored users."
async fn ignored_in_thread(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    let hers = thread(&alice, &room, &root).await?;
    thread(&bob, &room, &root).await?;
    ignore(&alice, &[&bob]).await?;
    let got = bundle(&alice, &room, &root).await?["m.thread"].take();
    ensure_eq!(got["count"], 1, "count: {got}");
    ensure_eq!(got["latest_event"]["event_id"], hers.as_str(), "latest_event");
    let got = bundle(&bob, &room, &root).await?["m.thread"].take();
    ensure_eq!(got["count"], 2, "count for him: {got}");
    Ok(())
}

async fn only_ignored_in_thread(server: Server) -> Outcome {
    let (alice, bob, room) = pair(&server).await?;
    let root = alice.say(&room, "root").await?;
    thread(&bob, &room, &root).await?;
    ignore(&alice, &[&bob]).await?;
    let got = bundle(&alice, &room, &root).await?;
    ensure!(got["m.thread"].is_null(), "nobody she hears wrote in it: {got}");
    Ok(())
}
