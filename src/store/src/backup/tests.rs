//! Backups of a database with everything awkward in it, from each kind into each kind.

use std::{
    io::{self, Read},
    thread,
    time::Duration,
};

use diesel::{RunQueryDsl, connection::SimpleConnection};

use super::{restore::restore_into, write::write_from, *};
use crate::{Conn, Error, Target, connection::Role, testing::Database};

/// A row in tables of every kind of column: texts that need escapes, bytes, truth, nothing.
async fn fill(database: &Database) {
    database.open().close().await;
    let mut conn = Conn::open(&database.target, Role::Writer).unwrap();
    let bytes = if matches!(conn, Conn::Sqlite(_)) { "x'00ff27'" } else { "'\\x00ff27'" };
    conn.batch_execute(&format!(
        "UPDATE clock SET position = 41, backfilled = -3;
         INSERT INTO rooms (nid, room_id, version, revision, last_position, state, extremities, joined, invited, published)
         VALUES (9007199254740993, '!r\"\\:example.org', '12', 1, 2, 3, '', 4, 5, true);
         INSERT INTO state_nodes (id, hash, data) VALUES (1, {bytes}, {bytes});
         INSERT INTO log (position, kind, room, user_id, row_id) VALUES (41, 1, NULL, 'ünï\n☃''', NULL);",
    ))
    .unwrap();
    for n in 0..2_500 {
        let query = format!("INSERT INTO meta (name, value) VALUES ('n{n}', '{}')", "long ".repeat(200));
        diesel::sql_query(query).execute(&mut conn).unwrap();
    }
}

fn key() -> Attachment {
    Attachment { name: "signing.key".into(), text: "line one\nline \"two\"\n".into() }
}

