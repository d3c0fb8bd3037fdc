//! Appends: every table gets its rows, or none does.

use std::sync::Arc;

use diesel::prelude::*;

use super::{add_fact, facts, hold, rows, wait_for_queue};
use crate::{
    Conn, Error, LogKind, Result, Store,
    rooms::{
        AuthChainLink, AuthChainRow, EventFlags, EventRow, Membership, Redaction, StateNode, events_after, gaps,
        has_gaps, member, room_by_nid,
    },
    schema::*,
    testing::each,
};

/// How many rows each table has that an append writes to.
fn counts(c: &mut Conn) -> Result<Vec<i64>> {
    macro_rules! count {
        ($($table:ident),*) => { vec![$($table::table.count().get_result(c)?),*] };
    }
    Ok(count![
        rooms,
        events,
        state_nodes,
        state_deltas,
        current_state,
        memberships,
        event_originals,
        pending_redactions,
        auth_chains,
        auth_chain_links,
        room_aliases,
        log
    ])
}

async fn revision(store: &Store, room: i64) -> Option<i64> {
    store.read(move |c| Ok(room_by_nid(c, room)?.map(|room| room.revision))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_gets_its_rows() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        let mut append = rows::messages(&store, room, 0, 3);
        let nids: Vec<i64> = append.events.iter().map(|event| event.nid).collect();
        rows::membership(&mut append, 0, "@a:test.example", Membership::Join, true);
        rows::membership(&mut append, 1, "@b:far.example", Membership::Invite, false);
        append.changes.push(rows::state_change(2, "m.room.name", "", Some(nids[2])));
        append.nodes.push(StateNode { id: store.next_nid(), hash: vec![1, 0, 255], data: vec![0, 7] });
        append.pending_redactions.push(("$unknown".into(), nids[2]));
        append.auth_chains.push(AuthChainRow { event: nids[0], chain: nids[0], sequence: 1 });
        let link = AuthChainLink { chain: nids[0], sequence: 1, target_chain: 9, target_sequence: 4 };
        append.auth_chain_links.push(link);
        append.aliases.push(("#a:test.example".into(), "@a:test.example".into()));
        let appended = store.append(append).await.unwrap();
        assert_eq!((appended.revision, appended.positions.as_slice()), (1, [1, 2, 3].as_slice()));
        assert_eq!(store.read(counts).await.unwrap(), [1, 3, 1, 3, 3, 2, 0, 1, 1, 1, 1, 3]);

        type Logged = (i64, i16, Option<i64>, Option<String>, Option<i64>);
        let logged: Vec<Logged> = store.read(|c| Ok(log::table.order(log::position).load(c)?)).await.unwrap();
        let member = LogKind::Membership as i16;
        assert_eq!(logged[0], (1, member, Some(room), Some("@a:test.example".into()), Some(nids[0])));
        assert_eq!(logged[1], (2, LogKind::Event as i16, Some(room), None, Some(nids[1])), "not one of ours");
        let stored = store.read(move |c| room_by_nid(c, room)).await.unwrap().unwrap();
        assert_eq!((stored.revision, stored.last_position), (1, 3));

        // The same user again, a key taken away, and a redaction of the join.
        let mut next = rows::messages(&store, room, 1, 2);
        let by = next.events[1].nid;
        rows::membership(&mut next, 0, "@b:far.example", Membership::Ban, false);
        next.changes.push(rows::state_change(0, "m.room.name", "", None));
        next.redactions.push(Redaction { target: nids[0], by, at: 77, json: "{\"redacted\":1}".into() });
        store.append(next).await.unwrap();
        assert_eq!(store.read(counts).await.unwrap(), [1, 5, 1, 5, 2, 2, 1, 1, 1, 1, 1, 5]);
        let (redacted, original, first, second) = store
            .read(move |c| {
                let row = events::table.find(nids[0]).select((events::redacted_by, events::json));
                let redacted: (Option<i64>, String) = row.first(c)?;
                let original: (i64, i64, String) = event_originals::table.first(c)?;
                let (first, second) = (member_row(c, room, "@a:test.example")?, member_row(c, room, "@b:far.example")?);
                Ok((redacted, original, first, second))
            })
            .await
            .unwrap();
        assert_eq!(redacted, (Some(by), "{\"redacted\":1}".into()));
        assert_eq!((original.0, original.1), (nids_first(&first), 77));
        assert!(original.2.starts_with("{\"n\":"));
        assert_eq!((first.display_name, first.membership), (None, Membership::Join as i16), "the name went with it");
        assert_eq!((second.position, second.membership), (4, Membership::Ban as i16));
        store.close().await;
    })
    .await;
}

