//! What appends leave for sending, and what becomes of it.

use std::sync::Arc;

use diesel::prelude::*;

use super::{
    destinations::{self, DestinationRow, Taken},
    outbox, outgoing, prune,
    room_servers::{self, STILL},
};
use crate::{
    Committed, Observer, Store,
    rooms::{Append, Membership},
    schema,
    testing::each,
    tests::rows,
};

/// (server, entered, departed) of a room.
async fn intervals(store: &Store, room: i64) -> Vec<(String, i64, i64)> {
    use schema::room_servers::dsl;
    let query = dsl::room_servers.filter(dsl::room.eq(room)).order((dsl::server, dsl::entered));
    let query = query.select((dsl::server, dsl::entered, dsl::departed));
    store.read(move |c| Ok(query.load(c)?)).await.unwrap()
}

/// An append of one event for each of these members; all events go out.
fn members(store: &Store, room: i64, built_on: i64, changes: &[(&str, Membership)]) -> Append {
    let mut append = rows::messages(store, room, built_on, changes.len());
    for (at, (user, membership)) in changes.iter().enumerate() {
        rows::membership(&mut append, at, user, *membership, user.ends_with(":test.example"));
        append.outgoing.push(at);
    }
    append
}

async fn due(store: &Store, server: &'static str, after: i64) -> Vec<i64> {
    let due = store.snapshot(move |c, end| outgoing::due(c, server, (after, end), 50)).await.unwrap();
    due.rows.into_iter().map(|row| row.position).collect()
}

use Membership::{Ban, Invite, Join, Leave};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_there_while_any_of_its_users_is_joined() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        let first = [("@a:test.example", Join), ("@b:far:8448", Join), ("@c:far:8448", Join), ("@d:other", Invite)];
        store.append(members(&store, room, 0, &first)).await.unwrap();
        assert_eq!(intervals(&store, room).await, [("far:8448".to_owned(), 2, STILL)]);
        // A new name, one of two leaves, an invitation is accepted.
        let second = [("@b:far:8448", Join), ("@c:far:8448", Leave), ("@d:other", Join)];
        store.append(members(&store, room, 1, &second)).await.unwrap();
        let now = [("far:8448".to_owned(), 2, STILL), ("other".to_owned(), 7, STILL)];
        assert_eq!(intervals(&store, room).await, now);
        store.append(members(&store, room, 2, &[("@b:far:8448", Ban), ("@d:other", Leave)])).await.unwrap();
        store.append(members(&store, room, 3, &[("@d:other", Join)])).await.unwrap();
        let now = [("far:8448".to_owned(), 2, 8), ("other".to_owned(), 7, 9), ("other".to_owned(), 10, STILL)];
        assert_eq!(intervals(&store, room).await, now);
        let there = store.read(move |c| {
            let of = room_servers::servers_of(c, room)?;
            let shared = room_servers::servers_sharing(c, "@a:test.example")?;
            let far = (room_servers::is_in_room(c, room, "far:8448")?, room_servers::is_in_any_room(c, "far:8448")?);
            Ok((of, shared, far, room_servers::is_in_room(c, room, "other")?, room_servers::any_in_room(c, room + 1)?))
        });
        let other = || vec!["other".to_owned()];
        assert_eq!(there.await.unwrap(), (other(), other(), (false, false), true, false));
        // What a server must be sent follows: the event with which it came and that with which it left, and all between.
        assert_eq!(due(&store, "far:8448", 0).await, [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(due(&store, "far:8448", 6).await, [7, 8]);
        assert_eq!(due(&store, "other", 0).await, [7, 8, 9, 10]);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_are_written_together_count_together() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        store.append(members(&store, room, 0, &[("@a:test.example", Join), ("@b:far", Join)])).await.unwrap();
        let release = crate::tests::hold(&store).await;
        let mut waiting = Vec::new();
        for (n, change) in [("@b:far", Leave), ("@b:far", Join), ("@c:far", Join), ("@b:far", Leave)].iter().enumerate()
        {
            let (store, append) = (store.clone(), members(&store, room, n as i64 + 1, &[*change]));
            waiting.push(tokio::spawn({
                let store = store.clone();
                async move { store.append(append).await }
            }));
            crate::tests::wait_for_queue(&store, n + 1).await;
        }
        drop(release);
        for waiting in waiting {
            waiting.await.unwrap().unwrap();
        }
        assert_eq!(intervals(&store, room).await, [("far".to_owned(), 2, 3), ("far".to_owned(), 4, STILL)]);
        store.append(members(&store, room, 5, &[("@c:far", Leave)])).await.unwrap();
        assert_eq!(intervals(&store, room).await, [("far".to_owned(), 2, 3), ("far".to_owned(), 4, 7)]);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_only_invited_hears_that_nothing_comes_of_it() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        let first = [("@a:test.example", Join), ("@b:far", Invite), ("@c:near", Invite)];
        store.append(members(&store, room, 0, &first)).await.unwrap();
        // The first is taken back by one of ours; the second is declined by its own server, who tells the others.
        let mut append = members(&store, room, 1, &[("@b:far", Leave), ("@c:near", Leave)]);
        append.outgoing.pop();
        store.append(append).await.unwrap();
        assert_eq!(intervals(&store, room).await, [("far".to_owned(), 4, 4)]);
        assert_eq!((due(&store, "far", 0).await, due(&store, "near", 0).await), (vec![4], vec![]));
        store.close().await;
    })
    .await;
}

