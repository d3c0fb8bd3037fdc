//! What is unread, by rows alone.

use std::sync::Arc;

use super::*;
use crate::{
    Conn, Store,
    receipts::{self, MAIN, NewReceipt, ReceiptKind, UNTHREADED},
    rooms::{Append, EventCounts, EventRow, RoomCounts, RoomRow, room_by_nid},
    testing::{self, Database},
    tests::rows::{message, room_row},
};

const ROOM: i64 = 7;
const ALICE: &str = "@alice:b";

/// Appends a message of a sender to the room, with its rows; gives its position.
struct Room {
    store: Store,
    row: RoomRow,
}

impl Room {
    async fn open(database: &Database) -> Self {
        let mut room = Self { store: database.open(), row: room_row(ROOM) };
        let join = |_: &EventRow| PushRows {
            joins: vec![JoinedReader { at: 0, user_id: ALICE.into(), notifications: 0, highlights: 0 }],
            ..PushRows::default()
        };
        room.append(ALICE, 0, join).await;
        room
    }

    async fn append(&mut self, sender: &str, push_rule: i16, rows: impl FnOnce(&EventRow) -> PushRows) -> (i64, i64) {
        let counted = &mut self.row.counted;
        counted.notifications += i64::from(push_rule > 0);
        counted.highlights += i64::from(push_rule > 3);
        let (notifications, highlights) = (counted.notifications, counted.highlights);
        let mut event = message(self.store.next_nid(), ROOM);
        event.sender = sender.into();
        event.txn_id = None;
        event.counted = EventCounts { notifications, highlights, push_rule };
        let push = rows(&event);
        let nid = event.nid;
        let append = Append { push, events: vec![Arc::new(event)], ..Append::new(self.row.clone()) };
        let appended = self.store.append(append).await.unwrap();
        self.row.revision = appended.revision;
        self.row.last_position = appended.positions[0];
        (nid, appended.positions[0])
    }

    async fn say(&mut self) -> (i64, i64) {
        self.append("@bob:b", 1, |_| PushRows::default()).await
    }

    async fn say_in_thread(&mut self, thread: &str) -> (i64, i64) {
        let row = ThreadNotification { at: 0, thread: thread.into(), sender: "@bob:b".into(), highlight: false };
        self.append("@bob:b", 1, |_| PushRows { threads: vec![row], ..PushRows::default() }).await
    }

    /// Something that highlights for alice alone.
    async fn mention(&mut self, muted: bool) -> (i64, i64) {
        let added = i16::from(muted);
        self.append("@bob:b", 1, |event| PushRows {
            own: vec![OwnNotification {
                at: 0,
                event: event.nid,
                user_id: ALICE.into(),
                thread: MAIN.into(),
                notifications: added,
                highlights: 1,
                actions: "[]".into(),
                highlight: true,
            }],
            counts: vec![OwnCount {
                at: 0,
                user_id: ALICE.into(),
                notifications: added.into(),
                highlights: 1,
                before: (0, 0),
            }],
            ..PushRows::default()
        })
        .await
    }

    async fn say_oneself(&mut self) -> (i64, i64) {
        let before = (self.row.counted.notifications, self.row.counted.highlights);
        let count = OwnCount { at: 0, user_id: ALICE.into(), notifications: -1, highlights: 0, before };
        self.append(ALICE, 1, |_| PushRows { counts: vec![count], ..PushRows::default() }).await
    }

    async fn mute(&mut self, muted: bool) -> (i64, i64) {
        let RoomCounts { notifications, highlights, .. } = self.row.counted;
        let change = MuteChange { at: 0, user_id: ALICE.into(), muted, notifications, highlights };
        self.append("@bob:b", 1, |_| PushRows { mutes: vec![change], ..PushRows::default() }).await
    }

    async fn read(&self, thread: &str, event_position: i64) {
        let new = NewReceipt {
            room: ROOM,
            user_id: ALICE.into(),
            kind: ReceiptKind::Public,
            thread: thread.into(),
            event_id: format!("$e{event_position}"),
            event_position,
            ts: 1,
        };
        self.store.write(move |tx| receipts::set(tx, &new, 100)).await.unwrap();
    }

