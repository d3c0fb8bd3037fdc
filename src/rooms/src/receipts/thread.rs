//! To which thread an event belongs (client-server § Threaded read receipts).

use serde::Deserialize;
use store::{
    Conn,
    rooms::{StoredEvent, event_by_id},
};

use super::Thread;
use crate::{Error, Result, read::content};

/// How many relations are followed to find the thread.
const HOPS: usize = 3;

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "m.relates_to")]
    relates_to: Option<Relation>,
}

#[derive(Deserialize)]
struct Relation {
    rel_type: String,
    event_id: String,
}

/// Where an event belongs.
enum Place {
    /// In the thread with this root.
    Thread(String),
    /// In no thread; it is about this event, or is it.
    Main(String),
}

/// Lets pass an event that is in this thread. A root counts as part of its thread, too, so that it can be read there.
///
/// # Errors
/// [`Error::InvalidParam`].
pub(super) fn check(conn: &mut Conn, event: &StoredEvent, thread: &Thread) -> Result<()> {
    // What was redacted has lost its relation.
    if matches!(thread, Thread::Unthreaded) || event.redacted_by.is_some() {
        return Ok(());
    }
    let is_there = match (place(conn, event)?, thread) {
        (Place::Thread(root) | Place::Main(root), Thread::Root(wanted)) => root == wanted.as_str(),
        (Place::Main(_), _) => true,
        (Place::Thread(_), _) => false,
    };
    if is_there { Ok(()) } else { Err(Error::InvalidParam("the event is not in the thread of thread_id".into())) }
}

fn place(conn: &mut Conn, event: &StoredEvent) -> store::Result<Place> {
    let mut event = event.clone();
    for _ in 0..HOPS {
        let relation = content::read::<Content>(&event).and_then(|content| content.relates_to);
        let Some(relation) = relation.filter(|relation| !relation.event_id.contains('\0')) else { break };
        if relation.rel_type == "m.thread" {
            return Ok(Place::Thread(relation.event_id));
        }
        let Some(parent) = event_by_id(conn, event.room, &relation.event_id)? else { break };
        event = parent;
    }
    Ok(Place::Main(event.event_id.clone()))
}
