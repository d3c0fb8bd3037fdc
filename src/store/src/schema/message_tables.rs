//! `migrations/0005_to_device`.

diesel::table! {
    to_device_messages (user_id, device_id, position) {
        user_id -> Text,
        device_id -> Text,
        position -> BigInt,
        number -> BigInt,
        sender -> Text,
        event_type -> Text,
        content -> Text,
    }
}
diesel::table! {
    to_device_transactions (user_id, device_id, txn_id, event_type) {
        user_id -> Text,
        device_id -> Text,
        txn_id -> Text,
        event_type -> Text,
        number -> BigInt,
    }
}
diesel::table! {
    dehydrated_devices (user_id) { user_id -> Text, device_id -> Text, device_data -> Text, }
}