/// Hears whether anything goes out.
#[derive(Default)]
struct Heard(parking_lot::Mutex<Vec<bool>>);

impl Observer for Heard {
    fn committed(&self, committed: &Committed) {
        self.0.lock().push(committed.outgoing);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_of_ours_alone_leaves_nothing() {
    each(async |database| {
        let heard = Arc::new(Heard::default());
        let store = database.open_observed(heard.clone());
        let room = store.next_nid();
        let mut append = members(&store, room, 0, &[("@a:test.example", Join), ("@b:test.example", Join)]);
        append.outgoing.clear();
        store.append(append).await.unwrap();
        store.append(members(&store, room, 1, &[("@b:test.example", Leave)])).await.unwrap();
        assert_eq!(*heard.0.lock(), [false, true]);
        assert_eq!(intervals(&store, room).await, []);
        let counts = store.read(|c| Ok(schema::outgoing::table.select(schema::outgoing::position).load::<i64>(c)?));
        assert_eq!(counts.await.unwrap(), [3]);
        store.close().await;
    })
    .await;
}

fn failing(server: &str, sent_upto: i64, retry_at: i64) -> DestinationRow {
    DestinationRow {
        server: server.into(),
        sent_upto,
        failing_since: Some(5),
        retry_at: Some(retry_at),
        pause: 2_000,
        error: Some("gone".into()),
        txn_events: 9,
        txn_outbox: 8,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_has_taken_is_remembered() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        let joined = [("@a:test.example", Join), ("@b:far", Join), ("@c:dead", Join)];
        store.append(members(&store, room, 0, &joined)).await.unwrap();
        let push = |server: &'static str| store.write(move |tx| outbox::push(tx, server, "{\"edu_type\":\"x\"}"));
        let positions = (push("far").await.unwrap(), push("far").await.unwrap(), push("dead").await.unwrap());
        assert_eq!(positions, (4, 5, 6));
        store.write(|tx| destinations::set(tx, &failing("dead", 2, 700), 0)).await.unwrap();
        let pending = |after| {
            store.snapshot(move |c, end| Ok((outgoing::servers(c, after, end)?, outbox::servers(c, after, end)?)))
        };
        let far = || vec!["far".to_owned()];
        assert_eq!(pending(0).await.unwrap(), (far(), far()), "who fails is left in peace");
        assert_eq!(pending(5).await.unwrap(), (vec![], vec![]));

        let taken = Taken { server: "far".into(), events: 6, outbox: 4 };
        store.write(move |tx| destinations::taken(tx, std::slice::from_ref(&taken))).await.unwrap();
        let left = store.read(|c| {
            let left = outbox::waiting(c, "far", (0, 99), 10)?;
            Ok((destinations::get(c, "far")?, left, outbox::count(c, "far", 9)?, outbox::count(c, "dead", 9)?))
        });
        let (row, left, far, dead) = left.await.unwrap();
        let row = row.unwrap();
        assert_eq!((row.sent_upto, row.retry_at, row.txn_events), (6, None, 0));
        assert_eq!((left, far, dead), (vec![(5, "{\"edu_type\":\"x\"}".to_owned())], 1, 1));
        // Who fails is not taken for well because of an answer to what was sent before.
        let taken = Taken { server: "dead".into(), events: 3, outbox: 0 };
        store.write(move |tx| destinations::taken(tx, std::slice::from_ref(&taken))).await.unwrap();
        let known = store.read(|c| {
            let due = (destinations::to_retry(c, 699, 9)?, destinations::to_retry(c, 700, 9)?);
            let next = (destinations::next_retry(c, 699)?, destinations::next_retry(c, 700)?);
            Ok((destinations::get(c, "dead")?, due, next, destinations::failing(c)?))
        });
        let (dead, due, next, failing_now) = known.await.unwrap();
        assert_eq!(dead, Some(DestinationRow { sent_upto: 3, ..failing("dead", 2, 700) }));
        assert_eq!(due, (vec![], vec!["dead".to_owned()]));
        assert_eq!((next, failing_now), ((Some(700), None), (Some(3), 1)));
        store.write(|tx| destinations::set(tx, &failing("overdue", 2, 9), 0)).await.unwrap();
        assert!(store.write(|tx| destinations::retry_now(tx, "dead", 10)).await.unwrap());
        let due = store.read(|c| destinations::to_retry(c, 10, 9)).await.unwrap();
        assert_eq!(due, ["dead", "overdue"], "who gave a sign of life is tried first");
        let over = DestinationRow { failing_since: None, retry_at: None, error: None, ..failing("overdue", 6, 0) };
        store.write(move |tx| destinations::set(tx, &over, 0)).await.unwrap();
        assert!(!store.write(|tx| destinations::retry_now(tx, "far", 10)).await.unwrap());
        let well = DestinationRow { failing_since: None, retry_at: None, error: None, ..failing("dead", 6, 0) };
        store.write(move |tx| destinations::set(tx, &well, 6)).await.unwrap();
        let list = store
            .read(|c| Ok((destinations::list(c, "", 9)?, destinations::failing(c)?, outbox::count(c, "dead", 9)?)));
        let (list, failing, boxed) = list.await.unwrap();
        assert_eq!(list.iter().map(|row| row.server.as_str()).collect::<Vec<_>>(), ["dead", "far", "overdue"]);
        assert_eq!((list[0].failing_since, failing, boxed), (None, (None, 0), 0));
        store.close().await;
    })
    .await;
}

/// The positions of what is left to be sent.
async fn left(store: &Store) -> Vec<i64> {
    let query = schema::outgoing::table.select(schema::outgoing::position).order(schema::outgoing::position);
    store.read(move |c| Ok(query.load(c)?)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_has_is_forgotten_and_the_newest_of_a_room_kept_for_the_absent() {
    each(async |database| {
        let store = database.open();
        let rooms = [store.next_nid(), store.next_nid()];
        for room in rooms {
            store.append(members(&store, room, 0, &[("@b:far", Join), ("@c:dead", Join)])).await.unwrap();
            store.append(members(&store, room, 1, &[("@c:dead", Leave)])).await.unwrap();
        }
        store.write(|tx| outgoing::set_sent_upto(tx, 2)).await.unwrap();
        assert!(!store.write(|tx| prune(tx, 100, 1)).await.unwrap());
        assert_eq!(left(&store).await, [3, 4, 5, 6]);
        assert_eq!(intervals(&store, rooms[0]).await.len(), 2, "the leave is still to be sent");
        store.write(|tx| destinations::set(tx, &failing("dead", 2, 0), 0)).await.unwrap();
        store.write(|tx| outgoing::set_sent_upto(tx, 6)).await.unwrap();
        store.write(|tx| prune(tx, 100, 1)).await.unwrap();
        assert_eq!(left(&store).await, [3, 4, 5, 6], "one has not got them");
        store.write(|tx| prune(tx, 1, 1)).await.unwrap();
        assert_eq!(left(&store).await, [3, 6]);
        for _ in 0..3 {
            store.write(|tx| outbox::push(tx, "dead", "{}")).await.unwrap();
        }
        store.write(|tx| prune(tx, 100, 2)).await.unwrap();
        let boxed = store.read(|c| outbox::waiting(c, "dead", (0, 99), 9)).await.unwrap();
        assert_eq!(boxed.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [8, 9]);
        store.write(|tx| destinations::set(tx, &failing("dead", 6, 0), 99)).await.unwrap();
        store.write(|tx| prune(tx, 100, 1)).await.unwrap();
        assert_eq!(left(&store).await, Vec::<i64>::new());
        assert_eq!(intervals(&store, rooms[0]).await, [("far".to_owned(), 1, STILL)]);
        store.close().await;
    })
    .await;
}
