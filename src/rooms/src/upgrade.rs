//! `POST /rooms/{roomId}/upgrade` (client-server §room-upgrades).

use events::version;
use ruma::{OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, events::TimelineEventType};
use serde_json::{Map, Value, json};
use store::rooms::{StoredEvent, current_state, events_by_nid};

use crate::{
    Error, Result, Rooms,
    create::{CreateRoom, InitialState, Preset},
    lane::Proposal,
};

/// State that moves into the new room.
const MOVES: [&str; 9] = [
    "m.room.server_acl",
    "m.room.encryption",
    "m.room.name",
    "m.room.avatar",
    "m.room.topic",
    "m.room.guest_access",
    "m.room.history_visibility",
    "m.room.join_rules",
    "m.room.pinned_events",
];

/// The old room's state, by type and key.
struct OldState {
    events: Vec<StoredEvent>,
}

impl OldState {
    fn content(&self, event_type: &str) -> Option<Map<String, Value>> {
        let event = self.events.iter().find(|event| event.event_type == event_type)?;
        content_of(event)
    }
}

fn content_of(event: &StoredEvent) -> Option<Map<String, Value>> {
    let mut pdu: Map<String, Value> = serde_json::from_str(&event.json).ok()?;
    match pdu.remove("content") {
        Some(Value::Object(content)) => Some(content),
        _ => None,
    }
}

impl Rooms {
    /// Replaces a room by one of another version: makes the new room like the old, moves the aliases, and closes the
    /// old room with a tombstone.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever may not send the tombstone, [`Error::UnsupportedRoomVersion`].
    pub async fn upgrade(
        &self,
        room_id: &RoomId,
        user: &UserId,
        to: RoomVersionId,
        additional_creators: Vec<OwnedUserId>,
    ) -> Result<OwnedRoomId> {
        let rules = version::rules(&to).ok_or_else(|| Error::UnsupportedRoomVersion(to.to_string()))?;
        let room = self.writable(room_id).await?;
        self.check_may_send(room, user, &TimelineEventType::RoomTombstone, Some("")).await?;
        let old = self.old_state(room).await?;
        let privileged = rules.authorization.explicitly_privilege_room_creators;
        let mut request = CreateRoom {
            creation_content: old.content("m.room.create").unwrap_or_default(),
            preset: Some(Preset::PrivateChat),
            room_version: Some(to),
            power_level_content_override: Some(moved_levels(&old, user, &additional_creators, privileged)),
            ..CreateRoom::default()
        };
        for key in ["room_version", "creator", "additional_creators", "predecessor"] {
            request.creation_content.remove(key);
        }
        // Before version 12 it names an event too; the tombstone can only come after the new room's id is known.
        let newest = old.events.iter().max_by_key(|event| event.depth).map(|event| &event.event_id);
        let predecessor = match privileged {
            true => json!({ "room_id": room_id }),
            false => json!({ "room_id": room_id, "event_id": newest }),
        };
        request.creation_content.insert("predecessor".into(), predecessor);
        if privileged && !additional_creators.is_empty() {
            request.creation_content.insert("additional_creators".into(), json!(additional_creators));
        }
        request.initial_state = moved_state(&old)?;
        let new = self.create(user, request).await?;
        let tombstone = json!({ "body": "This room has been replaced", "replacement_room": new });
        let content = events::canonical::object_from(&tombstone)?;
        let proposal = Proposal::state(user.to_owned(), TimelineEventType::RoomTombstone, "", content);
        self.propose_one(room, proposal).await?;
        self.move_aliases(room, user, &new, &old).await?;
        self.silence(room, user, &old).await;
        Ok(new)
    }

    async fn old_state(&self, room: i64) -> Result<OldState> {
        let events = self.inner.store.read(move |conn| {
            let state = current_state(conn, room)?;
            let wanted = |(event_type, state_key, nid): (String, String, i64)| {
                (state_key.is_empty() || event_type == "m.room.member").then_some(nid)
            };
            let nids: Vec<i64> = state.into_iter().filter_map(wanted).collect();
            events_by_nid(conn, &nids)
        });
        Ok(OldState { events: events.await? })
    }

