//! `migrations/0006_key_backup`.

diesel::table! {
    key_backups (user_id, version) {
        user_id -> Text,
        version -> BigInt,
        algorithm -> Text,
        auth_data -> Text,
        etag -> BigInt,
        sessions -> BigInt,
        bytes -> BigInt,
    }
}
diesel::table! { key_backup_versions (user_id) { user_id -> Text, version -> BigInt, } }
diesel::table! {
    key_backup_sessions (user_id, version, room_id, session_id) {
        user_id -> Text,
        version -> BigInt,
        room_id -> Text,
        session_id -> Text,
        first_message_index -> BigInt,
        forwarded_count -> BigInt,
        is_verified -> Bool,
        session_data -> Text,
    }
}
