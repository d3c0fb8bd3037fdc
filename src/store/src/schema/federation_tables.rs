//! `migrations/0020_staged`, `migrations/0022_received_messages`.

diesel::table! {
    staged_events (number) {
        number -> BigInt,
        room_id -> Text,
        event_id -> Text,
        origin -> Text,
        json -> Text,
    }
}
diesel::table! {
    received_messages (origin, message_id) {
        origin -> Text,
        message_id -> Text,
        number -> BigInt,
        received_at -> BigInt,
    }
}
