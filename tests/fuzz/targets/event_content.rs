//! Events of other servers and contents of our clients. The input is the number of a room version, and below it an event.
//! It is signed here, for else nothing but signatures would be looked at.
#![no_main]

use std::{collections::BTreeMap, sync::LazyLock};

use events::{
    ClientFormat, Error, EventBuilder, MAX_PDU_BYTES, Pdu, PowerLevels, Provenance, SigningKey, Unsigned, VerifiedPdu,
    auth, canonical, client_event, redact, validate, version,
};
use libfuzzer_sys::fuzz_target;
use peerbrain_fuzz::lines;
use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, MilliSecondsSinceUnixEpoch, OwnedUserId, RoomVersionId,
    canonical_json::redact,
    events::TimelineEventType,
    room_version_rules::RoomVersionRules,
    serde::Base64,
    signatures::{PublicKeyMap, add_content_hash_to_event},
};
use serde_json::{Value, json, value::RawValue};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate([7; 32]).expect("a key"));

fuzz_target!(|data: &[u8]| {
    let Some([number, text]) = lines(data) else { return };
    let Some(rules) = RoomVersionId::try_from(number).ok().and_then(|number| version::rules(&number)) else { return };
    let Ok(mut event) = canonical::object(text) else {
        let refused = VerifiedPdu::receive(text, rules, &PublicKeyMap::new(), Provenance::Sent);
        return assert!(refused.is_err());
    };
    let string = |field: &str| event.get(field).and_then(CanonicalJsonValue::as_str);
    let Some(sender) = string("sender").and_then(|id| OwnedUserId::try_from(id).ok()) else { return };
    let (event_type, state_key) = (string("type").unwrap_or_default().into(), string("state_key").map(str::to_owned));
    let content = event.get("content").and_then(|content| serde_json::to_string(content).ok());
    if let Some(content) = content.and_then(|content| RawValue::from_string(content).ok()) {
        of_client(rules, &sender, &event_type, state_key, &content);
    }
    if sign(rules, &sender, &mut event).is_some() {
        of_server(rules, &sender, &event);
    }
});

/// Hashes and signs an event in the name of its sender's server.
fn sign(rules: &RoomVersionRules, sender: &OwnedUserId, event: &mut CanonicalJsonObject) -> Option<()> {
    event.remove("signatures");
    add_content_hash_to_event(event).ok()?;
    let mut kept = redact(event.clone(), &rules.redaction, None).ok()?;
    KEY.sign_json(sender.server_name(), &mut kept).ok()?;
    event.insert("signatures".to_owned(), kept.remove("signatures")?);
    Some(())
}

fn receive(text: &str, rules: &RoomVersionRules, sender: &OwnedUserId, by: Provenance) -> Result<VerifiedPdu, Error> {
    let keys = BTreeMap::from([(KEY.key_id(), Base64::new(KEY.public_key().to_vec()))]);
    VerifiedPdu::receive(text, rules, &BTreeMap::from([(sender.server_name().to_string(), keys)]), by)
}

fn of_server(rules: &RoomVersionRules, sender: &OwnedUserId, event: &CanonicalJsonObject) {
    let text = canonical::text(event).expect("it was read");
    let sent = receive(&text, rules, sender, Provenance::Sent);
    let history = receive(&text, rules, sender, Provenance::History);
    if let Ok(sent) = &sent {
        assert!(sent.prev_events().len() <= 20 && sent.auth_events().len() <= 10);
        assert_eq!(history.as_ref().expect("what may be sent may be history").json(), sent.json());
    }
    let Ok(pdu) = history else { return };
    // Whatever else is said beside an event changes nothing.
    let mut gossip = event.clone();
    gossip.insert("unsigned".to_owned(), CanonicalJsonValue::String("x".repeat(9)));
    let gossip = receive(&canonical::text(&gossip).expect("a text"), rules, sender, Provenance::History);
    assert_eq!(gossip.expect("accepted without").json(), pdu.json());
    accepted(rules, sender, &pdu);
}

