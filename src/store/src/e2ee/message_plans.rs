//! The queries about messages and backups that are asked all the time go through the indexes that were made for them.

use super::{dehydrated_devices, key_backup, key_backup_sessions as sessions, to_device};
use crate::{
    Conn,
    tests::plan::{each, goes_through},
};

/// The primary key of a table that SQLite keeps in the order of its row numbers.
fn key(conn: &Conn, table: &str, conditions: &str) -> String {
    match conn {
        Conn::Sqlite(_) => format!("{table}_1 ({conditions}"),
        Conn::Pg(_) => format!("{table}_pkey"),
    }
}

#[test]
fn messages_are_found_by_device_and_position() {
    each(|c| {
        let device = key(c, "to_device_messages", "user_id=? AND device_id=?");
        let range = key(c, "to_device_messages", "user_id=? AND device_id=? AND position>? AND position<?");
        let devices = if matches!(c, Conn::Sqlite(_)) { "SEARCH d USING PRIMARY KEY" } else { "devices_pkey" };
        let named = [("@u1", "D1"), ("@u2", "D2")];
        goes_through(c, &[devices, &device], |c| to_device::named(c, &named));
        goes_through(c, &[devices, &device], |c| to_device::all(c, &["@u1", "@u2"], 9));
        goes_through(c, &[&range], |c| to_device::waiting(c, "@u1", "D", (3, 9), 101));
        goes_through(c, &[&device], |c| to_device::span(c, "@u1", "D"));
        goes_through(c, &[&device], |c| to_device::shares(c, "@u1", "D"));
        goes_through(c, &["pk dehydrated_devices (user_id=?)"], |c| dehydrated_devices::get(c, "@u1"));
        goes_through(c, &["pk dehydrated_devices (user_id=?)"], |c| dehydrated_devices::is_dehydrated(c, "@u1", "D"));
    });
}

#[test]
fn backed_up_keys_are_found_by_place() {
    each(|c| {
        let one = key(c, "key_backup_sessions", "user_id=? AND version=? AND room_id=? AND session_id=?");
        let rest = key(c, "key_backup_sessions", "user_id=? AND version=? AND room_id>?");
        let of_user = key(c, "key_backup_sessions", "user_id=?");
        let all = sessions::Place::default();
        goes_through(c, &["pk key_backups (user_id=?"], |c| key_backup::newest(c, "@u1"));
        goes_through(c, &[&one], |c| sessions::metadata(c, "@u1", 1, &[("!r1", "s1"), ("!r2", "s2")]));
        goes_through(c, &[&rest], |c| sessions::page(c, "@u1", 1, &all, Some(("!r1", "s1")), 9));
        goes_through(c, &[&of_user], |c| sessions::orphaned_version(c, "@u1"));
    });
}