    /// Local aliases follow the room, and so does the canonical one.
    async fn move_aliases(&self, room: i64, user: &UserId, new: &RoomId, old: &OldState) -> Result<()> {
        let Some(target) = self.nid(new).await? else { return Ok(()) };
        let moved = self.inner.store.write(move |tx| store::rooms::move_aliases(tx, room, target)).await?;
        if moved == 0 {
            return Ok(());
        }
        if let Some(content) = old.content("m.room.canonical_alias") {
            let content = events::canonical::object_from(&content)?;
            let canonical = TimelineEventType::RoomCanonicalAlias;
            self.propose_one(target, Proposal::state(user.to_owned(), canonical.clone(), "", content)).await?;
            // The old room no longer has them. It need not allow that to be said.
            let empty = Proposal::state(user.to_owned(), canonical, "", Default::default());
            let _ = self.propose_one(room, empty).await;
        }
        Ok(())
    }

    /// Where the user may, nobody speaks in the old room or is invited there any more.
    async fn silence(&self, room: i64, user: &UserId, old: &OldState) {
        let Some(mut levels) = old.content("m.room.power_levels") else { return };
        let level = |levels: &Map<String, Value>, key| levels.get(key).and_then(Value::as_i64).unwrap_or(0);
        let silent = (level(&levels, "users_default") + 1).max(50);
        for key in ["events_default", "invite"] {
            let raised = level(&levels, key).max(silent);
            levels.insert(key.into(), raised.into());
        }
        let Ok(content) = events::canonical::object_from(&levels) else { return };
        let proposal = Proposal::state(user.to_owned(), TimelineEventType::RoomPowerLevels, "", content);
        if let Err(error) = self.propose_one(room, proposal).await {
            tracing::info!(room, %error, "the replaced room keeps its power levels");
        }
    }
}

/// The old levels, as they can stand in the new room: creators of version 12 and later have no level, and earlier ones
/// need enough of it to finish the upgrade.
fn moved_levels(old: &OldState, user: &UserId, creators: &[OwnedUserId], privileged: bool) -> Map<String, Value> {
    let mut levels = old.content("m.room.power_levels").unwrap_or_default();
    let number = |value: Option<&Value>| value.and_then(Value::as_i64);
    let events = levels.get("events").and_then(Value::as_object);
    let highest = events.into_iter().flat_map(Map::values).filter_map(Value::as_i64).max().unwrap_or(0);
    let needed = highest.max(number(levels.get("state_default")).unwrap_or(50)).max(100);
    let tombstone = (number(levels.get("state_default")).unwrap_or(50) + 1).max(150);
    let mut object = |key: &str, change: &dyn Fn(&mut Map<String, Value>)| {
        let entry = levels.entry(key).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            change(entry);
        }
    };
    if privileged {
        object("users", &|users| {
            users.remove(user.as_str());
            creators.iter().for_each(|creator| drop(users.remove(creator.as_str())));
        });
        object("events", &|events| {
            let known = number(events.get("m.room.tombstone")).unwrap_or(0);
            events.insert("m.room.tombstone".into(), known.max(tombstone).into());
        });
    } else {
        object("users", &|users| {
            let known = number(users.get(user.as_str())).unwrap_or(0);
            users.insert(user.to_string(), known.max(needed).into());
        });
    }
    levels
}

/// The state that moves, with bans.
fn moved_state(old: &OldState) -> Result<Vec<InitialState>> {
    let mut moved = Vec::new();
    for event in &old.events {
        let state_key = event.state_key.clone().unwrap_or_default();
        let Some(content) = content_of(event) else { continue };
        let banned = event.event_type == "m.room.member" && content.get("membership") == Some(&"ban".into());
        let moves = MOVES.contains(&event.event_type.as_str()) && state_key.is_empty();
        if !(banned || moves) {
            continue;
        }
        let content = serde_json::value::to_raw_value(&content).map_err(|error| Error::Internal(error.to_string()))?;
        moved.push(InitialState { event_type: event.event_type.clone(), state_key, content });
    }
    Ok(moved)
}
