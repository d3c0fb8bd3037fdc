//! `migrations/0028_timelines`.

diesel::table! {
    timeline_rooms (room) {
        room -> BigInt,
        owner -> Text,
        named -> Bool,
    }
}
diesel::table! {
    timeline_events (room, position) {
        room -> BigInt,
        position -> BigInt,
        event -> BigInt,
    }
}
