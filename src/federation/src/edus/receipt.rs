//! `m.receipt`: how far somebody has read (server-server §receipts).

use rooms::receipts::{ForeignReceipt, Thread};
use ruma::{
    ServerName,
    api::federation::transactions::edu::{ReceiptContent, ReceiptData},
    events::receipt::ReceiptThread,
};

use crate::{Federation, Result, edus};

/// How many rooms one message may be about, and how many users of each.
const ROOMS: usize = 100;
const USERS: usize = 1_000;

/// How many events one receipt may name; usually it is one.
const EVENTS: usize = 10;

/// Takes note of it, room by room: what is wrong in one is no harm to the others.
pub(super) async fn receive(federation: &Federation, origin: &ServerName, content: ReceiptContent) -> Result<()> {
    for (room_id, receipts) in content.receipts.into_iter().take(ROOMS) {
        let own = receipts.read.into_iter().filter(|(user_id, _)| user_id.server_name() == origin).take(USERS);
        let receipts: Vec<ForeignReceipt> = own
            .filter_map(|(user_id, ReceiptData { data, event_ids, .. })| {
                let event_ids = event_ids.into_iter().take(EVENTS).collect();
                let ts = data.ts.map(|ts| ts.get().into());
                Some(ForeignReceipt { user_id, event_ids, thread: thread(&data.thread)?, ts })
            })
            .collect();
        let received = match edus::require_let_in(federation, origin, &room_id).await {
            Ok(()) => federation.inner.rooms.receive_receipts(&room_id, receipts).await.map_err(Into::into),
            Err(error) => Err(error),
        };
        match received {
            Err(error) if edus::may_pass(&error) => return Err(error),
            Err(error) => tracing::info!(%origin, %room_id, %error, "dropped receipts"),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// The part of the room; nothing for one that we do not know.
fn thread(thread: &ReceiptThread) -> Option<Thread> {
    match thread {
        ReceiptThread::Unthreaded => Some(Thread::Unthreaded),
        ReceiptThread::Main => Some(Thread::Main),
        ReceiptThread::Thread(root) => Some(Thread::Root(root.clone())),
        _ => None,
    }
}
