//! What another server tells of a room that is entered. The input is the body of an answer to `send_join`.
#![no_main]

use federation::fuzzing::told;
use libfuzzer_sys::fuzz_target;
use ruma::api::federation::membership::create_join_event::v2::RoomState;
use serde_json::value::RawValue;

fuzz_target!(|data: &[u8]| {
    let read = |piece: usize| {
        let (elements, rest) = told(data, piece)?;
        let rest = serde_json::from_slice::<RoomState>(&rest).map_err(|_| "it is no answer")?;
        Ok::<_, &str>((elements, rest))
    };
    let cut = read(data.len());
    for piece in [1, 2, 7, 100] {
        assert_eq!(format!("{:?}", read(piece)), format!("{cut:?}"), "{piece}");
    }
    // It is a list for which ruma would have no names.
    let is_object = data.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let whole = serde_json::from_slice::<RoomState>(data).ok().filter(|_| is_object);
    assert_eq!(cut.is_ok(), whole.is_some(), "{cut:?}");
    let (Ok((elements, rest)), Some(whole)) = (cut, whole) else { return };
    let texts = |list: &[Box<RawValue>]| list.iter().map(|json| json.get().to_owned()).collect::<Vec<_>>();
    for (name, list) in [("state", &whole.state), ("auth_chain", &whole.auth_chain)] {
        let cut = elements.iter().filter(|(list, _)| *list == name);
        let cut = cut.map(|(_, json)| json.as_ref().expect("it is short").get().to_owned());
        assert_eq!(cut.collect::<Vec<_>>(), texts(list));
    }
    assert!(rest.state.is_empty() && rest.auth_chain.is_empty(), "it was cut");
    assert_eq!(rest.members_omitted, whole.members_omitted);
    assert_eq!(rest.event.map(|json| json.get().to_owned()), whole.event.map(|json| json.get().to_owned()));
    assert_eq!(rest.servers_in_room, whole.servers_in_room);
});
