//! Whose signatures an event needs, and when its keys must have been good.

use std::collections::BTreeMap;

use events::{Error, Provenance, PublicKey, SigningKey, UnverifiedPdu, VerifiedPdu, canonical};
use ruma::{CanonicalJsonObject, RoomVersionId, room_version_rules::RoomVersionRules};
use serde_json::{Value, json};

use crate::room::{ALICE, BOB, CAROL, all_versions, key};

/// An event as any server may write it: hashed, and signed by those who are named.
fn event(rules: &RoomVersionRules, kind: &str, content: Value, by: &[(&str, &SigningKey)]) -> CanonicalJsonObject {
    let mut event = canonical::object_from(&json!({
        "auth_events": [], "content": content, "depth": 5, "origin_server_ts": 1_000, "prev_events": ["$p"],
        "room_id": "!room:one.example", "sender": CAROL, "state_key": BOB, "type": kind,
    }))
    .unwrap();
    ruma::signatures::add_content_hash_to_event(&mut event).unwrap();
    sign(&mut event, rules, by);
    event
}

fn sign(event: &mut CanonicalJsonObject, rules: &RoomVersionRules, by: &[(&str, &SigningKey)]) {
    for (server, key) in by {
        let mut redacted = ruma::canonical_json::redact(event.clone(), &rules.redaction, None).unwrap();
        key.sign_json((*server).try_into().unwrap(), &mut redacted).unwrap();
        event.insert("signatures".to_owned(), redacted.remove("signatures").unwrap());
    }
}

fn other_key() -> SigningKey {
    SigningKey::generate([5; 32]).unwrap()
}

/// With the keys of `one.example` ([`key`]) and `two.example` ([`other_key`]).
fn receive(event: &CanonicalJsonObject, rules: &RoomVersionRules) -> Result<VerifiedPdu, Error> {
    let known = BTreeMap::from([("one.example", key()), ("two.example", other_key())]);
    UnverifiedPdu::read(&canonical::text(event).unwrap(), rules, Provenance::Sent)?.verify(rules, |server, id| {
        let key = known.get(server.as_str()).filter(|key| key.key_id() == id)?;
        Some(PublicKey::from_bytes(&key.public_key()).unwrap())
    })
}

#[test]
fn a_forged_third_party_invite_needs_the_signature_of_its_sender() {
    for (version, rules) in all_versions() {
        let content = json!({ "membership": "invite", "third_party_invite": { "signed": { "token": "t" } } });
        let invite = event(rules, "m.room.member", content, &[("one.example", &key())]);
        // Whoever sends it may be another server than the sender's.
        assert!(receive(&invite, rules).is_ok(), "{version}");
        // With a wrong hash it is redacted, and would become an ordinary invite that nobody signed.
        let content = json!({ "membership": "invite", "third_party_invite": {} });
        let mut forged = event(rules, "m.room.member", content, &[]);
        forged.insert("hashes".to_owned(), json!({ "sha256": "AAAA" }).try_into().unwrap());
        match receive(&forged, rules) {
            Err(Error::Signature(_)) => {}
            Ok(event) => assert!(event.content().get().contains("third_party_invite"), "{version}: {}", event.json()),
            Err(other) => panic!("{version}: {other:?}"),
        }
        sign(&mut forged, rules, &[("two.example", &other_key())]);
        assert!(receive(&forged, rules).is_ok());
    }
}

