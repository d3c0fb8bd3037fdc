//! Who types, what was read, who is online: told to those who can be reached.

use serde_json::{Value, json};
use store::{
    federation::destinations,
    receipts::{NewReceipt, ReceiptKind, UNTHREADED, set},
    testing::each,
};
use sync::{EphemeralChange, PresenceContent, PresenceState};

use super::{
    failures::long_dead,
    world::{World, until},
};

/// The EDUs that a server has got.
fn edus(world: &World, server: &str) -> Vec<Value> {
    world.network.got(server).edus.iter().map(|edu| serde_json::from_str(edu).unwrap()).collect()
}

fn read(room: i64, user_id: &str, kind: ReceiptKind, event_position: i64) -> NewReceipt {
    let (thread, event_id) = (UNTHREADED.to_owned(), format!("$e{event_position}"));
    NewReceipt { room, user_id: user_id.into(), kind, thread, event_id, event_position, ts: 9 }
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_receipts_and_presence_are_told_to_who_is_there() {
    each(async |database| {
        let world = World::on(&database);
        let room = world.room(&["a.example", "dead.example"]).await;
        world.store.write(|tx| destinations::set(tx, &long_dead("dead.example"), 0)).await.unwrap();
        until(async || world.tells()).await;
        let type_now = |user: &str, typing| {
            world.changes.send(EphemeralChange::Typing { room, user_id: user.into(), typing }).unwrap();
        };
        type_now("@me:test.example", true);
        type_now("@me:test.example", true);
        type_now("@u:a.example", true);
        let first = json!({
            "edu_type": "m.typing",
            "content": { "room_id": format!("!room{room}"), "user_id": "@me:test.example", "typing": true },
        });
        until(async || !edus(&world, "a.example").is_empty()).await;
        assert_eq!(edus(&world, "a.example"), [first]);

        for new in [
            read(room, "@me:test.example", ReceiptKind::Public, 5),
            read(room, "@me:test.example", ReceiptKind::Public, 6),
            read(room, "@me:test.example", ReceiptKind::Private, 7),
            read(room, "@u:a.example", ReceiptKind::Public, 5),
        ] {
            world.store.write(move |tx| set(tx, &new, 5)).await.unwrap();
        }
        let of_me = || edus(&world, "a.example").into_iter().rfind(|edu| edu["edu_type"] == "m.receipt");
        let told = json!({ format!("!room{room}"): { "m.read": { "@me:test.example": {
            "data": { "ts": 9 }, "event_ids": ["$e6"],
        } } } });
        until(async || of_me().is_some_and(|edu| edu["content"] == told)).await;
        assert!(!world.network.got("a.example").edus.concat().contains("$e7"), "private receipts stay here");
        world.calm().await;
        assert!(world.network.got("dead.example").edus.is_empty());
        let content = PresenceContent { presence: PresenceState::Online, ..PresenceContent::default() };
        world.changes.send(EphemeralChange::Presence { user_id: "@me:test.example".into(), content }).unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        // A receipt may be told twice meanwhile; presence is not told at all.
        let told = [edus(&world, "a.example"), edus(&world, "dead.example")].concat();
        let is_presence = |edu: &Value| edu["edu_type"] == "m.presence";
        assert!(!told.iter().any(is_presence), "the user shares no room with anybody");
        world.end().await;
    })
    .await;
}
