//! `migrations/0010_push`, `0025_push_progress`.

use super::{
    account_tables::account_data,
    room_tables::{events, memberships, rooms},
};

diesel::table! {
    unread (user_id, room) {
        user_id -> Text,
        room -> BigInt,
        joined -> BigInt,
        position -> BigInt,
        notifications -> BigInt,
        highlights -> BigInt,
        extra_notifications -> BigInt,
        extra_highlights -> BigInt,
        muted -> Bool,
        muted_since -> BigInt,
        changed -> BigInt,
    }
}
diesel::table! {
    thread_notifications (room, position) {
        room -> BigInt,
        position -> BigInt,
        thread -> Text,
        sender -> Text,
        highlight -> Bool,
    }
}
diesel::table! {
    own_notifications (user_id, room, position) {
        user_id -> Text,
        room -> BigInt,
        position -> BigInt,
        event -> BigInt,
        thread -> Text,
        notifications -> SmallInt,
        highlights -> SmallInt,
        actions -> Text,
        highlight -> Bool,
    }
}
diesel::table! {
    redacted_notifications (room, position) {
        room -> BigInt,
        position -> BigInt,
        thread -> Text,
        sender -> Text,
        highlight -> Bool,
    }
}
diesel::table! {
    pushers (user_id, app_id, pushkey) {
        user_id -> Text,
        app_id -> Text,
        pushkey -> Text,
        device_id -> Text,
        json -> Text,
        set_at -> BigInt,
        position -> BigInt,
        behind -> Bool,
    }
}
diesel::table! { push_progress (id) { id -> BigInt, position -> BigInt, } }

diesel::allow_tables_to_appear_in_same_query!(
    unread,
    own_notifications,
    thread_notifications,
    redacted_notifications,
    pushers,
);
diesel::allow_tables_to_appear_in_same_query!(unread, events);
diesel::allow_tables_to_appear_in_same_query!(unread, rooms);
diesel::allow_tables_to_appear_in_same_query!(unread, memberships);
diesel::allow_tables_to_appear_in_same_query!(own_notifications, events);
diesel::allow_tables_to_appear_in_same_query!(own_notifications, memberships);
diesel::allow_tables_to_appear_in_same_query!(pushers, memberships);
diesel::allow_tables_to_appear_in_same_query!(account_data, unread);
diesel::allow_tables_to_appear_in_same_query!(account_data, memberships);
