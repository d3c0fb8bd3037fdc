//! `POST /rooms/{roomId}/receipt/{receiptType}/{eventId}` and `POST /rooms/{roomId}/read_markers`.

use std::collections::HashSet;

use peerbrain_core::limits::RECEIPT_THREADS;
use ruma::{EventId, RoomId, UserId};
use serde_json::{Value, json};
use store::{
    Conn, Tx,
    accounts::account_data,
    receipts::{self, MAIN, NewReceipt, UNTHREADED, read_up_to},
    rooms::{StoredEvent, event_by_id, room_by_id},
};

use super::{ReadUpTo, Thread, thread};
use crate::{Error, Result, Rooms, Viewer, read::no_member, visible};

const FULLY_READ: &str = "m.fully_read";

/// What is left to be written of it.
#[derive(Clone, Default)]
struct News {
    receipts: Vec<NewReceipt>,
    /// Room, event, and its position.
    fully_read: Option<(i64, String, i64)>,
}

impl Rooms {
    /// Notes how far a user has read. What lies before what was said earlier changes nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for who is not joined, [`Error::NotFound`] for events that are not in the room or not for
    /// the user, [`Error::InvalidParam`] for an event that is not in the thread. Nothing has changed then.
    pub async fn mark_read(&self, user_id: &UserId, room_id: &RoomId, read: ReadUpTo) -> Result<()> {
        let (user, room_id) = (user_id.to_owned(), room_id.to_owned());
        let news = self.reading(move |rooms, conn| news(rooms, conn, &user, &room_id, &read)).await?;
        if news.receipts.is_empty() && news.fully_read.is_none() {
            return Ok(());
        }
        let user = user_id.to_string();
        Ok(self.inner.store.write(move |tx| write(tx, &user, &news)).await?)
    }
}

/// Checks all of it, and leaves out what is known already.
fn news(rooms: &Rooms, conn: &mut Conn, user: &UserId, room_id: &RoomId, read: &ReadUpTo) -> Result<News> {
    let room = room_by_id(conn, room_id.as_str())?.ok_or_else(no_member)?;
    let viewer = Viewer::of(conn, rooms, &room, user)?;
    if !viewer.is_joined() {
        return Err(no_member());
    }
    let find = |conn: &mut Conn, event_id: &EventId| find_visible(rooms, conn, &viewer, room.nid, event_id);
    let ts = rooms.inner.clock.now_ms();
    let mut news = News::default();
    for receipt in &read.receipts {
        let event = find(conn, &receipt.event_id)?;
        thread::check(conn, &event, &receipt.thread)?;
        let thread = match &receipt.thread {
            Thread::Unthreaded => UNTHREADED,
            Thread::Main => MAIN,
            Thread::Root(root) => root.as_str(),
        };
        let before = read_up_to(conn, room.nid, user.as_str(), receipt.kind, thread)?;
        if before.is_none_or(|before| before < event.position) {
            news.receipts.push(NewReceipt {
                room: room.nid,
                user_id: user.to_string(),
                kind: receipt.kind,
                thread: thread.to_owned(),
                event_id: event.event_id.clone(),
                event_position: event.position,
                ts,
            });
        }
    }
    if let Some(event_id) = &read.fully_read {
        let event = find(conn, event_id)?;
        if fully_read(conn, user.as_str(), room.nid)?.is_none_or(|before| before < event.position) {
            news.fully_read = Some((room.nid, event.event_id.clone(), event.position));
        }
    }
    Ok(news)
}

fn find_visible(rooms: &Rooms, conn: &mut Conn, viewer: &Viewer, room: i64, event_id: &EventId) -> Result<StoredEvent> {
    let absent = || Error::NotFound("there is no such event, or you may not see it".into());
    // No database takes it, and no event has it.
    if event_id.as_str().contains('\0') {
        return Err(absent());
    }
    let event = event_by_id(conn, room, event_id.as_str())?.ok_or_else(absent)?;
    let seen = visible(conn, rooms, viewer, &HashSet::new(), vec![event])?.pop();
    seen.map(|seen| seen.event).ok_or_else(absent)
}

/// The position of the event at which the marker stands.
fn fully_read(conn: &mut Conn, user: &str, room: i64) -> store::Result<Option<i64>> {
    let Some(content) = account_data::get(conn, user, room, FULLY_READ)? else { return Ok(None) };
    let content: Value = serde_json::from_str(&content).unwrap_or_default();
    match content.get("event_id").and_then(Value::as_str) {
        Some(event_id) => Ok(event_by_id(conn, room, event_id)?.map(|event| event.position)),
        None => Ok(None),
    }
}

fn write(tx: &mut Tx<'_>, user: &str, news: &News) -> store::Result<()> {
    let most = i64::try_from(RECEIPT_THREADS).unwrap_or(i64::MAX);
    for receipt in &news.receipts {
        receipts::set(tx, receipt, most)?;
    }
    if let Some((room, event_id, position)) = &news.fully_read
        && fully_read(tx.conn(), user, *room)?.is_none_or(|before| before < *position)
    {
        let content = json!({ "event_id": event_id }).to_string();
        account_data::set(tx, user, *room, FULLY_READ, &content)?;
    }
    Ok(())
}
