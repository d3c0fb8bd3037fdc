//! Reading power levels, and what clients may send for them.

use events::{Error, PowerLevels, validate::client_content};
use ruma::{events::room::power_levels::UserPowerLevel, int};
use serde_json::{Value, json, value::to_raw_value};

use crate::room::{ALICE, BOB, CAROL, Room, all_versions, user};

fn levels(room: &Room) -> PowerLevels {
    let state = room.state();
    let get = |kind: &str| room.fetch(state.get(&(kind.into(), String::new()))?);
    PowerLevels::new(room.rules, &get("m.room.create").unwrap(), get("m.room.power_levels").as_ref()).unwrap()
}

#[test]
fn defaults_and_values() {
    for (version, rules) in all_versions() {
        let infinite = rules.authorization.explicitly_privilege_room_creators;
        let content = json!({
            "users": { BOB: 50 }, "users_default": 5, "events": { "m.room.topic": 10, "m.reaction": 0 },
            "events_default": 7, "ban": 60, "notifications": { "room": 20 },
        });
        let read = levels(&Room::public(&version, content));
        assert_eq!(read.user(&user(BOB)), UserPowerLevel::Int(int!(50)));
        assert_eq!(read.user(&user(CAROL)), UserPowerLevel::Int(int!(5)));
        assert_eq!(read.user(&user(ALICE)) == UserPowerLevel::Infinite, infinite, "{version}");
        assert_eq!([read.ban, read.kick, read.invite, read.redact], [int!(60), int!(50), int!(0), int!(50)]);
        assert_eq!(read.event(&"m.room.topic".into(), true), int!(10));
        assert_eq!(read.event(&"m.room.name".into(), true), int!(50));
        assert_eq!(read.event(&"m.room.message".into(), false), int!(7));
        assert!(read.may_send(&user(CAROL), &"m.reaction".into(), false));
        assert!(!read.may_send(&user(CAROL), &"m.room.message".into(), false));
        assert_eq!(read.notification("room"), int!(20));
        assert_eq!(read.for_push().notifications.room, int!(20));
        assert!(read.may_redact(&user(BOB), &user(CAROL)), "by level");
        assert!(read.may_redact(&user(BOB), &user(ALICE)) && !read.may_redact(&user(CAROL), &user(ALICE)));
        assert_eq!(read.creators().len(), 1);
    }
}

#[test]
fn clients_send_integers() {
    let check = |kind: &str, key: Option<&str>, content: Value| {
        client_content(&kind.into(), key, &to_raw_value(&content).unwrap()).map(drop)
    };
    check("m.room.power_levels", Some(""), json!({ "users": { ALICE: 100 }, "ban": 5, "events": {} })).unwrap();
    check("m.room.power_levels", None, json!({ "users": 1 })).unwrap();
    check("m.room.encryption", Some(""), json!({ "algorithm": "m.megolm.v1.aes-sha2" })).unwrap();
    check("m.room.message", None, json!({ "algorithm": 1, "n": [1, null, true] })).unwrap();
    check("m.room.member", Some(ALICE), json!({ "join_authorised_via_users_server": BOB })).unwrap();
    for (kind, content) in [
        ("m.room.member", json!({ "join_authorised_via_users_server": "@b:no~server" })),
        ("m.room.member", json!({ "join_authorised_via_users_server": 1 })),
        ("m.room.power_levels", json!({ "users": { ALICE: "100" } })),
        ("m.room.power_levels", json!({ "users": { "alice": 100 } })),
        ("m.room.power_levels", json!({ "users": [] })),
        ("m.room.power_levels", json!({ "ban": "50" })),
        ("m.room.power_levels", json!({ "invite": null })),
        ("m.room.power_levels", json!({ "events": { "x": null } })),
        ("m.room.encryption", json!({})),
        ("m.room.topic", json!({ "topic": 1.5 })),
        ("m.room.topic", json!([])),
        ("m.room.topic", json!(null)),
    ] {
        assert!(matches!(check(kind, Some(""), content.clone()), Err(Error::BadJson(_))), "{kind} {content}");
    }
}
