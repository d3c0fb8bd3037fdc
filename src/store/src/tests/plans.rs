//! The queries that are asked all the time go through the indexes that were made for them, on both databases.

use super::plan::{each, goes_through, plan};
use crate::{
    Conn,
    accounts::{account_data, devices, filters, profiles, tokens, user_directory, users},
    e2ee::{self, cross_signing, device_keys, device_list_changes, fallback_keys, one_time_keys},
    federation::server_keys,
    rooms::{self, Membership},
    sync,
};

#[test]
fn events_are_found_by_number_id_and_transaction() {
    each(|c| {
        goes_through(c, &["events_id (event_id=? AND room=?)"], |c| rooms::event_by_id(c, 1, "$e1"));
        goes_through(c, &["events_id (event_id=? AND room=?)"], |c| {
            rooms::event_nids(c, 1, &["$e1".into(), "$e2".into()])
        });
        goes_through(c, &["events_id (event_id=?)"], |c| rooms::events_of_id(c, "$e1"));
        goes_through(c, &["pk events"], |c| rooms::events_by_nid(c, &[1, 2]));
        goes_through(c, &["pk events"], |c| rooms::event_ids(c, &[1, 2]));
        goes_through(c, &["events_txn (sender=? AND txn_id=?)"], |c| rooms::events_by_txn(c, "@u1", "D", "t1"));
    });
}

#[test]
fn rooms_are_found_by_number_id_and_alias() {
    each(|c| {
        goes_through(c, &["pk rooms"], |c| rooms::room_by_nid(c, 1));
        goes_through(c, &["pk rooms"], |c| rooms::rooms_by_nid(c, &[1, 2]));
        let id = if matches!(c, Conn::Sqlite(_)) { "rooms_1 (room_id=?)" } else { "rooms_room_id_key" };
        goes_through(c, &[id], |c| rooms::room_by_id(c, "!r1"));
        goes_through(c, &["pk room_aliases (alias=?)", "pk rooms"], |c| rooms::room_by_alias(c, "#a1"));
    });
}

#[test]
fn members_are_found_by_room_and_by_user() {
    each(|c| {
        let both = [Membership::Join, Membership::Invite];
        goes_through(c, &["pk memberships (room=? AND user_id=?)"], |c| rooms::member(c, 1, "@u1"));
        goes_through(c, &["memberships_room (room=? AND membership=?"], |c| {
            rooms::members_of_room(c, 1, &[Membership::Invite])
        });
        goes_through(c, &["memberships_user (user_id=? AND membership=?"], |c| rooms::rooms_of_user(c, "@u1", &both));
    });
}

#[test]
fn states_are_found_by_key() {
    each(|c| {
        goes_through(c, &["pk current_state (room=?)"], |c| rooms::current_state(c, 1));
        goes_through(c, &["pk current_state (room=? AND event_type=? AND state_key=?)", "pk events"], |c| {
            rooms::current_event(c, 1, "t1", "")
        });
        goes_through(c, &["state_keys_key (event_type=? AND state_key=?)"], |c| rooms::state_key_nid(c, "t1", ""));
        goes_through(c, &["pk state_keys"], |c| rooms::state_keys_by_nid(c, &[1, 2]));
        goes_through(c, &["pk state_nodes"], |c| rooms::state_nodes(c, &[1, 2]));
        goes_through(c, &["state_nodes_hash (hash=?)"], |c| rooms::state_node_by_hash(c, b"h1"));
        goes_through(c, &["pk auth_chains"], |c| rooms::auth_chain_places(c, &[1, 2]));
        goes_through(c, &["auth_chains_place (chain=?)"], |c| rooms::auth_chain_end(c, 1));
        goes_through(c, &["pk auth_chain_links (chain=?)"], |c| rooms::auth_chain_links_of(c, &[1, 2]));
        goes_through(c, &["auth_chain_links_target (target_chain=?)"], |c| rooms::auth_chain_links_to(c, &[1, 2]));
    });
}

