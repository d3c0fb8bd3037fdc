//! `migrations/0020_staged`.

diesel::table! {
    staged_events (number) {
        number -> BigInt,
        room_id -> Text,
        event_id -> Text,
        origin -> Text,
        json -> Text,
    }
}
