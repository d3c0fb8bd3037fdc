//! Events as clients get them.

use events::{
    ClientFormat, Unsigned,
    client_event::{client_event, stripped_state},
};
use ruma::{event_id, room_id, room_version_rules::RoomVersionRules};
use serde_json::{Value, json, value::to_raw_value};

use crate::room::{ALICE, BOB, Room, all_versions};

fn written(json: &str, format: &ClientFormat<'_>) -> Value {
    serde_json::from_str(client_event(json, format).unwrap().get()).unwrap()
}

#[test]
fn a_message_and_a_state_event() {
    for (version, rules) in all_versions() {
        let mut room = Room::public(&version, json!({}));
        let message = room.say(ALICE, "m.room.message", None, json!({ "body": "é\"\n" })).unwrap();
        let format = ClientFormat { event_id: message.event_id(), room_id: None, rules, unsigned: Unsigned::default() };
        assert_eq!(
            written(message.json(), &format),
            json!({
                "content": { "body": "é\"\n" }, "event_id": message.event_id(), "origin_server_ts": 4, "sender": ALICE,
                "type": "m.room.message",
            })
        );

        let create = &room.events[&room.order[0]];
        let format = ClientFormat {
            event_id: create.event_id(),
            room_id: Some(create.room_id()),
            rules,
            unsigned: Unsigned { age: Some(12), membership: Some("join"), ..Unsigned::default() },
        };
        let event = written(create.json(), &format);
        assert_eq!(event["room_id"], json!(create.room_id()), "also where the event itself has none");
        assert_eq!(event["state_key"], json!(""));
        assert_eq!(event["unsigned"], json!({ "age": 12, "membership": "join" }));
        assert_eq!(event.as_object().unwrap().len(), 8);
    }
}

#[test]
fn everything_in_unsigned() {
    let raw = |value: Value| to_raw_value(&value).unwrap();
    let (prev, because, relations) =
        (raw(json!({ "topic": "old" })), raw(json!({ "type": "m.room.redaction" })), raw(json!({ "m.thread": {} })));
    let unsigned = Unsigned {
        age: Some(0),
        membership: Some("leave"),
        prev_content: Some(&prev),
        prev_sender: Some(BOB),
        redacted_because: Some(&because),
        relations: Some(&relations),
        replaces_state: Some(event_id!("$old")),
        transaction_id: Some("txn\"1"),
    };
    let format = ClientFormat {
        event_id: event_id!("$e"),
        room_id: Some(room_id!("!r:b")),
        rules: &RoomVersionRules::V11,
        unsigned,
    };
    let json =
        r#"{"auth_events":[],"content":{},"depth":1,"origin":"x","origin_server_ts":1,"sender":"@a:b","type":"t"}"#;
    assert_eq!(
        written(json, &format),
        json!({
            "content": {}, "event_id": "$e", "origin_server_ts": 1, "room_id": "!r:b", "sender": "@a:b", "type": "t",
            "unsigned": {
                "age": 0, "membership": "leave", "prev_content": { "topic": "old" }, "prev_sender": BOB,
                "redacted_because": { "type": "m.room.redaction" }, "m.relations": { "m.thread": {} },
                "replaces_state": "$old", "transaction_id": "txn\"1",
            },
        })
    );
}

#[test]
fn redactions_for_clients_of_all_ages() {
    for (version, rules) in all_versions() {
        // What the room version does not mean is not believed.
        let json = json!({
            "auth_events": [], "depth": 1, "origin_server_ts": 1, "prev_events": [], "sender": "@a:b", "type": "m.room.redaction",
            "content": { "redacts": "$content", "reason": "x" }, "redacts": "$top", "room_id": "!r:b",
        });
        let format = ClientFormat { event_id: event_id!("$e"), room_id: None, rules, unsigned: Unsigned::default() };
        let event = written(&json.to_string(), &format);
        let meant = if rules.redaction.content_field_redacts { "$content" } else { "$top" };
        assert_eq!(event["redacts"], meant, "{version}");
        assert_eq!(event["content"], json!({ "redacts": meant, "reason": "x" }), "{version}");
        let pdu = events::Pdu::from_stored(json.to_string(), event_id!("$e").to_owned(), rules, false).unwrap();
        assert_eq!(pdu.redacts().unwrap(), meant);

        // A redacted redaction has nothing left to name in older versions.
        let mut bare = json;
        bare["content"] = json!({});
        bare.as_object_mut().unwrap().remove("redacts");
        let event = written(&bare.to_string(), &format);
        assert_eq!((event.get("redacts"), &event["content"]), (None, &json!({})));
    }
}

#[test]
fn stripped() {
    let json = r#"{"content":{"name":"x"},"depth":1,"origin_server_ts":1,"sender":"@a:b","state_key":"","type":"m.room.name"}"#;
    let event: Value = serde_json::from_str(stripped_state(json).unwrap().get()).unwrap();
    assert_eq!(event, json!({ "content": { "name": "x" }, "sender": "@a:b", "state_key": "", "type": "m.room.name" }));
    assert!(stripped_state(r#"{"content":{},"origin_server_ts":1,"sender":"@a:b","type":"m.room.message"}"#).is_err());
}

/// An event of 1.2 KB. Run in release to see the time: `cargo test --release -p peerbrain-events -- --ignored speed`.
#[test]
#[ignore = "measures; nothing to fail"]
fn speed() {
    let body = "The quick brown fox jumps over the lazy dog. ".repeat(12);
    let mut room = Room::public(&ruma::RoomVersionId::V11, json!({}));
    let event = room
        .say(ALICE, "m.room.message", None, json!({ "msgtype": "m.text", "body": body, "m.mentions": {} }))
        .unwrap();
    let unsigned = Unsigned { age: Some(1000), membership: Some("join"), ..Unsigned::default() };
    let format = ClientFormat { event_id: event.event_id(), room_id: None, rules: room.rules, unsigned };
    let time = |name: &str, work: &dyn Fn()| {
        let start = std::time::Instant::now();
        (0..100_000).for_each(|_| work());
        println!("{name}: {} ns for {} bytes", start.elapsed().as_nanos() / 100_000, event.json().len());
    };
    time("client_event", &|| drop(client_event(event.json(), &format).unwrap()));
    time("from_stored", &|| {
        drop(events::Pdu::from_stored(event.json(), event.event_id().to_owned(), room.rules, false).unwrap());
    });
    let keys = crate::receiving::keys(&room.key, "one.example");
    time("receive", &|| {
        drop(events::VerifiedPdu::receive(event.json(), room.rules, &keys, events::Provenance::Sent).unwrap());
    });
}
