//! Tells other servers what is in memory only, or need not reach them later: who types, what was read, who is online. It is
//! gathered for a moment, and told to those servers only that can be reached.

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use peerbrain_core::config::FederationMode;
use ruma::{OwnedServerName, ServerName};
use store::{
    federation::room_servers,
    receipts::{self, ReceiptKind, ReceiptRow, UNTHREADED},
    rooms::rooms_by_nid,
};
use sync::{EphemeralChange, PresenceContent};
use tokio::sync::broadcast::error::RecvError;

use super::{
    Sender,
    queue::{Queue, Receipt},
    wakes::Read,
};
use crate::Result;

/// Presence is told every so many times that receipts are.
const PRESENCE_TURNS: u32 = 5;
/// Users whose presence waits to be told.
const PRESENCES: usize = 2_000;
/// Who types and was told of.
const TYPISTS: usize = 10_000;
/// Other servers let typing run out if they hear nothing for a while.
const TYPING_AGAIN_SECS: u64 = 30;
/// How long a room rests for each server that was told of its receipts, in milliseconds: fifty servers in a second.
const REST_EACH_MS: u64 = 20;

/// What waits to be told, and what was told.
#[derive(Default)]
struct Telling {
    presence: HashMap<String, PresenceContent>,
    /// By room and user: when it was told that they type.
    typing: HashMap<(i64, String), Instant>,
    /// Rooms whose receipts are told later.
    resting: HashMap<i64, Instant>,
}

