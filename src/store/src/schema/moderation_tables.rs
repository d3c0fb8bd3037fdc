//! `migrations/0012_reports`, `0026_purges`, and what is asked of users and rooms together.

use super::{account_tables::users, room_tables::memberships};

diesel::table! {
    reports (id) {
        id -> BigInt,
        reported_at -> BigInt,
        reporter -> Text,
        room_id -> Nullable<Text>,
        event_id -> Nullable<Text>,
        user_id -> Nullable<Text>,
        reason -> Text,
    }
}
diesel::table! { blocked_rooms (room_id) { room_id -> Text, blocked_at -> BigInt, } }
diesel::table! { purged_rooms (room) { room -> BigInt, room_id -> Text, finished_at -> Nullable<BigInt>, } }
diesel::table! {
    departures (user_id, room_id) {
        user_id -> Text,
        room_id -> Text,
        position -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, memberships);
