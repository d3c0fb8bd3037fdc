//! `migrations/0018_foreign_memberships`.

diesel::table! {
    foreign_memberships (user_id, room_id) {
        user_id -> Text,
        room_id -> Text,
        membership -> SmallInt,
        position -> BigInt,
        version -> Text,
        sender -> Text,
        via -> Text,
        event_id -> Text,
        json -> Text,
        state -> Text,
    }
}
