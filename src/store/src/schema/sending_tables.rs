//! `migrations/0019_sending`.

use super::memberships;

diesel::table! {
    room_servers (room, server, entered) {
        room -> BigInt,
        server -> Text,
        entered -> BigInt,
        departed -> BigInt,
        users -> BigInt,
    }
}
diesel::table! { outgoing (position) { position -> BigInt, room -> BigInt, event -> BigInt, } }
diesel::table! { outbox (server, position) { server -> Text, position -> BigInt, edu -> Text, } }
diesel::table! {
    destinations (server) {
        server -> Text,
        sent_upto -> BigInt,
        failing_since -> Nullable<BigInt>,
        retry_at -> Nullable<BigInt>,
        pause -> BigInt,
        error -> Nullable<Text>,
        txn_events -> BigInt,
        txn_outbox -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(room_servers, memberships, destinations);
