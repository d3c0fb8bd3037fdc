//! What other servers are told of our users' devices, and what is kept of theirs.

use serde_json::Value;

use super::{
    Changed, CrossSigningKeyRow, RemoteDeviceRow, RemoteList, Usage, announce, cross_signing, device_keys,
    device_list_changes, device_list_pauses, remote_device_lists as lists, remote_devices, sharing,
};
use crate::{
    Store,
    federation::outbox,
    rooms::{Append, Membership},
    testing::each,
    tests::{
        plan::{self, goes_through},
        rows,
    },
};

use Membership::{Join, Leave};

const ALICE: &str = "@a:test.example";
const BOB: &str = "@b:far";

fn members(store: &Store, room: i64, built_on: i64, changes: &[(&str, Membership)]) -> Append {
    let mut append = rows::messages(store, room, built_on, changes.len());
    for (at, (user, membership)) in changes.iter().enumerate() {
        rows::membership(&mut append, at, user, *membership, user.ends_with(":test.example"));
    }
    append
}

/// The contents of what waits for a server, with the kinds.
async fn waiting(store: &Store, server: &'static str) -> Vec<(String, Value)> {
    let rows = store.read(move |c| outbox::waiting(c, server, (0, i64::MAX), 1_000)).await.unwrap();
    let edus = rows.iter().map(|(_, edu)| serde_json::from_str::<Value>(edu).unwrap());
    edus.map(|edu| (edu["edu_type"].as_str().unwrap().to_owned(), edu["content"].clone())).collect()
}

