//! `migrations/0002_rooms`.

diesel::table! {
    rooms (nid) {
        nid -> BigInt,
        room_id -> Text,
        version -> Text,
        revision -> BigInt,
        last_position -> BigInt,
        state -> BigInt,
        extremities -> Text,
        joined -> BigInt,
        invited -> BigInt,
        published -> Bool,
        notifications -> BigInt,
        highlights -> BigInt,
        redacted_upto -> BigInt,
    }
}
diesel::table! {
    events (nid) {
        nid -> BigInt,
        room -> BigInt,
        position -> BigInt,
        depth -> BigInt,
        origin_server_ts -> BigInt,
        event_id -> Text,
        event_type -> Text,
        sender -> Text,
        state_key -> Nullable<Text>,
        replaces -> Nullable<BigInt>,
        state_before -> BigInt,
        state_after -> BigInt,
        flags -> SmallInt,
        redacted_by -> Nullable<BigInt>,
        device_id -> Nullable<Text>,
        txn_id -> Nullable<Text>,
        json -> Text,
        notifications -> BigInt,
        highlights -> BigInt,
        push_rule -> SmallInt,
    }
}
diesel::table! { event_originals (event) { event -> BigInt, redacted_at -> BigInt, json -> Text, } }
diesel::table! { pending_redactions (room, target, event) { room -> BigInt, target -> Text, event -> BigInt, } }
diesel::table! { room_gaps (room, missing, event) { room -> BigInt, missing -> Text, event -> BigInt, } }
diesel::table! { state_keys (nid) { nid -> BigInt, event_type -> Text, state_key -> Text, } }
diesel::table! { state_nodes (id) { id -> BigInt, hash -> Binary, data -> Binary, } }
diesel::table! {
    current_state (room, event_type, state_key) { room -> BigInt, event_type -> Text, state_key -> Text, event -> BigInt, }
}
diesel::table! {
    state_deltas (room, position, event_type, state_key) {
        room -> BigInt,
        position -> BigInt,
        event_type -> Text,
        state_key -> Text,
        event -> Nullable<BigInt>,
        replaced -> Nullable<BigInt>,
    }
}
diesel::table! {
    memberships (room, user_id) {
        room -> BigInt,
        user_id -> Text,
        membership -> SmallInt,
        event -> BigInt,
        position -> BigInt,
        sender -> Text,
        display_name -> Nullable<Text>,
        avatar_url -> Nullable<Text>,
        forgotten -> Bool,
    }
}
diesel::table! { auth_chains (event) { event -> BigInt, room -> BigInt, chain -> BigInt, sequence -> BigInt, } }
diesel::table! {
    auth_chain_links (chain, sequence, target_chain) {
        chain -> BigInt,
        sequence -> BigInt,
        target_chain -> BigInt,
        target_sequence -> BigInt,
    }
}
diesel::table! { room_aliases (alias) { alias -> Text, room -> BigInt, creator -> Text, } }

diesel::allow_tables_to_appear_in_same_query!(
    rooms,
    events,
    current_state,
    state_deltas,
    memberships,
    room_aliases,
    room_gaps
);
