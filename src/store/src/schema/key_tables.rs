//! `migrations/0004_device_keys` and `0015_claimed_keys`; a column of `0021_remote_devices`.

use super::account_tables::devices;

diesel::table! { device_keys (user_id, device_id) { user_id -> Text, device_id -> Text, json -> Text, } }
diesel::table! {
    one_time_keys (user_id, device_id, algorithm, position, key_id) {
        user_id -> Text,
        device_id -> Text,
        algorithm -> Text,
        position -> BigInt,
        key_id -> Text,
        json -> Text,
    }
}
diesel::table! {
    claimed_one_time_keys (user_id, device_id, algorithm, key_id) {
        user_id -> Text,
        device_id -> Text,
        algorithm -> Text,
        key_id -> Text,
        json -> Text,
    }
}
diesel::table! {
    fallback_keys (user_id, device_id, algorithm) {
        user_id -> Text,
        device_id -> Text,
        algorithm -> Text,
        key_id -> Text,
        json -> Text,
        used -> Bool,
    }
}
diesel::table! {
    cross_signing_keys (user_id, usage) { user_id -> Text, usage -> SmallInt, public_key -> Text, json -> Text, }
}
diesel::table! {
    user_signatures (signer, target) {
        signer -> Text,
        target -> Text,
        target_key -> Text,
        signer_key -> Text,
        signature -> Text,
        position -> BigInt,
    }
}
diesel::table! {
    device_list_changes (user_id) { user_id -> Text, position -> BigInt, stream_id -> BigInt, }
}

diesel::allow_tables_to_appear_in_same_query!(device_keys, devices);