async fn change(store: &Store, devices: &[&str], signing_keys: bool) {
    let devices: Vec<String> = devices.iter().map(|id| (*id).to_owned()).collect();
    let write = store.write(move |tx| announce(tx, ALICE, Changed { devices: &devices, signing_keys }));
    write.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_that_shares_a_room_is_told_of_a_change_in_its_transaction() {
    each(async |database| {
        let store = database.open();
        store.write(|tx| device_keys::set(tx, ALICE, "D", r#"{"keys":1}"#)).await.unwrap();
        change(&store, &["D"], false).await;
        assert_eq!(waiting(&store, "far").await, [], "nobody shares a room");
        let room = store.next_nid();
        store.append(members(&store, room, 0, &[(ALICE, Join), (BOB, Join)])).await.unwrap();
        let before = store.read(|c| device_list_changes::stream_id(c, ALICE)).await.unwrap();
        assert!(before > 0);
        change(&store, &["D", "GONE"], true).await;
        let told = waiting(&store, "far").await.split_off(1);
        assert_eq!(told.len(), 2, "beside that she came, and there are no signing keys: {told:?}");
        let (first, second) = (&told[0].1, &told[1].1);
        assert_eq!(told[0].0, "m.device_list_update");
        assert_eq!((&first["keys"]["keys"], &first["device_id"]), (&1.into(), &"D".into()));
        assert_eq!(first["prev_id"][0], before);
        assert_eq!((&second["prev_id"][0], &second["deleted"]), (&first["stream_id"], &true.into()));
        let newest = store.read(|c| device_list_changes::stream_id(c, ALICE)).await.unwrap();
        assert_eq!(second["stream_id"], newest);
        let key = CrossSigningKeyRow {
            user_id: ALICE.into(),
            usage: Usage::Master as i16,
            public_key: "key".into(),
            json: r#"{"master":1}"#.into(),
        };
        store.write(move |tx| cross_signing::set(tx, &key)).await.unwrap();
        change(&store, &[], true).await;
        let told = waiting(&store, "far").await.split_off(1);
        assert_eq!((told[2].0.as_str(), &told[2].1["master_key"]["master"]), ("m.signing_key_update", &1.into()));
        let same = store.read(|c| device_list_changes::stream_id(c, ALICE)).await.unwrap();
        assert_eq!(same, newest, "the next change of a device refers to the last one");
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_of_a_room_are_told_of_who_comes_into_it() {
    each(async |database| {
        let store = database.open();
        store.write(|tx| device_keys::set(tx, ALICE, "D", r#"{"keys":1}"#)).await.unwrap();
        change(&store, &["D"], false).await;
        let newest = store.read(|c| device_list_changes::stream_id(c, ALICE)).await.unwrap();
        let (first, second) = (store.next_nid(), store.next_nid());
        let nobody = "@nobody:test.example";
        store.append(members(&store, first, 0, &[(BOB, Join), (nobody, Join)])).await.unwrap();
        assert_eq!(waiting(&store, "far").await, [], "who has come has no devices");
        store.append(members(&store, first, 1, &[(ALICE, Join)])).await.unwrap();
        let told = waiting(&store, "far").await;
        assert_eq!(told.len(), 1, "{told:?}");
        let (kind, content) = &told[0];
        assert_eq!((kind.as_str(), &content["user_id"]), ("m.device_list_update", &ALICE.into()));
        assert_eq!((&content["device_id"], &content["keys"]["keys"]), (&"D".into(), &1.into()));
        assert_eq!((&content["stream_id"], &content["prev_id"]), (&newest.into(), &Value::Null));
        // A new name is no joining, and who knows her from elsewhere need not be told again.
        store.append(members(&store, first, 2, &[(ALICE, Join)])).await.unwrap();
        store.append(members(&store, second, 0, &[(ALICE, Join), (BOB, Join), ("@c:new", Join)])).await.unwrap();
        assert_eq!((waiting(&store, "far").await.len(), waiting(&store, "new").await.len()), (1, 1));
        // What changes next follows what all were told.
        change(&store, &["D"], false).await;
        for server in ["far", "new"] {
            let told = waiting(&store, server).await;
            assert_eq!((told.len(), &told[1].1["prev_id"][0]), (2, &newest.into()), "{server}");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn not_more_than_five_hundred_servers_are_told_of_who_comes() {
    each(async |database| {
        let store = database.open();
        store.write(|tx| device_keys::set(tx, ALICE, "D", r#"{"keys":1}"#)).await.unwrap();
        let far: Vec<String> = (0..510).map(|n| format!("@u:far{n}")).collect();
        let mut all: Vec<(&str, Membership)> = far.iter().map(|user| (user.as_str(), Join)).collect();
        all.push((ALICE, Join));
        let room = store.next_nid();
        store.append(members(&store, room, 0, &all)).await.unwrap();
        let told = store.read(|c| outbox::servers(c, 0, i64::MAX)).await.unwrap();
        assert_eq!(told.len(), 500);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_very_many_changes_others_are_told_that_something_is_missing() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        store.append(members(&store, room, 0, &[(ALICE, Join), (BOB, Join)])).await.unwrap();
        let ids: Vec<String> = (0..300).map(|n| format!("D{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        change(&store, &["D0"], false).await;
        let known = waiting(&store, "far").await[0].1["stream_id"].as_i64().unwrap();
        change(&store, &ids, false).await;
        let told = waiting(&store, "far").await;
        assert_eq!(told.len(), 21);
        assert!(told[1].1["prev_id"][0].as_i64().unwrap() > known, "nobody was told of that one");
        for (one, next) in told.iter().skip(1).zip(told.iter().skip(2)) {
            assert_eq!(one.1["stream_id"], next.1["prev_id"][0]);
        }
        store.close().await;
    })
    .await;
}

fn list(heard: i64) -> RemoteList {
    let device = |id: &str| RemoteDeviceRow {
        user_id: BOB.into(),
        device_id: id.into(),
        display_name: Some("Phone".into()),
        json: "{}".into(),
    };
    RemoteList {
        user_id: BOB.into(),
        heard,
        stream_id: Some(5),
        devices: vec![device("D1"), device("D2")],
        keys: Vec::new(),
    }
}

/// Follows bob and keeps a list of his.
async fn keep(store: &Store) -> bool {
    store.write(|tx| lists::follow(tx, &[(BOB.into(), "far".into())])).await.unwrap();
    let row = store.read(|c| lists::get(c, BOB)).await.unwrap().unwrap();
    store.write(move |tx| lists::keep(tx, &list(row.heard))).await.unwrap()
}

async fn devices(store: &Store) -> usize {
    store.read(|c| remote_devices::of_users(c, &[BOB.into()])).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_kept_as_long_as_a_room_is_shared() {
    each(async |database| {
        let store = database.open();
        let rooms = [store.next_nid(), store.next_nid()];
        for room in rooms {
            let all = [(ALICE, Join), ("@c:test.example", Join), (BOB, Join)];
            store.append(members(&store, room, 0, &all)).await.unwrap();
        }
        // In which letters a server is written matters.
        let other = store.next_nid();
        store.append(members(&store, other, 0, &[("@x:far", Join), ("@c:Test.example", Join)])).await.unwrap();
        assert_eq!(store.read(|c| sharing(c, &[BOB.into(), "@x:far".into()])).await.unwrap(), [BOB]);
        assert!(keep(&store).await);
        assert_eq!(devices(&store).await, 2);
        // He leaves one room, and all of ours but one leave the other.
        store.append(members(&store, rooms[0], 1, &[(BOB, Leave)])).await.unwrap();
        store.append(members(&store, rooms[1], 1, &[(ALICE, Leave)])).await.unwrap();
        assert_eq!(devices(&store).await, 2);
        store.append(members(&store, rooms[1], 2, &[("@c:test.example", Leave)])).await.unwrap();
        assert_eq!(devices(&store).await, 0, "he is still in that room, but none of ours is");
        assert_eq!(store.read(|c| lists::get(c, BOB)).await.unwrap(), None);
        // An answer to what was asked before comes too late.
        assert!(!store.write(|tx| lists::keep(tx, &list(1))).await.unwrap());
        store.append(members(&store, rooms[0], 2, &[(BOB, Join)])).await.unwrap();
        assert!(keep(&store).await);
        store.append(members(&store, rooms[0], 3, &[(BOB, Leave)])).await.unwrap();
        assert_eq!(devices(&store).await, 0, "he has left");
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_heard_meanwhile_makes_an_answer_out_of_date() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        store.append(members(&store, room, 0, &[(ALICE, Join), (BOB, Join)])).await.unwrap();
        assert!(keep(&store).await);
        let row = store.read(|c| lists::get(c, BOB)).await.unwrap().unwrap();
        assert!(row.fresh && row.wanted.is_none() && row.stream_id == Some(5));
        store
            .write(move |tx| {
                let heard = device_list_changes::note(tx, BOB)?;
                lists::outdated(tx, BOB, heard)
            })
            .await
            .unwrap();
        assert!(!store.write(move |tx| lists::keep(tx, &list(row.heard))).await.unwrap());
        let row = store.read(|c| lists::get(c, BOB)).await.unwrap().unwrap();
        assert!(!row.fresh && row.wanted.is_some());
        assert_eq!(store.read(|c| lists::servers(c, 10)).await.unwrap(), ["far"]);
        store.write(|tx| device_list_pauses::set(tx, "far", 20, 10)).await.unwrap();
        assert!(store.read(|c| lists::servers(c, 19)).await.unwrap().is_empty());
        assert_eq!(store.read(|c| lists::servers(c, 20)).await.unwrap(), ["far"]);
        let heard = row.heard;
        assert_eq!(store.read(|c| lists::wanted(c, "far", 9)).await.unwrap(), [row]);
        assert!(store.write(move |tx| lists::keep(tx, &list(heard))).await.unwrap());
        assert!(store.read(|c| lists::wanted(c, "far", 9)).await.unwrap().is_empty());
        store.close().await;
    })
    .await;
}

#[test]
fn lists_are_found_by_user_and_server() {
    plan::each(|c| {
        let users = ["@u1".to_owned(), "@u2".to_owned()];
        goes_through(c, &["remote_device_lists_wanted (server=?"], |c| lists::wanted(c, "s1", 9));
        goes_through(c, &["pk remote_devices (user_id=?"], |c| remote_devices::of_users(c, &users));
        goes_through(c, &["pk remote_device_lists (user_id=?"], |c| lists::of_users(c, &users));
    });
}