fn member_row(c: &mut Conn, room: i64, user_id: &str) -> Result<crate::rooms::MemberRow> {
    member(c, room, user_id)?.ok_or(Error::Closed)
}

fn nids_first(member: &crate::rooms::MemberRow) -> i64 {
    member.event
}

#[tokio::test(flavor = "multi_thread")]
async fn history_that_comes_late_never_looks_new() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        store.append(rows::messages(&store, room, 0, 2)).await.unwrap();
        let mut late = rows::messages(&store, room, 1, 3);
        late.backfilled = true;
        // The lane hands over what it knows.
        late.room.last_position = 2;
        assert_eq!(store.append(late).await.unwrap().positions, [-3, -2, -1], "in their order");
        assert_eq!(store.position(), 2);
        let stored = store.read(move |c| room_by_nid(c, room)).await.unwrap().unwrap();
        assert_eq!((stored.revision, stored.last_position), (2, 2));
        // An outlier is no news either, whatever it comes with.
        let mut next = rows::messages(&store, room, 2, 2);
        let outlier = EventRow { flags: EventFlags::OUTLIER.0, ..(*next.events[0]).clone() };
        next.events[0] = Arc::new(outlier);
        assert_eq!(store.append(next).await.unwrap().positions, [-4, 3]);
        store.close().await;
        let again = database.open();
        let mut later = rows::messages(&again, room, 3, 1);
        later.backfilled = true;
        assert_eq!(again.append(later).await.unwrap().positions, [-5]);
        again.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_gap_of_a_depth_is_told_first() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        let mut append = rows::messages(&store, room, 0, 3);
        append.events.iter_mut().for_each(|event| Arc::make_mut(event).depth = 7);
        append.gaps = append.events.iter().map(|event| ("$a".into(), event.nid)).collect();
        let first = append.events[0].event_id.clone();
        store.append(append).await.unwrap();
        let found = store.read(move |c| gaps(c, room, 7, 1)).await.unwrap();
        assert_eq!(found, [(first, 7, vec!["$a".to_owned()])]);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_are_there_until_they_are_filled() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        let mut append = rows::messages(&store, room, 0, 3);
        let nids: Vec<i64> = append.events.iter().map(|event| event.nid).collect();
        append.gaps =
            vec![("$a".into(), nids[0]), ("$a".into(), nids[1]), ("$b".into(), nids[1]), ("$c".into(), nids[2])];
        let id = |index: usize| append.events[index].event_id.clone();
        let (ids, depths) = ([id(0), id(1), id(2)], nids.clone());
        store.append(append).await.unwrap();
        let found = store.read(move |c| Ok((gaps(c, room, i64::MAX, 2)?, has_gaps(c, room)?))).await.unwrap();
        let missing = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let deepest =
            vec![(ids[2].clone(), depths[2], missing(&["$c"])), (ids[1].clone(), depths[1], missing(&["$a", "$b"]))];
        assert_eq!(found, (deepest, true));
        let mut next = rows::messages(&store, room, 1, 1);
        next.filled = vec!["$a".into(), "$c".into()];
        store.append(next).await.unwrap();
        let (left, after) =
            store.read(move |c| Ok((gaps(c, room, 1_000, 9)?, events_after(c, room, "$b")?))).await.unwrap();
        assert_eq!(left, [(ids[1].clone(), depths[1], missing(&["$b"]))]);
        assert_eq!(after, [nids[1]]);
        assert!(!store.read(move |c| has_gaps(c, room + 1)).await.unwrap());
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_append_is_refused_and_its_neighbours_are_written() {
    each(async |database| {
        let store = database.open();
        let (room, other) = (store.next_nid(), store.next_nid());
        store.append(rows::messages(&store, room, 0, 1)).await.unwrap();
        let release = hold(&store).await;
        let appends = [
            rows::messages(&store, room, 1, 1),
            rows::messages(&store, room, 1, 2),
            rows::messages(&store, other, 0, 1),
            rows::messages(&store, room, 2, 1),
            rows::messages(&store, other, 3, 1),
        ];
        let mut waiting = Vec::new();
        for (i, append) in appends.into_iter().enumerate() {
            let appending = store.clone();
            waiting.push(tokio::spawn(async move { appending.append(append).await }));
            wait_for_queue(&store, i + 1).await;
        }
        let before = store.writer_counts().0;
        drop(release);
        let mut revisions = Vec::new();
        for waiting in waiting {
            revisions.push(match waiting.await.unwrap() {
                Ok(appended) => Some(appended.revision),
                Err(Error::Stale) => None,
                Err(other) => panic!("{other}"),
            });
        }
        assert_eq!(revisions, [Some(2), None, Some(1), Some(3), None]);
        assert!(store.writer_counts().0 - before <= 2, "the stale ones cost no transaction");
        assert_eq!((revision(&store, room).await, revision(&store, other).await), (Some(3), Some(1)));
        assert_eq!(store.position(), 4);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_alias_is_a_conflict_and_leaves_nothing() {
    each(async |database| {
        let store = database.open();
        let alias = ("#a:test.example".to_owned(), "@a:test.example".to_owned());
        let mut first = rows::messages(&store, store.next_nid(), 0, 1);
        first.aliases.push(alias.clone());
        store.append(first).await.unwrap();
        let before = store.read(counts).await.unwrap();

        let room = store.next_nid();
        let mut second = rows::messages(&store, room, 0, 2);
        rows::membership(&mut second, 0, "@b:test.example", Membership::Join, true);
        second.nodes.push(StateNode { id: store.next_nid(), hash: vec![1], data: vec![0] });
        second.aliases.push(alias);
        let neighbour = rows::messages(&store, store.next_nid(), 0, 1);
        let (refused, written, fact) =
            tokio::join!(store.append(second), store.append(neighbour), add_fact(&store, "neighbour"));
        assert!(refused.unwrap_err().is_conflict());
        assert_eq!(written.unwrap().positions, [2]);
        fact.unwrap();
        assert_eq!(revision(&store, room).await, None);
        let mut expected = before;
        expected[0] += 1;
        expected[1] += 1;
        expected[11] += 1;
        assert_eq!(store.read(counts).await.unwrap(), expected);
        assert_eq!(facts(&store, "neighbour").await, 1);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_appends_are_split_into_statements() {
    each(async |database| {
        let store = database.open();
        let room = store.next_nid();
        let append = rows::messages(&store, room, 0, 2_500);
        let nid = append.events[2_499].nid;
        let appended = store.append(append).await.unwrap();
        assert_eq!(appended.positions, (1..=2_500).collect::<Vec<_>>());
        assert_eq!(store.read(counts).await.unwrap()[1], 2_500);
        store.close().await;
        drop(store);
        let again = database.open();
        assert_eq!(again.next_nid(), nid + 1, "numbers go on behind the highest");
        assert_eq!(again.position(), 2_500);
        again.close().await;
    })
    .await;
}