#[test]
fn a_restricted_join_needs_two_signatures() {
    for (version, rules) in all_versions() {
        let content = json!({ "membership": "join", "join_authorised_via_users_server": ALICE });
        let (one, two) = (key(), other_key());
        let alone = event(rules, "m.room.member", content.clone(), &[("two.example", &two)]);
        let both = event(rules, "m.room.member", content, &[("two.example", &two), ("one.example", &one)]);
        let demanded = !matches!(version, RoomVersionId::V6 | RoomVersionId::V7);
        assert_eq!(receive(&alone, rules).is_err(), demanded, "{version}");
        assert!(receive(&both, rules).is_ok());

        // What is no join may say what it likes.
        for (kind, membership) in [("m.room.message", "join"), ("m.room.member", "leave")] {
            for authoriser in [json!(ALICE), json!(5)] {
                let content = json!({ "membership": membership, "join_authorised_via_users_server": authoriser });
                assert!(receive(&event(rules, kind, content, &[("two.example", &two)]), rules).is_ok());
            }
        }
        let nobody = json!({ "membership": "join", "join_authorised_via_users_server": "nobody" });
        let nobody = event(rules, "m.room.member", nobody, &[("two.example", &two)]);
        assert_eq!(receive(&nobody, rules).is_err(), demanded);
    }
}

#[test]
fn unknown_keys_are_skipped_and_known_ones_must_fit() {
    for (_, rules) in all_versions() {
        let (two, strange) = (other_key(), SigningKey::generate([6; 32]).unwrap());
        let content = || json!({ "membership": "join" });
        let signed = |by: &[(&str, &SigningKey)]| event(rules, "m.room.member", content(), by);
        assert!(receive(&signed(&[("two.example", &two), ("two.example", &strange)]), rules).is_ok());
        assert!(receive(&signed(&[("two.example", &strange)]), rules).is_err());
        assert!(receive(&signed(&[("one.example", &key())]), rules).is_err());
        let mut policy = signed(&[("two.example", &two)]);
        let mut set = |server: &str, id: &str, signature: Value| {
            let all = policy.get_mut("signatures").and_then(|all| all.as_object_mut()).unwrap();
            let of_server = all.entry(server.to_owned()).or_insert_with(|| json!({}).try_into().unwrap());
            of_server.as_object_mut().unwrap().insert(id.to_owned(), signature.try_into().unwrap());
        };
        set("two.example", "ed25519:policy_server", json!("AAAA"));
        set("two.example", "nonsense", json!(5));
        set("three.example", "ed25519:1", json!("AAAA"));
        assert!(receive(&policy, rules).is_ok());
        for wrong in [json!("AAAA"), json!(5)] {
            let mut event = signed(&[("two.example", &two)]);
            let all = event.get_mut("signatures").and_then(|all| all.as_object_mut()).unwrap();
            let of_server = all.get_mut("two.example").and_then(|all| all.as_object_mut()).unwrap();
            of_server.insert(two.key_id(), wrong.try_into().unwrap());
            assert!(receive(&event, rules).is_err());
        }
    }
}

#[test]
fn an_event_tells_which_keys_it_needs() {
    let rules = &RoomVersionRules::V11;
    let content = json!({ "membership": "join", "join_authorised_via_users_server": ALICE });
    let (one, two) = (key(), other_key());
    let event = event(rules, "m.room.member", content, &[("two.example", &two), ("one.example", &one), ("x", &one)]);
    let read = UnverifiedPdu::read(&canonical::text(&event).unwrap(), rules, Provenance::Sent).unwrap();
    let signers = read.signers(rules).unwrap();
    let (one, two) = (one.key_id(), two.key_id());
    let expected = [("one.example", vec![one.as_str()]), ("two.example", vec![two.as_str()])];
    assert_eq!(signers.iter().map(|(server, ids)| (server.as_str(), ids.clone())).collect::<Vec<_>>(), expected);
    assert_eq!(i64::from(read.origin_server_ts().get()), 1_000);
}

#[test]
fn cve_2026_24044_weak_keys_are_none() {
    // With the neutral element as key, one signature fits every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(matches!(PublicKey::from_bytes(&neutral), Err(Error::Key(_))));
    assert!(matches!(PublicKey::from_bytes(&[0; 32]), Err(Error::Key(_))));
    assert!(matches!(PublicKey::from_bytes(&[7; 31]), Err(Error::Key(_))));
    let good = PublicKey::from_bytes(&key().public_key()).unwrap();
    assert_eq!(PublicKey::from_base64(&good.to_base64()).unwrap(), good);
    assert!(good.verify(b"x", "").is_err() && good.verify(b"x", "*").is_err());
}