fn backup(target: &Target) -> String {
    let mut out = Vec::new();
    write(target, &[key()], &(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The rows of a backup, which two databases of the same content share.
fn rows(backup: &str) -> Vec<serde_json::Value> {
    let mut rows: Vec<String> = backup.lines().filter(|line| line.starts_with('[')).map(str::to_lowercase).collect();
    rows.sort();
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// From `from` into `to`, and what came out is what went in, but for the clock.
async fn moves(from: &Database, to: &Database) {
    fill(from).await;
    let text = backup(&from.target);
    let contents = verify(text.as_bytes()).unwrap();
    assert_eq!((contents.header.position, contents.header.server_name.as_str()), (41, "test.example"));
    assert!(contents.attachments == [key()]);
    restore(&to.target, &(), 0, text.as_bytes()).unwrap();

    let store = to.open();
    assert_eq!(store.position(), 41 + POSITIONS_SKIPPED);
    store.close().await;
    drop(store);
    assert_eq!(check(&to.target, "test.example").unwrap(), Vec::<String>::new());
    let mut conn = Conn::open(&to.target, Role::Writer).unwrap();
    conn.batch_execute("UPDATE clock SET position = 41, backfilled = -3").unwrap();
    drop(conn);
    let again = backup(&to.target);
    for (before, after) in rows(&text).iter().zip(rows(&again)) {
        assert_eq!(*before, after);
    }
    assert_eq!(rows(&text).len(), rows(&again).len());

    let twice = restore(&to.target, &(), 0, text.as_bytes());
    assert!(matches!(twice, Err(Error::Refused(reason)) if reason.contains("not empty")));
}

#[tokio::test]
async fn sqlite_restores_into_sqlite() {
    moves(&Database::sqlite(), &Database::sqlite()).await;
}

#[tokio::test]
async fn the_same_backup_again_gives_no_position_twice() {
    let from = Database::sqlite();
    fill(&from).await;
    let text = backup(&from.target);
    let mut positions = Vec::new();
    for now_ms in [1_800_000_000_000, 1_800_000_060_000] {
        let to = Database::sqlite();
        restore(&to.target, &(), now_ms, text.as_bytes()).unwrap();
        let store = to.open();
        positions.push(store.position());
        store.close().await;
    }
    assert_eq!(positions[1] - positions[0], 60_000 * POSITIONS_PER_MS);
    assert!(positions[1] < 1 << 53, "an integer of JSON");
}

#[tokio::test]
async fn each_kind_restores_into_the_other() {
    let postgres = || Database::postgres();
    let (Some(one), Some(two), Some(three), Some(four)) = (postgres(), postgres(), postgres(), postgres()) else {
        return;
    };
    moves(&Database::sqlite(), &one).await;
    moves(&two, &Database::sqlite()).await;
    moves(&three, &four).await;
}

/// Contents that take longer than PostgreSQL waits.
struct Slow;

impl ContentFiles for Slow {
    fn open(&self, _: &[u8]) -> io::Result<Option<Box<dyn Read>>> {
        thread::sleep(Duration::from_millis(600));
        Ok(Some(Box::new(io::Cursor::new("slow"))))
    }

    fn create(&self, _: &[u8]) -> io::Result<Box<dyn NewContentFile>> {
        thread::sleep(Duration::from_millis(600));
        Ok(Box::new(io::sink()))
    }
}

#[tokio::test]
async fn slow_files_do_not_break_it_off() {
    let (Some(from), Some(to)) = (Database::postgres(), Database::postgres()) else { return };
    fill(&from).await;
    let open = |database: &Database, role| {
        let mut conn = Conn::open(&database.target, role).unwrap();
        conn.batch_execute("SET idle_in_transaction_session_timeout = '100ms'").unwrap();
        conn
    };
    let content = "INSERT INTO media_contents (hash, size, created_at, quarantined) VALUES ('\\x00', 4, 0, false)";
    open(&from, Role::Writer).batch_execute(content).unwrap();
    let mut text = Vec::new();
    write_from(&mut open(&from, Role::Reader), &[], &Slow, &mut text).unwrap();
    restore_into(&mut open(&to, Role::Writer), &Slow, 0, text.as_slice()).unwrap();
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_changes_nothing() {
    let (from, to) = (Database::sqlite(), Database::sqlite());
    fill(&from).await;
    let text = backup(&from.target);
    let cut = |at: usize| text.split_at(at).0.to_owned();
    let without_manifest = cut(text.trim_end().rfind('\n').unwrap() + 1);
    let line_lost = text.replacen(text.lines().nth(20).unwrap(), "", 1).replace("\n\n", "\n");
    let damaged = [
        String::new(),
        "hello\n".to_owned(),
        cut(text.len() / 2),
        without_manifest,
        line_lost,
        text.replacen("line one", "line 0ne", 1),
        text.replacen("long long", "long lung", 1),
        text.replacen("test.example", "test.examplf", 1),
        text.replacen("\"peerbrain_backup\":1", "\"peerbrain_backup\":2", 1),
        format!("{text}[1]\n"),
    ];
    for text in damaged {
        assert!(matches!(verify(text.as_bytes()), Err(Error::Refused(_))));
        assert!(matches!(restore(&to.target, &(), 0, text.as_bytes()), Err(Error::Refused(_))));
    }
    restore(&to.target, &(), 0, text.as_bytes()).unwrap();
}

#[tokio::test]
async fn a_backup_of_a_newer_program_is_refused() {
    let (from, to) = (Database::sqlite(), Database::sqlite());
    fill(&from).await;
    let text = backup(&from.target).replacen("\"step\":\"", "\"step\":\"9", 1);
    let refused = restore(&to.target, &(), 0, text.as_bytes());
    assert!(matches!(refused, Err(Error::Refused(reason)) if reason.contains("newer version")));
}

#[tokio::test]
async fn a_database_in_use_is_not_restored_into() {
    let (from, to) = (Database::sqlite(), Database::sqlite());
    fill(&from).await;
    let store = to.open();
    assert!(matches!(restore(&to.target, &(), 0, backup(&from.target).as_bytes()), Err(Error::InUse(_))));
    store.close().await;
}

#[tokio::test]
async fn what_is_not_there_cannot_be_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(folder.path().join("none.db"));
    assert!(matches!(write(&target, &[], &(), &mut Vec::new()), Err(Error::Refused(_))));
    assert!(matches!(check(&target, "test.example"), Err(Error::Refused(_))));
    assert!(!folder.path().join("none.db").exists());
}

#[tokio::test]
async fn damage_is_found() {
    let database = Database::sqlite();
    let target = &database.target;
    fill(&database).await;
    let mut conn = Conn::open(target, Role::Writer).unwrap();
    conn.batch_execute("UPDATE clock SET position = 40").unwrap();
    assert_eq!(check(target, "test.example").unwrap(), ["1 log entries lie ahead of the clock"]);
    assert!(matches!(check(target, "other.org"), Err(Error::Refused(_))));
}

#[tokio::test]
async fn a_room_that_is_being_deleted_is_no_damage() {
    let database = Database::sqlite();
    fill(&database).await;
    let found = || check(&database.target, "test.example").unwrap();
    let mut conn = Conn::open(&database.target, Role::Writer).unwrap();
    conn.batch_execute(
        "INSERT INTO events SELECT 1, 7, 1, 1, 1, '$e', 'm.room.message', '@u', NULL, NULL, 1, 1, 0, NULL, NULL, NULL, '{}',
             1, 1, 1;",
    )
    .unwrap();
    assert_eq!(found(), ["1 events belong to no room"]);
    conn.batch_execute("INSERT INTO purged_rooms (room, room_id) VALUES (7, '!r')").unwrap();
    assert_eq!(found(), Vec::<String>::new());
    conn.batch_execute("UPDATE purged_rooms SET finished_at = 1").unwrap();
    assert_eq!(found(), ["1 events belong to no room"]);
}
