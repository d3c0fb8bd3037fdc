//! `migrations/0021_remote_devices`.

use super::memberships;

diesel::table! {
    remote_device_lists (user_id) {
        user_id -> Text,
        server -> Text,
        stream_id -> Nullable<BigInt>,
        fresh -> Bool,
        heard -> BigInt,
        wanted -> Nullable<BigInt>,
    }
}
diesel::table! {
    remote_devices (user_id, device_id) {
        user_id -> Text,
        device_id -> Text,
        display_name -> Nullable<Text>,
        json -> Text,
    }
}
diesel::table! { device_list_pauses (server) { server -> Text, retry_at -> BigInt, pause -> BigInt, } }

diesel::allow_tables_to_appear_in_same_query!(remote_device_lists, memberships, device_list_pauses);
