//! `migrations/0016_server_keys`.

use super::room_servers;

diesel::table! {
    server_key_answers (server) { server -> Text, fetched_at -> BigInt, valid_until -> BigInt, json -> Text, }
}
diesel::table! {
    server_keys (server, key_id) { server -> Text, key_id -> Text, public_key -> Binary, good_until -> BigInt, }
}
diesel::table! { old_signing_keys (key_id) { key_id -> Text, public_key -> Binary, expired_at -> BigInt, } }

diesel::allow_tables_to_appear_in_same_query!(server_key_answers, room_servers);
