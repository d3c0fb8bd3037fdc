//! Key backups, on both databases.

use std::collections::BTreeMap;

use serde_json::{Value, json, value::RawValue};
use store::testing::each;

use super::{BackupState, NewBackup, Place, RoomKeys, SessionKey, bounds::*};
use crate::{
    Error, Result,
    testing::{Device, World},
};

fn backup() -> NewBackup {
    let auth_data = RawValue::from_string(r#"{"public_key":"abc"}"#.into()).unwrap();
    NewBackup { algorithm: "m.test".into(), auth_data, version: None }
}

fn key(verified: bool, index: u64, count: u64, mark: &str) -> SessionKey {
    SessionKey {
        first_message_index: index,
        forwarded_count: count,
        is_verified: verified,
        session_data: RawValue::from_string(format!(r#"{{"mark":"{mark}"}}"#)).unwrap(),
    }
}

fn in_room(room: &str, sessions: impl IntoIterator<Item = (String, SessionKey)>) -> BTreeMap<String, RoomKeys> {
    BTreeMap::from([(room.to_owned(), RoomKeys { sessions: sessions.into_iter().collect() })])
}

fn one(room: &str, session: &str, key: SessionKey) -> BTreeMap<String, RoomKeys> {
    in_room(room, [(session.to_owned(), key)])
}

impl World {
    async fn store_keys(
        &self,
        device: &Device,
        version: &str,
        keys: BTreeMap<String, RoomKeys>,
    ) -> Result<BackupState> {
        self.e2ee.store_backup_keys(&device.user, version, keys).await
    }

    async fn read_all(&self, device: &Device, version: &str, room: Option<&str>) -> Value {
        let mut pages = self.e2ee.read_backup(&device.user, version, room).await.unwrap();
        let mut text = String::new();
        while let Some(page) = pages.next().await.unwrap() {
            text.push_str(&page);
        }
        serde_json::from_str(&text).unwrap()
    }
}

#[tokio::test]
async fn the_better_key_stays() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let version = world.e2ee.create_backup(&alice.user, backup()).await.unwrap();
        let ranks = [(true, 0, 0), (true, 0, 1), (true, 1, 0), (false, 0, 0), (false, 0, 9), (false, 7, 0)];
        for (n, better) in ranks.iter().enumerate() {
            for (m, worse) in ranks.iter().enumerate().skip(n) {
                let session = format!("{n}-{m}");
                let rank = |rank: &(bool, u64, u64), mark| key(rank.0, rank.1, rank.2, mark);
                let keys = if n % 2 == 0 {
                    [rank(better, "stays"), rank(worse, "goes")]
                } else if better == worse {
                    continue;
                } else {
                    [rank(worse, "goes"), rank(better, "stays")]
                };
                for key in keys {
                    world.store_keys(&alice, &version, one("!r:x", &session, key)).await.unwrap();
                }
                let stored = world.e2ee.backup_key(&alice.user, &version, ("!r:x", &session)).await.unwrap();
                assert!(stored.contains("stays"), "{better:?} against {worse:?}: {stored}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn etag_count_and_bytes_follow_the_keys() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let version = world.e2ee.create_backup(&alice.user, backup()).await.unwrap();
        let mut keys = one("!a:x", "s", key(false, 5, 0, "a"));
        keys.extend(one("!b:x", "s", key(false, 5, 0, "b")));
        let state = world.store_keys(&alice, &version, keys).await.unwrap();
        assert_eq!((state.etag.as_str(), state.count), ("1", 2));
        let same = world.store_keys(&alice, &version, one("!a:x", "s", key(false, 6, 0, "worse"))).await.unwrap();
        assert_eq!(same, state);
        let state = world.store_keys(&alice, &version, one("!a:x", "s", key(true, 6, 0, "longer"))).await.unwrap();
        assert_eq!((state.etag.as_str(), state.count), ("2", 2));
        let bytes = i64::try_from(r#"{"mark":"longer"}{"mark":"b"}"#.len()).unwrap();
        assert_eq!(usage(&world, &alice).await, (1, 2, bytes));
    })
    .await;
}

async fn usage(world: &World, device: &Device) -> (i64, i64, i64) {
    let user = device.user.to_string();
    let usage = world.store.read(move |conn| store::e2ee::key_backup::usage(conn, &user)).await.unwrap();
    (usage.versions, usage.sessions, usage.bytes)
}

#[tokio::test]
async fn many_keys_are_read_and_deleted_by_pages() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let version = world.e2ee.create_backup(&alice.user, backup()).await.unwrap();
        let mut keys = BTreeMap::new();
        // The ends of pages fall within a room, and between two.
        for (room, count) in [("!a:x", 1_500), ("!b:x", 700), ("!\"c:x", 300), ("!d:x", 1)] {
            keys.extend(in_room(room, (0..count).map(|n| (format!("s{n}\""), key(false, 0, 0, "x")))));
        }
        world.store_keys(&alice, &version, keys).await.unwrap();
        let all = world.read_all(&alice, &version, None).await;
        let count = |room: &str| all["rooms"][room]["sessions"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(["!a:x", "!b:x", "!\"c:x", "!d:x"].map(count), [1_500, 700, 300, 1]);
        let room = world.read_all(&alice, &version, Some("!a:x")).await;
        assert_eq!(room, json!({ "sessions": all["rooms"]["!a:x"]["sessions"] }));
        for nothing in ["!e:x", "nul\0", ""] {
            assert_eq!(world.read_all(&alice, &version, Some(nothing)).await, json!({ "sessions": {} }));
        }
        let place = |room: &str, session: Option<&str>| Place {
            room_id: Some(room.into()),
            session_id: session.map(str::to_owned),
        };
        let delete = async |place| world.e2ee.delete_backup_keys(&alice.user, &version, place).await.unwrap().count;
        assert_eq!(delete(place("!a:x", Some("s1\""))).await, 2_500);
        assert_eq!(delete(place("!b:x", None)).await, 1_800);
        assert_eq!(delete(place("nul\0", None)).await, 1_800);
        assert_eq!(delete(Place::default()).await, 0);
        assert_eq!(world.read_all(&alice, &version, None).await, json!({ "rooms": {} }));
        assert_eq!(usage(&world, &alice).await, (1, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_version_takes_its_keys_along() {
    each(async |database| {
        let world = World::open(database);
        let alice = world.device("alice", 1).await;
        let first = world.e2ee.create_backup(&alice.user, backup()).await.unwrap();
        let many = (0..DELETED_AT_ONCE + 5).map(|n| (n.to_string(), key(false, 0, 0, "x")));
        world.store_keys(&alice, &first, in_room("!a:x", many)).await.unwrap();
        let second = world.e2ee.create_backup(&alice.user, backup()).await.unwrap();
        world.store_keys(&alice, &second, one("!a:x", "s", key(false, 0, 0, "x"))).await.unwrap();
        let mut pages = world.e2ee.read_backup(&alice.user, &first, None).await.unwrap();
        pages.next().await.unwrap();
        world.e2ee.delete_backup(&alice.user, &first).await.unwrap();
        assert!(matches!(pages.next().await, Err(Error::NotFound(_))), "a part is not taken for the whole");
        world.e2ee.delete_backup(&alice.user, &first).await.unwrap();
        assert_eq!(usage(&world, &alice).await.1, 1);
        let user = alice.user.to_string();
        let left = world
            .store
            .read(move |conn| store::e2ee::key_backup_sessions::page(conn, &user, 1, &Place::default(), None, 10));
        assert!(left.await.unwrap().is_empty());
        for unknown in ["3", "0", "-1", "01", "x", "99999999999999999999"] {
            assert!(
                matches!(world.e2ee.delete_backup(&alice.user, unknown).await, Err(Error::NotFound(_))),
                "{unknown}"
            );
        }
        let wrong = world.store_keys(&alice, &first, one("!a:x", "s", key(true, 0, 0, "x"))).await.unwrap_err();
        assert!(matches!(wrong, Error::WrongBackupVersion(newest) if newest == second));
    })
    .await;
}

#[tokio::test]
async fn bad_keys_are_refused_whole() {
    let world = World::open(store::testing::Database::sqlite());
    let alice = world.device("alice", 1).await;
    let version = world.e2ee.create_backup(&alice.user, backup()).await.unwrap();
    let large = key(true, 0, 0, &"x".repeat(SESSION_DATA_BYTES));
    let list = SessionKey { session_data: RawValue::from_string("[]".into()).unwrap(), ..key(true, 0, 0, "") };
    for (session, bad) in [("t", large), ("t", list), ("", key(true, 0, 0, "")), ("t", key(true, u64::MAX, 0, ""))] {
        let mut keys = one("!a:x", "s", key(true, 0, 0, "good"));
        keys.extend(one("!b:x", session, bad));
        assert!(world.store_keys(&alice, &version, keys).await.unwrap_err().status() < 500);
    }
    assert_eq!(world.e2ee.backup(&alice.user, None).await.unwrap().state.count, 0);
    for _ in 1..VERSIONS {
        world.e2ee.create_backup(&alice.user, backup()).await.unwrap();
    }
    assert!(matches!(world.e2ee.create_backup(&alice.user, backup()).await, Err(Error::Forbidden(_))));
}
