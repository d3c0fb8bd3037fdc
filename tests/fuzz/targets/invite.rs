//! Invites of other servers. The input is a body.
#![no_main]

use std::collections::HashSet;

use events::{VerifiedPdu, canonical, version};
use http::Request;
use libfuzzer_sys::fuzz_target;
use rooms::foreign::MAX_STRIPPED_BYTES;
use ruma::{
    CanonicalJsonValue,
    api::{IncomingRequestExt, federation::membership::create_invite::v2},
    user_id,
};

/// Types of state by which a room is shown, the membership of who invites included.
const SHOWN: usize = 8;

fuzz_target!(|data: &[u8]| {
    let request = Request::put("/_matrix/federation/v2/invite/!a:b/$c").body(data).expect("a request");
    let Ok(invite) = v2::Request::try_from_http_request(request, &["!a:b", "$c"]) else { return };
    if let Some(rules) = version::rules(&invite.room_version) {
        let _ = VerifiedPdu::id_of(invite.event.get(), rules);
    }
    let inviter = user_id!("@x:b");
    let (whole, state) = federation::fuzzing::shown(invite.invite_room_state, inviter);
    assert!(whole.len() <= SHOWN && state.events().len() <= SHOWN);
    let (mut bytes, mut seen) = (0, HashSet::new());
    for event in state.events() {
        bytes += event.get().len();
        let object = canonical::object(event.get()).expect("every client can read it");
        assert_eq!(object.keys().collect::<Vec<_>>(), ["content", "sender", "state_key", "type"]);
        let text = |field: &str| object.get(field).and_then(CanonicalJsonValue::as_str).expect("a text");
        let (kind, key) = (text("type"), text("state_key"));
        assert_eq!(key, if kind == "m.room.member" { inviter.as_str() } else { "" });
        assert!(seen.insert(kind.to_owned()), "twice");
    }
    assert!(bytes <= MAX_STRIPPED_BYTES);
});
