//! The first `m.room.power_levels` of a room.

use ruma::{OwnedUserId, UserId, room_version_rules::RoomVersionRules};
use serde_json::{Map, Value, json};

use crate::{Error, Result, create::Preset};

/// The content: defaults, overridden by what the creator asks for.
///
/// # Errors
/// [`Error::InvalidRoomState`] where the creator of a version 12 room, whose power has no bounds, is given a level.
pub(super) fn content(
    rules: &RoomVersionRules,
    creator: &UserId,
    trusted: &[OwnedUserId],
    preset: Preset,
    over: Option<&Map<String, Value>>,
) -> Result<Value> {
    let privileged = rules.authorization.explicitly_privilege_room_creators;
    let mut users = Map::new();
    if !privileged {
        users.extend(trusted.iter().map(|user| (user.to_string(), 100.into())));
        users.insert(creator.to_string(), 100.into());
    }
    // A tombstone ends a room: where creators stand above all levels, nobody else shall do it by accident.
    let tombstone = if privileged { 150 } else { 100 };
    let mut content = json!({
        "users": users,
        "users_default": 0,
        "events": {
            "m.room.name": 50,
            "m.room.avatar": 50,
            "m.room.canonical_alias": 50,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.encryption": 100,
            "m.room.server_acl": 100,
            "m.room.tombstone": tombstone,
        },
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": preset.invite_level(),
    });
    if let (Some(over), Some(content)) = (over, content.as_object_mut()) {
        content.extend(over.clone());
    }
    if privileged && content.pointer("/users").and_then(|users| users.get(creator.as_str())).is_some() {
        return Err(Error::InvalidRoomState(
            "from room version 12 on the creator has all power, and is not listed in `users`".into(),
        ));
    }
    Ok(content)
}
