//! A second server signs an event, and nothing but its signature counts.

use events::{Countersignatures, Error, EventBuilder, PublicKey, SigningKey, VerifiedPdu, canonical, countersign};
use ruma::{
    MilliSecondsSinceUnixEpoch, ServerName, ServerSigningKeyId, room_version_rules::RoomVersionRules, server_name, uint,
};
use serde_json::json;

use crate::room::{ALICE, CAROL, key, user};

fn theirs() -> SigningKey {
    SigningKey::generate([7; 32]).unwrap()
}

fn invite(rules: &RoomVersionRules) -> VerifiedPdu {
    let builder = EventBuilder {
        room_id: Some("!room:one.example".try_into().unwrap()),
        sender: user(ALICE),
        event_type: "m.room.member".into(),
        state_key: Some(CAROL.to_owned()),
        content: canonical::object_from(&json!({ "membership": "invite", "reason": "tea" })).unwrap(),
        prev_events: vec!["$a".try_into().unwrap()],
        auth_events: vec!["$b".try_into().unwrap()],
        depth: 7,
        origin_server_ts: MilliSecondsSinceUnixEpoch(uint!(1_700_000_000)),
        redacts: None,
    };
    builder.build(rules, &key()).unwrap()
}

fn them() -> &'static ServerName {
    server_name!("two.example")
}

fn signed(event: &VerifiedPdu, copy: &str, key: &SigningKey) -> Result<VerifiedPdu, Error> {
    let signatures = Countersignatures::of(them(), copy)?;
    let known = |id: &ServerSigningKeyId| {
        (id.as_str() == key.key_id()).then(|| PublicKey::from_bytes(&key.public_key()).unwrap())
    };
    event.with_signatures(them(), &signatures, &RoomVersionRules::V11, known)
}

#[test]
fn a_second_signature_changes_nothing_else() {
    let rules = &RoomVersionRules::V11;
    let event = invite(rules);
    let copy = countersign(event.json(), rules, them(), &theirs()).unwrap();
    let both = signed(&event, &copy, &theirs()).unwrap();
    assert_eq!(both.event_id(), event.event_id());
    assert_eq!(both.json(), copy);
    let object = canonical::object(both.json()).unwrap();
    let signatures = object["signatures"].as_object().unwrap();
    assert_eq!(signatures.keys().collect::<Vec<_>>(), ["one.example", "two.example"]);
    let content = object["content"].as_object().unwrap();
    assert_eq!(content["reason"].as_str(), Some("tea"));
}

#[test]
fn nothing_but_the_signatures_is_taken_from_a_copy() {
    let event = invite(&RoomVersionRules::V11);
    let copy = countersign(event.json(), &RoomVersionRules::V11, them(), &theirs()).unwrap();
    let mut other = canonical::object(&copy).unwrap();
    other.insert("depth".into(), ruma::int!(9).into());
    other.insert("content".into(), canonical::object_from(&json!({ "membership": "ban" })).unwrap().into());
    let both = signed(&event, &canonical::text(&other).unwrap(), &theirs()).unwrap();
    assert_eq!(both.json(), copy);
}

#[test]
fn a_signature_must_be_there_and_fit() {
    let rules = &RoomVersionRules::V11;
    let event = invite(rules);
    let of_another = countersign(&event.json().replace("tea", "tee"), rules, them(), &theirs()).unwrap();
    // The content is not signed itself, but its hash is, and that is unchanged.
    assert!(signed(&event, &of_another, &theirs()).is_ok());
    let other_depth =
        countersign(&event.json().replace("\"depth\":7", "\"depth\":8"), rules, them(), &theirs()).unwrap();
    let unsigned = event.json().to_owned();
    let with_another_key = countersign(event.json(), rules, them(), &SigningKey::generate([8; 32]).unwrap()).unwrap();
    for copy in [other_depth, unsigned, with_another_key] {
        let error = signed(&event, &copy, &theirs()).unwrap_err();
        assert!(matches!(error, Error::Signature(_)), "{copy}: {error}");
    }
}
