//! Moving to a room's successor.

use super::prelude::*;

tests! { "upgrade":
    follow, "room-upgrades";
}

async fn follow(pair: Pair) -> Outcome {
    let Pair { alice, bob } = &pair;
    let room = alice.create_room(json!({ "preset": "public_chat", "room_version": "10" })).await?;
    bob.join_via(&room, &alice.server).await?;
    let answer = alice.post(v3!("rooms/{}/upgrade", room), json!({ "new_version": "12" })).await?.ok()?;
    let new = text(&answer, "replacement_room")?;
    bob.see_state(&room, "m.room.tombstone", "", json!({ "replacement_room": new })).await?;
    bob.join_via(&new, &alice.server).await?;
    let create = bob.state(&new, "m.room.create", "").await?;
    ensure_eq!(create["predecessor"]["room_id"], room.as_str(), "the predecessor");
    alice.see_membership(&new, bob, "join").await.map(drop)
}