    async fn redact(&self, event: i64) {
        self.store.write(move |tx| redact(tx.conn(), ROOM, event)).await.unwrap();
    }

    /// (notifications, highlights) that are unread.
    async fn unread(&self) -> (i64, i64) {
        let read = |conn: &mut Conn| {
            let row = unread_row(conn, ALICE, ROOM)?.unwrap();
            let counts = room_by_nid(conn, ROOM)?.unwrap().counted;
            let mut count = row.count(&counts);
            for gone in redacted_after(conn, &[ROOM], row.position, 100)? {
                count -= row.redacted(ALICE, &gone, 0);
            }
            Ok((count.notifications, count.highlights))
        };
        self.store.read(read).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_read_counts_no_more() {
    testing::each(async |database| {
        let mut room = Room::open(&database).await;
        let (_, first) = room.say().await;
        let (_, mine) = room.say_oneself().await;
        let (_, mention) = room.mention(false).await;
        let (_, last) = room.say().await;
        assert_eq!(room.unread().await, (3, 1));
        room.read(UNTHREADED, first).await;
        assert_eq!(room.unread().await, (2, 1));
        room.read(UNTHREADED, mine).await;
        assert_eq!(room.unread().await, (2, 1));
        room.read(UNTHREADED, mention).await;
        assert_eq!(room.unread().await, (1, 0));
        room.read(UNTHREADED, first).await;
        assert_eq!(room.unread().await, (1, 0));
        room.read(MAIN, last).await;
        assert_eq!(room.unread().await, (0, 0));
        room.say().await;
        assert_eq!(room.unread().await, (1, 0));
    })
    .await
}

#[tokio::test]
async fn threads_are_read_apart() {
    testing::each(async |database| {
        let mut room = Room::open(&database).await;
        room.say().await;
        let (_, in_thread) = room.say_in_thread("$root").await;
        let (_, mention) = room.mention(false).await;
        let (_, later) = room.say_in_thread("$root").await;
        assert_eq!(room.unread().await, (4, 1));
        room.read("$root", in_thread).await;
        assert_eq!(room.unread().await, (3, 1));
        room.read(MAIN, mention).await;
        assert_eq!(room.unread().await, (1, 0));
        // What was read in threads is not taken off twice.
        room.read(UNTHREADED, mention).await;
        assert_eq!(room.unread().await, (1, 0));
        room.read("$root", later).await;
        assert_eq!(room.unread().await, (0, 0));
    })
    .await
}

#[tokio::test]
async fn what_is_redacted_counts_no_more() {
    testing::each(async |database| {
        let mut room = Room::open(&database).await;
        let (first, _) = room.say().await;
        let (mention, _) = room.mention(false).await;
        let (_, third) = room.say().await;
        room.redact(mention).await;
        assert_eq!(room.unread().await, (2, 0));
        room.redact(first).await;
        assert_eq!(room.unread().await, (1, 0));
        room.read(UNTHREADED, third).await;
        assert_eq!(room.unread().await, (0, 0));
        let (read, position) = room.say().await;
        room.say().await;
        room.read(UNTHREADED, position).await;
        room.redact(read).await;
        assert_eq!(room.unread().await, (1, 0));
    })
    .await
}

#[tokio::test]
async fn muted_rooms_count_what_is_named() {
    testing::each(async |database| {
        let mut room = Room::open(&database).await;
        let (_, first) = room.say().await;
        room.say().await;
        room.mute(true).await;
        let (_, quiet) = room.say().await;
        assert_eq!(room.unread().await, (2, 0));
        let (mention, _) = room.mention(true).await;
        assert_eq!(room.unread().await, (3, 1));
        room.read(UNTHREADED, first).await;
        assert_eq!(room.unread().await, (2, 1));
        room.read(UNTHREADED, quiet).await;
        assert_eq!(room.unread().await, (1, 1));
        room.redact(mention).await;
        assert_eq!(room.unread().await, (0, 0));
        room.mute(false).await;
        room.say().await;
        assert_eq!(room.unread().await, (2, 0));
    })
    .await
}