fn of_client(
    rules: &RoomVersionRules,
    sender: &OwnedUserId,
    event_type: &TimelineEventType,
    state_key: Option<String>,
    content: &RawValue,
) {
    let Ok(content) = validate::client_content(event_type, state_key.as_deref(), content) else { return };
    let builder = EventBuilder { state_key, content, ..builder(sender.clone(), event_type.clone()) };
    // The authorization rules refuse memberships that are none, whoever makes them.
    let membership = builder.content.get("membership").is_some_and(CanonicalJsonValue::is_string);
    if *event_type == TimelineEventType::RoomMember && !membership {
        return;
    }
    let Ok(made) = builder.build(rules, &KEY) else { return };
    let received = match receive(made.json(), rules, sender, Provenance::Sent) {
        // Who joins by the word of another server needs its signature, too.
        Err(Error::Signature(_)) if made.json().contains("join_authorised_via_users_server") => return,
        received => received.expect("what is made here is accepted"),
    };
    assert_eq!((received.json(), received.event_id()), (made.json(), made.event_id()));
    accepted(rules, sender, &received);
}

/// What holds of every event that has been accepted.
fn accepted(rules: &RoomVersionRules, sender: &OwnedUserId, pdu: &Pdu) {
    assert!(pdu.json().len() <= MAX_PDU_BYTES);
    let names = [pdu.sender().as_str(), &pdu.event_type().to_string(), pdu.state_key().unwrap_or_default()];
    assert!(names.iter().all(|name| name.len() <= 255 && !name.contains('\0')));
    let again = Pdu::from_stored(pdu.json(), pdu.event_id().to_owned(), rules, false).expect("it can be stored");
    assert_eq!((again.json(), again.room_id(), again.redacts()), (pdu.json(), pdu.room_id(), pdu.redacts()));

    let redacted = redact::redacted(pdu.json(), rules).expect("every event can be redacted");
    assert_eq!(redact::redacted(&redacted, rules).expect("twice"), redacted);
    let kept = receive(&redacted, rules, sender, Provenance::History).expect("redacted, it is as good as before");
    assert_eq!((kept.event_id(), kept.json()), (pdu.event_id(), &*redacted));

    for json in [pdu.json(), &redacted] {
        let form = ClientFormat {
            event_id: pdu.event_id(),
            room_id: Some(pdu.room_id()),
            rules,
            unsigned: Unsigned::default(),
        };
        let shown = client_event::client_event(json, &form).expect("clients can be shown it");
        let shown: Value = serde_json::from_str(shown.get()).expect("it is JSON");
        assert_eq!(shown.get("sender").and_then(Value::as_str), Some(pdu.sender().as_str()));
        // ruma writes what it knows under several names under one of them.
        assert_eq!(shown.get("type").and_then(Value::as_str).map(Into::into).as_ref(), Some(pdu.event_type()));
        assert_eq!(client_event::stripped_state(json).is_ok(), pdu.state_key().is_some());
    }
    judged(rules, pdu);
}

/// The rules of rooms read contents, too.
fn judged(rules: &RoomVersionRules, pdu: &Pdu) {
    let create = EventBuilder {
        state_key: Some(String::new()),
        content: canonical::object_from(&json!({ "creator": "@a:fuzz.example" })).expect("an object"),
        ..builder(OwnedUserId::try_from("@a:fuzz.example").expect("an id"), TimelineEventType::RoomCreate)
    };
    let create = create.build(rules, &KEY).expect("a create event").into_pdu(false);
    let _ = auth::needed_state(rules, pdu);
    let _ = auth::check_auth_events(rules, pdu, |_| Some(create.clone()));
    let _ = auth::check_state(rules, pdu, |kind, _| (kind.to_string() == "m.room.create").then(|| create.clone()));
    if pdu.is_state(&TimelineEventType::RoomPowerLevels, "")
        && let Ok(levels) = PowerLevels::new(rules, &create, Some(pdu))
    {
        let _ = (levels.user(pdu.sender()), levels.event(pdu.event_type(), true), levels.notification("room"));
    }
}

fn builder(sender: OwnedUserId, event_type: TimelineEventType) -> EventBuilder {
    EventBuilder {
        room_id: Some("!r:fuzz.example".try_into().expect("an id")),
        sender,
        event_type,
        state_key: None,
        content: CanonicalJsonObject::new(),
        prev_events: vec![],
        auth_events: vec![],
        depth: 1,
        origin_server_ts: MilliSecondsSinceUnixEpoch(ruma::uint!(7)),
        redacts: None,
    }
}
