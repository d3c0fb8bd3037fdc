//! Works a room's queue off: one event after the other, in the order in which they came. What cannot be completed now is
//! tried again later, and overtaken by others.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, thread::panicking, time::Duration};

use futures_util::FutureExt as _;
use ruma::{OwnedRoomId, RoomId, ServerName};
use serde_json::value::RawValue;
use store::federation::staged::{self, StagedRow};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    Result,
    incoming::{Incoming, door::Door, place::Place},
};

/// How many events are read at once.
const PAGE: i64 = 20;

/// When an event that could not be completed is tried again. After that it is dropped; what comes after it may still bring
/// it.
const AGAIN: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(600)];

/// How many events of one server, or of all together that are not in the room, may fail before the rest of what they sent
/// waits, too, without anybody being asked about it.
const FAILURES: usize = 3;

/// When an event is looked at again about which nobody was asked, because others of its server had failed.
const LATER: Duration = Duration::from_secs(60);

/// How long is waited for a database that fails.
const PAUSE: Duration = Duration::from_secs(5);

/// An event that could not be completed.
struct Tried {
    times: usize,
    due: Instant,
}

/// Work that panics is begun anew: until a restart nobody else would do it.
struct Anew {
    incoming: Incoming,
    room_id: OwnedRoomId,
    more: Arc<Notify>,
}

impl Drop for Anew {
    fn drop(&mut self) {
        if !panicking() {
            return;
        }
        tracing::error!(room_id = %self.room_id, "working on events of other servers panicked; it is tried again");
        let (incoming, room_id, more) = (self.incoming.clone(), self.room_id.clone(), self.more.clone());
        let runtime = incoming.inner.options.runtime.clone();
        runtime.spawn(async move {
            sleep(PAUSE).await;
            incoming.work_off(room_id, more).await;
        });
    }
}

impl Incoming {
    /// Works until the queue of a room is empty.
    pub(super) async fn work_off(self, room_id: OwnedRoomId, more: Arc<Notify>) {
        let _anew = Anew { incoming: self.clone(), room_id: room_id.clone(), more: more.clone() };
        let mut tried = HashMap::new();
        loop {
            let next = match self.pass(&room_id, &mut tried).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%room_id, %error, "events of other servers cannot be worked on");
                    Some(Instant::now() + PAUSE)
                }
            };
            match next {
                Some(due) => tokio::select! {
                    () = sleep_until(due) => {}
                    () = more.notified() => {}
                },
                None if self.inner.queues.end(&room_id, &more) => return,
                None => {}
            }
        }
    }

    /// Goes through the queue once. Gives when to do so again; nothing if the queue is empty.
    async fn pass(&self, room_id: &RoomId, tried: &mut HashMap<i64, Tried>) -> Result<Option<Instant>> {
        let mut last = 0;
        let mut failures: HashMap<String, usize> = HashMap::new();
        loop {
            let (id, after) = (room_id.to_string(), last);
            let rows = self.rooms().store().read(move |conn| staged::first(conn, &id, after, PAGE)).await?;
            let Some(row) = rows.last() else { break };
            last = row.number;
            let mut done = Vec::new();
            for row in rows {
                let party = self.party(room_id, &row.origin).await?;
                let (number, is_inside) = (row.number, !party.is_empty());
                let failures = failures.entry(party).or_default();
                if tried.get(&number).is_some_and(|tried| tried.due > Instant::now()) {
                    continue;
                }
                let with_help = *failures < FAILURES;
                let trying = AssertUnwindSafe(self.try_row(room_id, row, is_inside, with_help)).catch_unwind().await;
                // What panics would do so again: others overtake it like whatever cannot be completed.
                let came = trying.unwrap_or_else(|_| {
                    tracing::error!(%room_id, number, "an event of another server made the work on it panic");
                    Ok(false)
                })?;
                *failures += usize::from(!came);
                if came || !postponed(tried, number, with_help) {
                    tried.remove(&number);
                    done.push(number);
                }
            }
            if !done.is_empty() {
                self.rooms().store().write(move |tx| staged::remove(tx, &done)).await?;
            }
        }
        Ok(tried.values().map(|tried| tried.due).min())
    }

    /// With whom a server shares the bound on failures: those that are not in the room have one name, for their own are free
    /// to be made up.
    async fn party(&self, room_id: &RoomId, origin: &str) -> Result<String> {
        let is_inside = match <&ServerName>::try_from(origin) {
            Ok(server) => self.rooms().server_in_room(room_id, server).await?,
            Err(_) => false,
        };
        Ok(if is_inside { origin.to_owned() } else { String::new() })
    }

    /// Tries one event, `with_help` of others; true if it need not wait any more.
    ///
    /// * `is_inside`: whether it comes from a server that is in the room.
    async fn try_row(&self, room_id: &RoomId, row: StagedRow, is_inside: bool, with_help: bool) -> Result<bool> {
        let StagedRow { origin, event_id, json, .. } = row;
        let (Ok(origin), Ok(pdu)) = (ServerName::parse(origin.as_str()), RawValue::from_string(json)) else {
            return Ok(true);
        };
        let _places = self.inner.queues.places(&origin).await;
        let Door::Open(rules) = self.door(&origin, room_id).await? else { return Ok(true) };
        let Some(checked) = self.check(&origin, room_id, rules, vec![pdu]).await.pop() else { return Ok(true) };
        let Ok(pdu) = checked.outcome else { return Ok(true) };
        let mut place = self.place(&origin, room_id, &pdu, is_inside).await;
        // With the help of others what is rejected is kept.
        let with_help = with_help && self.history().keeps_rejected(&origin, room_id);
        if matches!(place, Place::Waits) && with_help {
            place = self.complete(&origin, room_id, rules, &pdu).await;
        }
        match place {
            Place::Here => Ok(true),
            Place::Waits => Ok(false),
            Place::Refused(reason) => {
                tracing::info!(%origin, %room_id, %event_id, %reason, "dropped an event that waited");
                Ok(true)
            }
        }
    }
}

/// Notes that an event was tried in vain; false if that was the last time. Without help of others it was not tried: what
/// others of its server cannot be completed with is no fault of it.
fn postponed(tried: &mut HashMap<i64, Tried>, number: i64, with_help: bool) -> bool {
    let tried = tried.entry(number).or_insert_with(|| Tried { times: 0, due: Instant::now() });
    if !with_help {
        tried.due = Instant::now() + LATER;
        return true;
    }
    let Some(again) = AGAIN.get(tried.times) else {
        tracing::warn!(number, "an event was dropped because what it builds on could not be had");
        return false;
    };
    tried.times += 1;
    tried.due = Instant::now() + *again;
    true
}
