//! The stripped state that tells a user what room they are invited to or knock at (client-server § Stripped state).

use ::events::client_event::stripped_state;
use store::{
    rooms::MemberRow,
    state::{NodeReader, get},
};

use super::Work;
use crate::Result;

/// What is told of the room beside the members.
const TYPES: [&str; 7] = [
    "m.room.create",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.avatar",
    "m.room.encryption",
    "m.room.name",
    "m.room.topic",
];

impl Work<'_> {
    /// The stripped state of a room as it was when the user was invited or knocked, that event last.
    pub(super) fn stripped_state(&mut self, member: &MemberRow) -> Result<Vec<String>> {
        let rooms = &self.sources.rooms;
        let event = rooms.events().one(self.conn.open()?, member.event)?;
        let mut keys: Vec<(&str, &str)> = TYPES.iter().map(|event_type| (*event_type, "")).collect();
        if member.sender != member.user_id {
            keys.push(("m.room.member", &member.sender));
        }
        let mut nids = Vec::with_capacity(keys.len() + 1);
        for (event_type, state_key) in keys {
            let Some(key) = rooms.state_key(self.conn.open()?, event_type, state_key)? else { continue };
            nids.extend(get(&mut NodeReader::new(self.conn.open()?, rooms.nodes()), event.state_before, key)?);
        }
        nids.push(event.nid);
        let held = rooms.events().stored_map(self.conn.open()?, &nids)?;
        let mut state = Vec::with_capacity(nids.len());
        for event in nids.iter().filter_map(|nid| held.get(nid)) {
            state.push(Box::<str>::from(stripped_state(&event.json)?).into_string());
        }
        Ok(state)
    }
}
