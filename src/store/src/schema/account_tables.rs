//! `migrations/0003_accounts`.

diesel::table! {
    users (user_id) {
        user_id -> Text,
        password_hash -> Nullable<Text>,
        created_at -> BigInt,
        admin -> Bool,
        deactivated -> Bool,
        erased -> Bool,
        locked -> Bool,
        suspended -> Bool,
        guest -> Bool,
    }
}
diesel::table! {
    devices (user_id, device_id) {
        user_id -> Text,
        device_id -> Text,
        display_name -> Nullable<Text>,
        created_at -> BigInt,
        last_seen_at -> Nullable<BigInt>,
        last_seen_ip -> Nullable<Text>,
        last_seen_agent -> Nullable<Text>,
    }
}
diesel::table! {
    tokens (hash) {
        hash -> Binary,
        kind -> SmallInt,
        user_id -> Text,
        device_id -> Text,
        generation -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}
diesel::table! { login_tokens (hash) { hash -> Binary, user_id -> Text, expires_at -> BigInt, } }
diesel::table! { openid_tokens (hash) { hash -> Binary, user_id -> Text, expires_at -> BigInt, } }
diesel::table! {
    registration_tokens (token) {
        token -> Text,
        uses_allowed -> Nullable<BigInt>,
        uses -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}
diesel::table! { unannounced_profiles (user_id) { user_id -> Text, changes -> BigInt, } }
diesel::table! { profiles (user_id, field) { user_id -> Text, field -> Text, value -> Text, } }
diesel::table! {
    account_data (user_id, room, event_type) {
        user_id -> Text,
        room -> BigInt,
        event_type -> Text,
        content -> Text,
        position -> BigInt,
    }
}
diesel::table! { filters (user_id, filter_id) { user_id -> Text, filter_id -> BigInt, hash -> Binary, json -> Text, } }
diesel::table! { user_directory (user_id) { user_id -> Text, folded -> Text, } }

diesel::allow_tables_to_appear_in_same_query!(users, devices, tokens);
diesel::allow_tables_to_appear_in_same_query!(users, profiles, user_directory);
