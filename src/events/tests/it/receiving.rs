//! What is made here is accepted elsewhere, and what was tampered with is not.

use std::collections::BTreeMap;

use events::{Error, EventBuilder, MAX_PDU_BYTES, Provenance, SigningKey, VerifiedPdu, canonical};
use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, MilliSecondsSinceUnixEpoch, OwnedEventId,
    room_version_rules::RoomVersionRules, serde::Base64, signatures::PublicKeyMap, uint,
};
use serde_json::{Value, json};

use crate::room::{ALICE, BOB, Room, all_versions, key, user};

pub fn keys(key: &SigningKey, server: &str) -> PublicKeyMap {
    let set = BTreeMap::from([(key.key_id(), Base64::new(key.public_key().to_vec()))]);
    BTreeMap::from([(server.to_owned(), set)])
}

fn receive(json: &str, rules: &RoomVersionRules) -> Result<VerifiedPdu, Error> {
    VerifiedPdu::receive(json, rules, &keys(&key(), "one.example"), Provenance::Sent)
}

fn message(body: &str) -> EventBuilder {
    EventBuilder {
        room_id: Some("!room:one.example".try_into().unwrap()),
        sender: user(ALICE),
        event_type: "m.room.message".into(),
        state_key: None,
        content: canonical::object_from(&json!({ "msgtype": "m.text", "body": body })).unwrap(),
        prev_events: vec![],
        auth_events: vec![],
        depth: 7,
        origin_server_ts: MilliSecondsSinceUnixEpoch(uint!(1_700_000_000)),
        redacts: None,
    }
}

fn edited(json: &str, edit: impl FnOnce(&mut CanonicalJsonObject)) -> String {
    let mut object = canonical::object(json).unwrap();
    edit(&mut object);
    canonical::text(&object).unwrap()
}

fn set(json: &str, field: &str, value: Value) -> String {
    edited(json, |event| {
        event.insert(field.to_owned(), value.try_into().unwrap());
    })
}

#[test]
fn a_room_arrives_as_it_was_made() {
    for (version, rules) in all_versions() {
        let mut room = Room::public(&version, json!({}));
        room.say(BOB, "m.room.member", Some(BOB), json!({ "membership": "join" })).unwrap();
        room.say(BOB, "m.room.message", None, json!({ "body": "Grüße \u{1f600} \"\\\n\u{1}" })).unwrap();
        for id in &room.order {
            let made = &room.events[id];
            let with_unsigned = set(made.json(), "unsigned", json!({ "age": 5, "x": { "y": [1] } }));
            let received = receive(&with_unsigned, rules).unwrap();
            assert_eq!(received.json(), made.json(), "{version}");
            assert_eq!(received.event_id(), made.event_id());
            assert_eq!(received.room_id(), made.room_id());
            assert_eq!(received.content().get(), made.content().get());
            assert_eq!(received.state_key(), made.state_key());
            assert_eq!(received.prev_events(), made.prev_events());
            assert_eq!(received.auth_events(), made.auth_events());
            assert_eq!(received.depth(), made.depth());
        }
        let create = &room.events[&room.order[0]];
        if version.as_str() == "12" {
            assert_eq!(create.room_id().as_str()[1..], create.event_id().as_str()[1..]);
            assert!(!create.json().contains("room_id"));
        } else {
            assert_eq!(create.room_id(), "!room:one.example");
        }
    }
}

#[test]
fn a_changed_event_loses_what_is_not_signed() {
    for (version, rules) in all_versions() {
        let event = message("the truth").build(rules, &key()).unwrap();
        let received = receive(&event.json().replace("the truth", "a lie"), rules).unwrap();
        assert_eq!(received.event_id(), event.event_id(), "{version}");
        assert_eq!(received.content().get(), "{}");
        assert_eq!(received.json(), events::redact::redacted(event.json(), rules).unwrap());
    }
}

