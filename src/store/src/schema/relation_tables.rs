//! `migrations/0008_relations`.

use super::events;

diesel::table! {
    event_relations (child) {
        child -> BigInt,
        room -> BigInt,
        target -> Text,
        rel_type -> Text,
        event_type -> Text,
        sender -> Text,
        event_id -> Text,
        origin_server_ts -> BigInt,
        depth -> BigInt,
        position -> BigInt,
        mark -> BigInt,
    }
}
diesel::table! {
    thread_roots (room, root) {
        room -> BigInt,
        root -> Text,
        replies -> BigInt,
        depth -> BigInt,
        position -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(event_relations, thread_roots, events);