#[test]
fn keys_are_found_by_user_and_device() {
    each(|c| {
        let users = ["@u1".to_owned(), "@u2".to_owned()];
        let of_device = "(user_id=? AND device_id=?";
        goes_through(c, &["pk device_keys (user_id=?)", &format!("pk devices {of_device}")], |c| {
            device_keys::of_users(c, &users)
        });
        goes_through(c, &[&format!("pk one_time_keys {of_device}")], |c| one_time_keys::counts(c, "@u1", "D1"));
        goes_through(c, &[&format!("pk claimed_one_time_keys {of_device}")], |c| {
            one_time_keys::claimed(c, "@u1", "D1")
        });
        goes_through(c, &[&format!("pk fallback_keys {of_device}")], |c| fallback_keys::of_device(c, "@u1", "D1"));
        goes_through(c, &["pk cross_signing_keys (user_id=?)"], |c| cross_signing::of_users(c, &users));
        goes_through(c, &["pk user_signatures (signer=? AND target=?)"], |c| {
            cross_signing::signatures_by(c, "@u1", &users)
        });
        goes_through(c, &["user_signatures_position (signer=? AND position>?)"], |c| {
            cross_signing::signed_since(c, "@u1", 4_000)
        });
        goes_through(c, &["device_list_changes_position (position>?)"], |c| device_list_changes::since(c, 4_990));
        goes_through(c, &["memberships_user (user_id=? AND membership=?)"], |c| e2ee::joined_rooms_of(c, &users));
        goes_through(c, &["pk state_deltas (room=? AND position>? AND position<?)"], |c| {
            e2ee::member_deltas(c, &[1, 2], 3, 9)
        });
    });
}

#[test]
fn keys_of_servers_are_found_by_server() {
    each(|c| {
        let servers = ["s1".to_owned(), "s2".to_owned()];
        // On SQLite its primary key is an index of its own there.
        let answers = match c {
            Conn::Sqlite(_) => "sqlite_autoindex_server_key_answers_1 (server=?)",
            Conn::Pg(_) => "pk server_key_answers",
        };
        goes_through(c, &["pk server_keys (server=?)"], |c| server_keys::of_servers(c, &servers));
        goes_through(c, &[answers], |c| server_keys::answers(c, &servers));
        goes_through(c, &[answers], |c| server_keys::ages(c, &servers));
    });
}

#[test]
fn a_sync_reads_no_more_than_it_needs() {
    each(|c| {
        let both = [Membership::Join, Membership::Invite];
        let user = "memberships_user (user_id=?";
        let place = "pk memberships (room=? AND user_id=?)";
        goes_through(c, &["memberships_user (user_id=? AND membership=?", "pk rooms"], |c| {
            sync::standing(c, "@u1", &both)
        });
        goes_through(c, &[user, "pk rooms"], |c| sync::changed_rooms(c, "@u1", 5));
        goes_through(c, &[place, "pk rooms"], |c| sync::changed_rooms_among(c, "@u1", 5, &[1, 2]));
        goes_through(c, &[place, "pk rooms"], |c| sync::changed_rooms_among(c, "@u1", 5, &[1]));
        goes_through(c, &[place, "pk rooms"], |c| sync::standing_in(c, "@u1", &[1, 2]));
        let deltas = "pk state_deltas (room=? AND position>? AND position<?)";
        goes_through(c, &[deltas], |c| sync::deltas(c, &[1, 2], 3, 9));
        goes_through(c, &[deltas], |c| sync::own_deltas(c, &[1, 2], "@u1", 3, 9));
        goes_through(c, &["pk current_state (room=? AND event_type"], |c| sync::basic_state(c, &[1, 2]));
        let spans = [1, 2].map(|room| sync::Span { room, after: 3, upto: 9_000 });
        goes_through(c, &["events_position (room=? AND position"], |c| sync::newest_events(c, &spans, 10));
        goes_through(c, &["memberships_room (room=? AND membership=?"], |c| {
            sync::heroes(c, &[1, 2], Membership::Join, 5)
        });
    });
}