#[test]
fn a_changed_signed_field_is_refused() {
    for (_, rules) in all_versions() {
        let json = message("x").build(rules, &key()).unwrap().json().to_owned();
        for bad in [
            set(&json, "depth", json!(8)),
            set(&json, "sender", json!("@bob:one.example")),
            set(&json, "origin_server_ts", json!(1)),
            set(&json, "type", json!("m.room.topic")),
            set(&json, "state_key", json!("")),
            set(&json, "room_id", json!("!other:one.example")),
            set(&json, "prev_events", json!(["$other"])),
            set(&json, "sender", json!("@alice:two.example")),
            set(&json, "signatures", json!({})),
            set(&json, "signatures", json!({ "one.example": {} })),
            set(&json, "signatures", json!({ "one.example": { "ed25519:unknown": "AAAA" } })),
            set(&json, "signatures", json!({ "one.example": { "ed25519:1": "AAAA" } })),
            set(&json, "signatures", json!({ "one.example": { "ed25519:1": "*" } })),
            set(&json, "hashes", json!({ "sha256": "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos" })),
        ] {
            let error = receive(&bad, rules).unwrap_err();
            assert!(matches!(error, Error::Signature(_)), "{error:?} for {bad}");
        }
    }
}

#[test]
fn malformed_events_are_refused() {
    for (_, rules) in all_versions() {
        let json = message("x").build(rules, &key()).unwrap().json().to_owned();
        for field in [
            "auth_events",
            "content",
            "depth",
            "hashes",
            "origin_server_ts",
            "prev_events",
            "room_id",
            "sender",
            "type",
            "signatures",
        ] {
            let without = edited(&json, |event| {
                event.remove(field);
            });
            // Which check finds it is of no matter, but it must not be taken for a valid one.
            assert!(receive(&without, rules).is_err(), "without {field}");
            for value in [json!(null), json!(true), json!(-1), json!(["$a", 1]), json!({ "a": 1 }), json!("no id")] {
                let wrong = set(&json, field, value.clone());
                let result = receive(&wrong, rules);
                assert!(result.is_err() || (field == "content" && value.is_object()), "{field}: {value}");
            }
        }
        assert!(matches!(receive(&set(&json, "state_key", json!(1)), rules), Err(Error::Format(_))));
        assert!(matches!(receive(&json.replace("\"depth\":7", "\"depth\":7.5"), rules), Err(Error::BadJson(_))));
        assert!(matches!(receive(&json[1..], rules), Err(Error::NotJson(_) | Error::BadJson(_))));
    }
}

#[test]
fn sixty_four_kibibytes_exactly() {
    for (_, rules) in all_versions() {
        let overhead = message("").build(rules, &key()).unwrap().json().len();
        let fits = message(&"a".repeat(MAX_PDU_BYTES - overhead)).build(rules, &key()).unwrap();
        assert_eq!(fits.json().len(), 65_536);
        assert_eq!(receive(fits.json(), rules).unwrap().json(), fits.json());

        let over = message(&"a".repeat(MAX_PDU_BYTES - overhead + 1)).build(rules, &key());
        assert!(matches!(over, Err(Error::TooLarge(_))));
        let over = fits.json().replacen("aaaa", "aaaaa", 1);
        assert_eq!(over.len(), 65_537);
        assert!(matches!(receive(&over, rules), Err(Error::TooLarge(_))));
        let huge = message(&"a".repeat(10_000_000)).build(rules, &key());
        assert!(matches!(huge, Err(Error::TooLarge(_))));
    }
}

#[test]
fn identifiers_of_255_bytes() {
    for (_, rules) in all_versions() {
        for (long, fits) in [(255, true), (256, false)] {
            let name = "ä".repeat(127) + &"b".repeat(long - 254);
            let kind = EventBuilder { event_type: name.as_str().into(), ..message("") }.build(rules, &key());
            let state_key = EventBuilder { state_key: Some(name.clone()), ..message("") }.build(rules, &key());
            for result in [kind, state_key] {
                match result {
                    Ok(event) => assert!(fits && receive(event.json(), rules).is_ok()),
                    Err(error) => assert!(!fits && matches!(error, Error::TooLarge(_)), "{error:?}"),
                }
            }
        }
    }
}

