//! Rows for tests.

use std::sync::Arc;

use crate::{
    Store,
    rooms::{Append, EventCounts, EventRow, Membership, MembershipChange, RoomCounts, RoomRow, StateChange},
};

/// An append of `count` messages to a room that is new, or was at this revision.
pub(crate) fn messages(store: &Store, room: i64, built_on: i64, count: usize) -> Append {
    let events = (0..count).map(|_| Arc::new(message(store.next_nid(), room))).collect();
    Append { built_on, events, ..Append::new(room_row(room)) }
}

pub(crate) fn room_row(nid: i64) -> RoomRow {
    RoomRow {
        nid,
        room_id: format!("!room{nid}"),
        version: "12".into(),
        revision: 0,
        last_position: 0,
        state: 1,
        extremities: String::new(),
        joined: 1,
        invited: 0,
        published: false,
        counted: RoomCounts::default(),
    }
}

pub(crate) fn message(nid: i64, room: i64) -> EventRow {
    EventRow {
        nid,
        room,
        depth: nid,
        origin_server_ts: 1_700_000_000_000 + nid,
        event_id: format!("$event{nid}"),
        event_type: "m.room.message".into(),
        sender: "@a:test.example".into(),
        state_key: None,
        replaces: None,
        state_before: 1,
        state_after: 1,
        flags: 0,
        redacted_by: None,
        device_id: Some("DEVICE".into()),
        txn_id: Some(format!("txn{nid}")),
        json: format!("{{\"n\":{nid}}}"),
        counted: EventCounts::default(),
    }
}

/// That the event at this place of an append makes somebody a member of this kind.
pub(crate) fn membership(append: &mut Append, at: usize, user_id: &str, membership: Membership, local: bool) {
    let event = append.events[at].nid;
    append.memberships.push(MembershipChange {
        at,
        user_id: user_id.into(),
        membership,
        event,
        sender: user_id.into(),
        display_name: Some(format!("Name of {user_id}")),
        avatar_url: None,
        local,
    });
    append.changes.push(state_change(at, "m.room.member", user_id, Some(event)));
}

pub(crate) fn state_change(at: usize, event_type: &str, state_key: &str, event: Option<i64>) -> StateChange {
    StateChange { at, event_type: event_type.into(), state_key: state_key.into(), event, replaced: None }
}
