//! Templates: those that we give, and what becomes of those that others give.

use events::version::SUPPORTED;
use ruma::{RoomVersionId, room_id};
use serde_json::{Value, json, value::to_raw_value};

use super::world::{World, alice, bob};
use crate::{Error, foreign::Handshake};

#[tokio::test(flavor = "multi_thread")]
async fn a_template_says_where_a_join_belongs() {
    let world = World::new().await;
    for version in SUPPORTED {
        let room = world.public_room(&version).await;
        let template = world.rooms.template(Handshake::Join, &room, bob(), &SUPPORTED).await.unwrap();
        assert_eq!(template.version, version);
        let event: Value = serde_json::from_str(template.event.get()).unwrap();
        assert_eq!(event["content"], json!({ "membership": "join" }));
        assert_eq!((&event["sender"], &event["state_key"]), (&json!(bob()), &json!(bob())));
        assert_eq!((&event["type"], &event["room_id"]), (&json!("m.room.member"), &json!(room)));
        assert!(!event["prev_events"].as_array().unwrap().is_empty());
        assert!(event.get("signatures").is_none() && event.get("hashes").is_none(), "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_template_where_the_event_would_be_refused() {
    let world = World::new().await;
    let private = world.room(&RoomVersionId::V10, json!({ "preset": "private_chat" })).await;
    for handshake in [Handshake::Join, Handshake::Knock, Handshake::Leave] {
        let refused = world.rooms.template(handshake, &private, bob(), &SUPPORTED).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{handshake:?}: {refused:?}");
    }
    let unknown = world.rooms.template(Handshake::Join, room_id!("!no:a"), bob(), &SUPPORTED).await;
    assert!(matches!(unknown, Err(Error::NotFound(_))), "{unknown:?}");
    let public = world.public_room(&RoomVersionId::V11).await;
    let old = world.rooms.template(Handshake::Join, &public, bob(), &[RoomVersionId::V10]).await;
    assert!(matches!(old, Err(Error::IncompatibleRoomVersion(RoomVersionId::V11))), "{old:?}");
    world.rooms.ban(&public, alice(), bob(), None).await.unwrap();
    let banned = world.rooms.template(Handshake::Join, &public, bob(), &SUPPORTED).await;
    assert!(matches!(banned, Err(Error::Forbidden(_))), "{banned:?}");
    // Once nobody of ours is in it, we know no longer how it stands.
    world.rooms.leave(&public, alice(), None).await.unwrap();
    let left = world.rooms.template(Handshake::Join, &public, bob(), &SUPPORTED).await;
    assert!(matches!(left, Err(Error::NotFound(_))), "{left:?}");
}

fn template() -> Value {
    json!({
        "type": "m.room.member",
        "room_id": "!r:b",
        "sender": alice(),
        "state_key": alice(),
        "content": { "membership": "join", "displayname": "Mallory", "is_admin": true },
        "prev_events": ["$p"],
        "auth_events": ["$a"],
        "depth": 7,
        "origin_server_ts": 1,
        "redacts": "$x",
        "hashes": { "sha256": "x" },
        "signatures": { "b": {} },
    })
}

async fn rebuilt(world: &World, template: &Value) -> Result<Value, Error> {
    let raw = to_raw_value(template).unwrap();
    let (room_id, version) = (room_id!("!r:b"), RoomVersionId::V10);
    let rebuilt = world.rooms.rebuild(Handshake::Join, room_id, alice(), &version, &raw, Some("tea".into())).await?;
    Ok(serde_json::from_str(rebuilt.event.json()).unwrap())
}

/// CVE-2026-24471: servers signed whatever another one put into its template.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_asked_for_is_signed() {
    let world = World::new().await;
    let event = rebuilt(&world, &template()).await.unwrap();
    assert_eq!(event["content"], json!({ "membership": "join", "reason": "tea" }));
    assert_eq!((&event["prev_events"], &event["auth_events"]), (&json!(["$p"]), &json!(["$a"])));
    let fields: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "auth_events",
            "content",
            "depth",
            "hashes",
            "origin_server_ts",
            "prev_events",
            "room_id",
            "sender",
            "signatures",
            "state_key",
            "type"
        ]
    );
    assert_ne!(event["origin_server_ts"], 1);
    assert_eq!(event["signatures"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a"]);

    let ids = |count: usize| (0..count).map(|n| format!("$e{n}")).collect::<Vec<_>>();
    for (field, lie) in [
        ("/type", json!("m.room.power_levels")),
        ("/type", json!("m.room.message")),
        ("/room_id", json!("!other:b")),
        ("/sender", json!("@carol:a")),
        ("/sender", json!(bob())),
        ("/state_key", json!("@carol:a")),
        ("/state_key", json!("")),
        ("/content/membership", json!("leave")),
        ("/content/membership", json!("invite")),
        ("/content", json!("join")),
        ("/prev_events", json!([])),
        ("/prev_events", json!(ids(21))),
        ("/prev_events", json!([format!("${}", "x".repeat(255))])),
        ("/prev_events", json!(["$a\u{0}"])),
        ("/prev_events", json!([["$p", { "sha256": "x" }]])),
        ("/auth_events", json!([])),
        ("/auth_events", json!(ids(11))),
        ("/depth", json!(-1)),
        ("/depth", json!(1.5)),
        ("/depth", json!("7")),
    ] {
        let mut template = template();
        *template.pointer_mut(field).unwrap() = lie.clone();
        let refused = rebuilt(&world, &template).await;
        assert!(refused.is_err(), "{field} {lie}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_ours_vouches_in_a_room_elsewhere() {
    let world = World::new().await;
    let mut template = template();
    template["content"]["join_authorised_via_users_server"] = json!("@bob:b");
    let event = rebuilt(&world, &template).await.unwrap();
    assert_eq!(event["content"]["join_authorised_via_users_server"], json!("@bob:b"));
    template["content"]["join_authorised_via_users_server"] = json!("@carol:a");
    let refused = rebuilt(&world, &template).await;
    assert!(matches!(refused, Err(Error::BadTemplate(_))), "{refused:?}");
}
