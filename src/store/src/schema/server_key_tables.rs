//! `migrations/0016_server_keys`.

diesel::table! {
    server_key_answers (server) { server -> Text, fetched_at -> BigInt, valid_until -> BigInt, json -> Text, }
}
diesel::table! {
    server_keys (server, key_id) { server -> Text, key_id -> Text, public_key -> Binary, good_until -> BigInt, }
}
diesel::table! { old_signing_keys (key_id) { key_id -> Text, public_key -> Binary, expired_at -> BigInt, } }
