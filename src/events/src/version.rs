//! The room versions that this server speaks.

use ruma::{RoomVersionId, room_version_rules::RoomVersionRules};

/// Every room version that rooms can be created in, joined in and upgraded to.
///
/// Versions 1 to 5 allow JSON that is not canonical, and version 1 has another state resolution; they are not spoken.
pub const SUPPORTED: [RoomVersionId; 7] = [
    RoomVersionId::V6,
    RoomVersionId::V7,
    RoomVersionId::V8,
    RoomVersionId::V9,
    RoomVersionId::V10,
    RoomVersionId::V11,
    RoomVersionId::V12,
];

/// The rules of a room version, or `None` if it is unknown or not supported (`M_UNSUPPORTED_ROOM_VERSION`,
/// `M_INCOMPATIBLE_ROOM_VERSION`).
pub fn rules(version: &RoomVersionId) -> Option<&'static RoomVersionRules> {
    Some(match version {
        RoomVersionId::V6 => &RoomVersionRules::V6,
        RoomVersionId::V7 => &RoomVersionRules::V7,
        RoomVersionId::V8 => &RoomVersionRules::V8,
        RoomVersionId::V9 => &RoomVersionRules::V9,
        RoomVersionId::V10 => &RoomVersionRules::V10,
        RoomVersionId::V11 => &RoomVersionRules::V11,
        RoomVersionId::V12 => &RoomVersionRules::V12,
        _ => return None,
    })
}

/// Whether the room ID is made from the ID of the create event, so that no event cites it in `auth_events` and the
/// create event itself has no `room_id` (room version 12 and later).
pub fn room_id_is_create_hash(rules: &RoomVersionRules) -> bool {
    rules.authorization.room_create_event_id_as_room_id
}
