//! How far users of other servers have read, as their servers say (server-server §receipts).

use peerbrain_core::limits::{ID_BYTES, RECEIPT_THREADS};
use ruma::{OwnedEventId, OwnedUserId, RoomId};
use store::{
    Conn,
    receipts::{self, MAIN, NewReceipt, ReceiptKind, UNTHREADED},
    rooms::{EventFlags, Membership, StoredEvent, event_by_id, member, room_by_id},
};

use super::Thread;
use crate::{Error, Result, Rooms};

/// A receipt of a user of another server.
#[derive(Clone, Debug)]
pub struct ForeignReceipt {
    /// The user. That it is their server that says so is for the caller to check.
    pub user_id: OwnedUserId,
    /// The events up to which they have read; mostly one.
    pub event_ids: Vec<OwnedEventId>,
    /// For which part of the room that holds.
    pub thread: Thread,
    /// When they did, in milliseconds since 1970, if that is said.
    pub ts: Option<i64>,
}

impl Rooms {
    /// Takes note of public receipts. Those of users who are not joined, and for events that are not here, are passed over.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown room; what the database says.
    pub async fn receive_receipts(&self, room_id: &RoomId, receipts: Vec<ForeignReceipt>) -> Result<()> {
        let id = room_id.to_owned();
        let news = self.reading(move |rooms, conn| {
            let room = room_by_id(conn, id.as_str())?;
            let room = room.ok_or_else(|| Error::NotFound("this server does not know the room".into()))?;
            let now = rooms.inner.clock.now_ms();
            let mut news = Vec::with_capacity(receipts.len());
            for receipt in receipts {
                news.extend(new_receipt(conn, room.nid, receipt, now)?);
            }
            Ok(news)
        });
        let news: Vec<NewReceipt> = news.await?;
        if news.is_empty() {
            return Ok(());
        }
        let most = i64::try_from(RECEIPT_THREADS).unwrap_or(i64::MAX);
        let write = self.inner.store.write(move |tx| {
            for new in &news {
                receipts::set(tx, new, most)?;
            }
            Ok(())
        });
        Ok(write.await?)
    }
}

/// The receipt as it is stored, if it is good for anything.
fn new_receipt(conn: &mut Conn, room: i64, receipt: ForeignReceipt, now: i64) -> Result<Option<NewReceipt>> {
    let ForeignReceipt { user_id, event_ids, thread, ts } = receipt;
    let member = member(conn, room, user_id.as_str())?;
    if member.is_none_or(|member| member.membership() != Membership::Join) {
        return Ok(None);
    }
    let thread = match &thread {
        Thread::Unthreaded => UNTHREADED,
        Thread::Main => MAIN,
        Thread::Root(root) if is_storable(root.as_str()) => root.as_str(),
        Thread::Root(_) => return Ok(None),
    };
    let Some(event) = newest(conn, room, &event_ids)? else { return Ok(None) };
    Ok(Some(NewReceipt {
        room,
        user_id: user_id.to_string(),
        kind: ReceiptKind::Public,
        thread: thread.to_owned(),
        event_id: event.event_id.clone(),
        event_position: event.position,
        // The clocks of others may be wrong.
        ts: ts.map_or(now, |ts| ts.clamp(0, now)),
    }))
}

/// The newest of these events that clients are shown.
fn newest(conn: &mut Conn, room: i64, event_ids: &[OwnedEventId]) -> Result<Option<StoredEvent>> {
    let mut newest: Option<StoredEvent> = None;
    for id in event_ids.iter().filter(|id| is_storable(id.as_str())) {
        let event = event_by_id(conn, room, id.as_str())?.filter(|event| EventFlags(event.flags).is_visible());
        newest = [newest, event].into_iter().flatten().max_by_key(|event| event.position);
    }
    Ok(newest)
}

fn is_storable(id: &str) -> bool {
    id.len() <= ID_BYTES && !id.contains('\0')
}
