//! `migrations/0009_receipts`.

use super::room_tables::memberships;

diesel::table! {
    receipts (room, user_id, kind, thread) {
        room -> BigInt,
        user_id -> Text,
        kind -> SmallInt,
        thread -> Text,
        event_id -> Text,
        event_position -> BigInt,
        ts -> BigInt,
        position -> BigInt,
    }
}
diesel::table! {
    presence (user_id) { user_id -> Text, online -> Bool, last_active_at -> BigInt, status_msg -> Nullable<Text>, }
}

diesel::allow_tables_to_appear_in_same_query!(receipts, memberships);
