//! `POST /rooms/{roomId}/upgrade` (client-server §room-upgrades).

use events::version;
use ruma::{OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, events::TimelineEventType};
use serde_json::{Map, Value, json};
use store::{
    Conn,
    rooms::{
        Membership, StoredEvent, current_event, current_state_without_key, events_by_nid, extremities_from_text,
        member_event_nids, room_by_nid,
    },
};

use crate::{
    Error, Result, Rooms,
    create::{CreateRoom, InitialState, Preset},
    lane::Proposal,
};

const LEVELS: &str = "m.room.power_levels";

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

/// What of the old room's state counts for the new one: all without a state key, and the bans.
struct OldState {
    events: Vec<StoredEvent>,
    /// The id of the old room's newest event.
    newest: Option<String>,
}

impl OldState {
    fn read(conn: &mut Conn, room: i64) -> store::Result<Self> {
        let state = current_state_without_key(conn, room)?;
        let bans = member_event_nids(conn, room, &[Membership::Ban])?.into_iter().map(|(_, event)| event);
        let nids: Vec<i64> = state.into_iter().chain(bans).collect();
        let events = events_by_nid(conn, &nids)?;
        let ends = match room_by_nid(conn, room)? {
            Some(room) => events_by_nid(conn, &extremities_from_text(&room.extremities)?)?,
            None => Vec::new(),
        };
        let newest = ends.iter().max_by_key(|event| event.depth).map(|event| event.event_id.clone());
        Ok(Self { events, newest })
    }

    fn content(&self, event_type: &str) -> Option<Map<String, Value>> {
        let holds = |event: &&StoredEvent| event.event_type == event_type && event.state_key.as_deref() == Some("");
        content_of(self.events.iter().find(holds)?)
    }
}

impl OldState {
    /// The power levels. Up to room version 9 a level may be a text; later versions refuse that.
    fn levels(&self) -> Option<Map<String, Value>> {
        let mut levels = self.content(LEVELS)?;
        for value in levels.values_mut() {
            match value {
                Value::Object(levels) => levels.values_mut().for_each(as_number),
                level => as_number(level),
            }
        }
        Some(levels)
    }

    /// Who stands above all levels of the old room.
    fn creators(&self) -> impl Iterator<Item = String> {
        let create = self.events.iter().find(|event| event.event_type == "m.room.create");
        let content = create.and_then(content_of).unwrap_or_default();
        let version = content.get("room_version").and_then(Value::as_str).and_then(|v| RoomVersionId::try_from(v).ok());
        let rules = version.as_ref().and_then(version::rules);
        let privileged = rules.is_some_and(|rules| rules.authorization.explicitly_privilege_room_creators);
        let named = content.get("additional_creators").and_then(Value::as_array).cloned().unwrap_or_default();
        let named = named.into_iter().filter_map(|user| user.as_str().map(str::to_owned));
        let all = create.map(|create| create.sender.clone()).into_iter().chain(named);
        all.filter(move |_| privileged)
    }
}

fn as_number(level: &mut Value) {
    if let Some(number) = level.as_str().and_then(|text| text.trim().parse::<i64>().ok()) {
        *level = number.into();
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
        let old = self.inner.store.read(move |conn| OldState::read(conn, room)).await?;
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
        let predecessor = match privileged {
            true => json!({ "room_id": room_id }),
            false => json!({ "room_id": room_id, "event_id": old.newest }),
        };
        request.creation_content.insert("predecessor".into(), predecessor);
        if privileged && !additional_creators.is_empty() {
            request.creation_content.insert("additional_creators".into(), json!(additional_creators));
        }
        request.initial_state = moved_state(&old)?;
        let new = self.create_unbounded(user, request).await?;
        let tombstone = json!({ "body": "This room has been replaced", "replacement_room": new });
        let content = events::canonical::object_from(&tombstone)?;
        let proposal = Proposal::state(user.to_owned(), TimelineEventType::RoomTombstone, "", content);
        self.propose_one(room, proposal).await?;
        self.move_aliases(room, user, &new, &old).await?;
        if !privileged {
            self.lower_again(&new, user, &old).await;
        }
        self.silence(room, user).await;
        Ok(new)
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

    /// Whoever was given more power in the new room than in the old, to be able to finish the upgrade, gives it back.
    async fn lower_again(&self, new: &RoomId, user: &UserId, old: &OldState) {
        let Some(levels) = old.levels().filter(|_| !old.creators().any(|creator| *creator == *user)) else {
            return;
        };
        let before = levels.get("users").and_then(|users| users.get(user.as_str())).cloned();
        let lower = |levels: &mut Map<String, Value>| {
            let Some(users) = levels.get_mut("users").and_then(Value::as_object_mut) else { return };
            match before {
                Some(level) => drop(users.insert(user.to_string(), level)),
                None => drop(users.remove(user.as_str())),
            }
        };
        let lowered = match self.nid(new).await {
            Ok(Some(room)) => self.change_levels(room, user, lower).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = lowered {
            tracing::warn!(room_id = %new, %error, "who has upgraded a room keeps the power that it took");
        }
    }

    /// Where the user may, nobody speaks in the old room or is invited there any more.
    async fn silence(&self, room: i64, user: &UserId) {
        let silenced = self.change_levels(room, user, |levels| {
            let level = |levels: &Map<String, Value>, key| levels.get(key).and_then(Value::as_i64).unwrap_or(0);
            let silent = level(levels, "users_default").saturating_add(1).max(50);
            for key in ["events_default", "invite"] {
                let raised = level(levels, key).max(silent);
                levels.insert(key.into(), raised.into());
            }
        });
        // The upgrade is done: to be told that it failed would have the client begin another.
        if let Err(error) = silenced.await {
            tracing::info!(room, %error, "the replaced room keeps its power levels");
        }
    }

    /// Changes the power levels that the room has now; they may be others than when the upgrade began.
    async fn change_levels(
        &self,
        room: i64,
        user: &UserId,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> Result<()> {
        let levels = self.inner.store.read(move |conn| current_event(conn, room, LEVELS, "")).await?;
        let Some(mut levels) = levels.as_ref().and_then(content_of) else { return Ok(()) };
        change(&mut levels);
        let content = events::canonical::object_from(&levels)?;
        let proposal = Proposal::state(user.to_owned(), TimelineEventType::RoomPowerLevels, "", content);
        self.propose_one(room, proposal).await?;
        Ok(())
    }
}

/// The old levels, as they can stand in the new room: creators of version 12 and later have no level, and earlier ones
/// need enough of it to finish the upgrade.
fn moved_levels(old: &OldState, user: &UserId, creators: &[OwnedUserId], privileged: bool) -> Map<String, Value> {
    let mut levels = old.levels().unwrap_or_default();
    let number = |value: Option<&Value>| value.and_then(Value::as_i64);
    let events = levels.get("events").and_then(Value::as_object);
    let highest = events.into_iter().flat_map(Map::values).filter_map(Value::as_i64).max().unwrap_or(0);
    let needed = highest.max(number(levels.get("state_default")).unwrap_or(50)).max(100);
    let tombstone = (number(levels.get("state_default")).unwrap_or(50).saturating_add(1)).max(150);
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
            for user in old.creators().chain([user.to_string()]) {
                let known = number(users.get(&user)).unwrap_or(0);
                users.insert(user, known.max(needed).into());
            }
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