#[test]
fn references_are_limited_in_new_events_only() {
    for (_, rules) in all_versions() {
        let ids = |n: usize| (0..n).map(|i| OwnedEventId::try_from(format!("$event{i}")).unwrap()).collect::<Vec<_>>();
        EventBuilder { prev_events: ids(20), auth_events: ids(10), ..message("") }.build(rules, &key()).unwrap();
        for (prev, auth) in [(21, 10), (20, 11)] {
            let builder = EventBuilder { prev_events: ids(prev), auth_events: ids(auth), ..message("") };
            assert!(matches!(builder.build(rules, &key()), Err(Error::Format(_))));

            // Such an event can only be old, so it is made by hand here.
            let json = message("").build(rules, &key()).unwrap().json().to_owned();
            let mut event = canonical::object(&json).unwrap();
            for (field, list) in [("prev_events", ids(prev)), ("auth_events", ids(auth))] {
                let list = list.iter().map(|id| CanonicalJsonValue::String(id.to_string())).collect();
                event.insert(field.to_owned(), CanonicalJsonValue::Array(list));
            }
            event.remove("hashes");
            event.remove("signatures");
            ruma::signatures::add_content_hash_to_event(&mut event).unwrap();
            let pair =
                ruma::signatures::Ed25519KeyPair::new(ed25519_dalek::pkcs8::ALGORITHM_OID, &SEED, None, "1".to_owned())
                    .unwrap();
            ruma::signatures::sign_event("one.example", &pair, &mut event, &rules.redaction).unwrap();
            let json = canonical::text(&event).unwrap();
            assert!(matches!(receive(&json, rules), Err(Error::Format(_))));
            let old = VerifiedPdu::receive(&json, rules, &keys(&key(), "one.example"), Provenance::History).unwrap();
            assert_eq!((old.prev_events().len(), old.auth_events().len()), (prev, auth));
            assert_eq!(old.json(), json);
        }
    }
}

const SEED: [u8; 32] = [
    0x60, 0x90, 0xc1, 0x03, 0xd5, 0xe7, 0xaf, 0x6b, 0x15, 0xa9, 0x70, 0xfd, 0x56, 0x3e, 0xd7, 0x55, 0x49, 0xe6, 0x15,
    0x97, 0x19, 0xae, 0x5c, 0x3c, 0x31, 0xde, 0xe4, 0x31, 0x6f, 0xb7, 0x5c, 0x0d,
];

#[test]
fn stored_events_come_back() {
    for (version, rules) in all_versions() {
        let room = Room::public(&version, json!({}));
        for made in room.events.values() {
            let id = made.event_id().to_owned();
            let stored = events::Pdu::from_stored(made.json(), id, rules, true).unwrap();
            assert_eq!(stored.room_id(), made.room_id());
            assert_eq!(stored.content().get(), made.content().get());
            assert!(stored.rejected() && !stored.with_rejected(false).rejected());
        }
        for bad in ["", "{}", "[]", "{\"type\":1}"] {
            assert!(events::Pdu::from_stored(bad, "$x".try_into().unwrap(), rules, false).is_err());
        }
    }
}

#[test]
fn depth_beyond_the_limit_is_cut() {
    let event = EventBuilder { depth: i64::MAX, ..message("") }.build(&RoomVersionRules::V11, &key()).unwrap();
    assert_eq!(event.depth(), (1 << 53) - 1);
    assert!(EventBuilder { depth: -1, ..message("") }.build(&RoomVersionRules::V11, &key()).is_err());
}

#[test]
fn no_name_has_a_zero_byte() {
    for (_, rules) in all_versions() {
        let state = EventBuilder { state_key: Some("a\0b".into()), ..message("x") };
        assert!(matches!(state.build(rules, &key()), Err(Error::Format(_))));
        let kind = EventBuilder { event_type: "a\0b".into(), ..message("x") };
        assert!(matches!(kind.build(rules, &key()), Err(Error::Format(_))));
        let made = message("a\0b").build(rules, &key()).unwrap();
        receive(made.json(), rules).unwrap();
        let foreign = set(made.json(), "state_key", json!("\0"));
        assert!(matches!(receive(&foreign, rules), Err(Error::Format(_))));
    }
}
