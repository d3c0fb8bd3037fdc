//! The test vectors of the specification (appendices § Cryptographic Test Vectors).

use events::{EventBuilder, SigningKey, canonical};
use ruma::{
    MilliSecondsSinceUnixEpoch, room_version_rules::RoomVersionRules, server_name,
    signatures::add_content_hash_to_event, uint,
};

use crate::room::{key, user};

#[test]
fn json_signing() {
    for (input, signature) in [
        ("{}", "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"),
        (
            r#"{"two": "Two", "one": 1}"#,
            "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
        ),
    ] {
        let mut object = canonical::object(input).unwrap();
        key().sign_json(server_name!("domain"), &mut object).unwrap();
        assert!(canonical::text(&object).unwrap().contains(&format!(r#""domain":{{"ed25519:1":"{signature}"}}"#)));
    }
}

#[test]
fn content_hashes() {
    for (event, hash) in [
        (
            r#"{"room_id":"!x:domain","sender":"@a:domain","origin":"domain","origin_server_ts":1000000,"signatures":{},
                "hashes":{},"type":"X","content":{},"prev_events":[],"auth_events":[],"depth":3,
                "unsigned":{"age_ts":1000000}}"#,
            "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos",
        ),
        (
            r#"{"content":{"body":"Here is the message content"},"event_id":"$0:domain","origin":"domain",
                "origin_server_ts":1000000,"type":"m.room.message","room_id":"!r:domain","sender":"@u:domain",
                "signatures":{},"unsigned":{"age_ts":1000000}}"#,
            "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g",
        ),
    ] {
        let mut object = canonical::object(event).unwrap();
        add_content_hash_to_event(&mut object).unwrap();
        assert!(canonical::text(&object).unwrap().contains(&format!(r#""hashes":{{"sha256":"{hash}"}}"#)));
    }
}

/// The signed event of the specification passes our checks. (Building it takes a field `origin` that events of today
/// do not have.)
#[test]
fn event_signature() {
    let json = r#"{"auth_events":[],"content":{},"depth":3,
        "hashes":{"sha256":"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos"},"origin":"domain",
        "origin_server_ts":1000000,"prev_events":[],"room_id":"!x:domain","sender":"@a:domain","signatures":{"domain":{
        "ed25519:1":"KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg"}},
        "type":"X","unsigned":{"age_ts":1000000}}"#;
    let keys = crate::receiving::keys(&key(), "domain");
    let event = events::VerifiedPdu::receive(json, &RoomVersionRules::V6, &keys, events::Provenance::Sent).unwrap();
    assert_eq!(event.depth(), 3);
    assert!(!event.json().contains("unsigned"), "nobody signs unsigned");
}

#[test]
fn key_files() {
    let key = key();
    assert_eq!(key.key_id(), "ed25519:1");
    assert_eq!(key.public_key_base64(), "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI");
    assert_eq!(SigningKey::from_text(&key.to_text()).unwrap().public_key(), key.public_key());
    assert_eq!(format!("{key:?}"), "SigningKey(\"ed25519:1\")", "the secret must not be in logs");

    let new = SigningKey::generate([7; 32]).unwrap();
    assert_eq!(SigningKey::from_text(&new.to_text()).unwrap().key_id(), new.key_id());
    assert_ne!(SigningKey::generate([8; 32]).unwrap().key_id(), new.key_id());

    for bad in [
        "",
        "ed25519 1",
        "rsa 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
        "ed25519 a:b YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
        "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW",
        "ed25519 1 not*base64",
        "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\ned25519 2 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
    ] {
        assert!(matches!(SigningKey::from_text(bad), Err(events::Error::Key(_))), "{bad:?}");
    }
    SigningKey::from_text("ed25519 a_1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1=\r\n").unwrap();
}

/// The same event always gets the same ID, which never changes between releases.
#[test]
fn event_ids_are_stable() {
    let event = EventBuilder {
        room_id: Some("!x:domain".try_into().unwrap()),
        sender: user("@a:domain"),
        event_type: "X".into(),
        state_key: None,
        content: Default::default(),
        prev_events: vec![],
        auth_events: vec![],
        depth: 3,
        origin_server_ts: MilliSecondsSinceUnixEpoch(uint!(1_000_000)),
        redacts: None,
    };
    let built = event.clone().build(&RoomVersionRules::V6, &key()).unwrap();
    assert_eq!(built.event_id(), event.build(&RoomVersionRules::V11, &key()).unwrap().event_id());
    assert_eq!(built.event_id().as_str().len(), 44);
}