impl Sender {
    /// Tells it for ever.
    pub(super) async fn tell(&self) {
        if self.inner.options.settings.mode == FederationMode::Off {
            return;
        }
        self.inner.options.wakes.gather_receipts();
        let mut changes = self.inner.options.changes.resubscribe();
        let mut turns = tokio::time::interval(self.inner.options.pace.gather);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut telling, mut turn, mut open) = (Telling::default(), 0_u32, true);
        while !self.is_closed() {
            let outcome = tokio::select! {
                change = changes.recv(), if open => match change {
                    Ok(change) => self.changed(&mut telling, change).await,
                    Err(RecvError::Lagged(_)) => Ok(()),
                    Err(RecvError::Closed) => {
                        open = false;
                        Ok(())
                    }
                },
                _ = turns.tick() => {
                    turn = turn.wrapping_add(1);
                    self.turn(&mut telling, turn.is_multiple_of(PRESENCE_TURNS)).await
                }
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "other servers are not told who types or reads or is online");
            }
        }
    }

    async fn changed(&self, telling: &mut Telling, change: EphemeralChange) -> Result<()> {
        match change {
            EphemeralChange::Typing { room, user_id, typing } if self.is_ours(&user_id) => {
                let is_news = telling.types(room, &user_id, typing);
                if is_news { self.tell_typing(room, &user_id, typing).await } else { Ok(()) }
            }
            EphemeralChange::Presence { user_id, content } if self.is_ours(&user_id) => {
                if telling.presence.len() < PRESENCES || telling.presence.contains_key(&user_id) {
                    telling.presence.insert(user_id, content);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Receipts, and presence if it is its turn.
    async fn turn(&self, telling: &mut Telling, with_presence: bool) -> Result<()> {
        let now = Instant::now();
        telling.resting.retain(|_, until| *until > now);
        telling.forget_typists(now);
        let mut reads = self.inner.options.wakes.reads();
        reads.retain(|read| self.is_ours(&read.user_id));
        let (later, now): (Vec<Read>, Vec<Read>) =
            reads.into_iter().partition(|read| telling.resting.contains_key(&read.room));
        self.inner.options.wakes.read_again(later);
        self.tell_receipts(telling, now).await?;
        if with_presence {
            for (user_id, content) in std::mem::take(&mut telling.presence) {
                self.tell_presence(&user_id, &content).await?;
            }
        }
        Ok(())
    }

    async fn tell_typing(&self, room: i64, user_id: &str, typing: bool) -> Result<()> {
        let found = self.inner.options.store.read(move |conn| {
            let servers = room_servers::reachable(conn, &[room])?;
            Ok((servers, rooms_by_nid(conn, &[room])?))
        });
        let (servers, rooms) = found.await?;
        for room in rooms {
            let names = servers.iter().map(|(_, name)| name.as_str());
            self.queue(names, |queue| queue.typing(&room.room_id, user_id, typing));
        }
        Ok(())
    }

    async fn tell_presence(&self, user_id: &str, content: &PresenceContent) -> Result<()> {
        let user = user_id.to_owned();
        let names = self.inner.options.store.read(move |conn| room_servers::reachable_sharing(conn, &user)).await?;
        self.queue(names.iter().map(String::as_str), |queue| queue.presence(user_id, content));
        Ok(())
    }

    async fn tell_receipts(&self, telling: &mut Telling, reads: Vec<Read>) -> Result<()> {
        if reads.is_empty() {
            return Ok(());
        }
        let found = self.inner.options.store.read(move |conn| {
            let rooms: HashSet<i64> = reads.iter().map(|read| read.room).collect();
            let servers = room_servers::reachable(conn, &rooms.into_iter().collect::<Vec<_>>())?;
            let shared: HashSet<i64> = servers.iter().map(|(room, _)| *room).collect();
            let mut told: Vec<ReceiptRow> = Vec::new();
            for read in reads.iter().filter(|read| shared.contains(&read.room)) {
                let rows = receipts::of_user(conn, &read.user_id, &[read.room])?;
                told.extend(rows.into_iter().filter(|row| !row.is_private() && row.position >= read.position));
            }
            let ids = rooms_by_nid(conn, &shared.into_iter().collect::<Vec<_>>())?;
            Ok((servers, told, ids))
        });
        let (servers, told, rooms) = found.await?;
        for room in rooms {
            let names: Vec<&str> =
                servers.iter().filter(|(of, _)| *of == room.nid).map(|(_, name)| name.as_str()).collect();
            let rest = REST_EACH_MS.saturating_mul(u64::try_from(names.len()).unwrap_or(u64::MAX));
            telling.resting.insert(room.nid, Instant::now() + std::time::Duration::from_millis(rest));
            let of_room: Vec<Receipt> = told
                .iter()
                .filter(|row| row.room == room.nid && row.kind == ReceiptKind::Public as i16)
                .map(|row| Receipt {
                    room_id: room.room_id.clone(),
                    user_id: row.user_id.clone(),
                    thread_id: (row.thread != UNTHREADED).then(|| row.thread.clone()),
                    event_id: row.event_id.clone(),
                    ts: row.ts,
                })
                .collect();
            self.queue(names, |queue| of_room.iter().for_each(|receipt| queue.receipt(receipt)));
        }
        Ok(())
    }

    /// Puts something into the queues of these servers and sees to it that they are emptied.
    fn queue<'a>(&self, names: impl IntoIterator<Item = &'a str>, put: impl Fn(&mut Queue)) {
        let servers = names.into_iter().filter_map(|name| ServerName::parse(name).ok());
        let servers: Vec<OwnedServerName> =
            servers.filter(|server| self.inner.options.settings.allows(server)).collect();
        for server in self.inner.table.queue(servers, put) {
            self.inner.options.runtime.spawn(self.clone().run(server, None));
        }
    }

    fn is_ours(&self, user_id: &str) -> bool {
        user_id.split_once(':').is_some_and(|(_, server)| server == self.inner.options.server_name.as_str())
    }
}

impl Telling {
    /// Whether others must hear that a user types, or does not any more.
    fn types(&mut self, room: i64, user_id: &str, typing: bool) -> bool {
        let key = (room, user_id.to_owned());
        if !typing {
            return self.typing.remove(&key).is_some();
        }
        let now = Instant::now();
        let was_told =
            self.typing.get(&key).is_some_and(|told| now.duration_since(*told).as_secs() < TYPING_AGAIN_SECS);
        if was_told || (self.typing.len() >= TYPISTS && !self.typing.contains_key(&key)) {
            return false;
        }
        self.typing.insert(key, now);
        true
    }

    fn forget_typists(&mut self, now: Instant) {
        // Nobody types for longer without saying so.
        self.typing.retain(|_, told| now.duration_since(*told).as_secs() < 10 * TYPING_AGAIN_SECS);
    }
}