#[test]
fn limits_are_reached_without_sorting_rooms() {
    each(|c| {
        let spans = [1, 2].map(|room| sync::Span { room, after: 3, upto: 9_000 });
        for plan in [
            plan(c, |c| sync::newest_events(c, &spans, 10)),
            plan(c, |c| sync::heroes(c, &[1, 2], Membership::Join, 5)),
        ] {
            // Inside, the index gives the order; only what comes out of it may be sorted.
            assert!(plan.matches("TEMP B-TREE FOR ORDER BY").count() <= 1, "{plan}");
            assert!(plan.matches("Sort Key").count() <= 1, "{plan}");
        }
    });
}

#[test]
fn accounts_are_found_by_their_keys() {
    each(|c| {
        goes_through(c, &["pk users (user_id=?)"], |c| users::get(c, "@u1"));
        goes_through(c, &["pk users (user_id>?)"], |c| users::list(c, "@u1", 10));
        goes_through(c, &["pk devices (user_id=?)"], |c| devices::list(c, "@u1"));
        goes_through(c, &["pk devices (user_id=? AND device_id=?)"], |c| devices::get(c, "@u1", "D1"));
        goes_through(c, &["pk tokens (hash=?)", "pk users (user_id=?)", "tokens_device"], |c| {
            tokens::get(c, b"h1", tokens::TokenKind::Refresh)
        });
        goes_through(c, &["login_tokens_age"], |c| tokens::any_expired_login_token(c, 0));
        goes_through(c, &["pk profiles (user_id=?)"], |c| profiles::get(c, "@u1"));
        goes_through(c, &["pk profiles (user_id=? AND field=?)"], |c| profiles::field(c, "@u1", "f1"));
        goes_through(c, &["pk profiles (user_id=? AND field=?)"], |c| {
            profiles::field_of_many(c, &["@u1".into(), "@u2".into()], "f1")
        });
        goes_through(c, &["pk filters (user_id=? AND filter_id=?)"], |c| filters::get(c, "@u1", 1));
        goes_through(c, &["filters_hash (user_id=? AND hash=?)"], |c| filters::id_of(c, "@u1", b"h1"));
    });
}

#[test]
fn account_data_is_found_by_room_and_by_position() {
    each(|c| {
        goes_through(c, &["pk account_data (user_id=? AND room=? AND event_type=?)"], |c| {
            account_data::get(c, "@u1", 1, "t1")
        });
        let position = "account_data_position (user_id=? AND position>? AND position<?)";
        goes_through(c, &[position], |c| account_data::changed(c, "@u1", 3, 9));
        // PostgreSQL may as well read all rooms of a user who has little.
        let rooms =
            if matches!(c, Conn::Sqlite(_)) { "pk account_data (user_id=? AND room=?)" } else { "account_data_" };
        goes_through(c, &[rooms], |c| account_data::of_rooms(c, "@u1", &[0, 1], 9));
        let user = if matches!(c, Conn::Sqlite(_)) { "pk account_data (user_id=?)" } else { "account_data_" };
        goes_through(c, &[user], |c| account_data::bytes(c, "@u1"));
        goes_through(c, &["pk memberships"], |c| account_data::room_of_user(c, "@u1", "!r1"));
    });
}

#[test]
fn the_user_directory_asks_about_its_candidates_only() {
    each(|c| {
        let candidates = ["@u1".to_owned(), "@u2".to_owned()];
        goes_through(c, &["memberships"], |c| user_directory::sharing_a_room(c, "@u3", &candidates));
        goes_through(c, &["memberships_user (user_id=? AND membership=?)"], |c| {
            user_directory::in_public_rooms(c, &candidates)
        });
    });
}
