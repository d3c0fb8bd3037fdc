//! New thoughts as they come.

use std::collections::VecDeque;

use matrix_sdk::ruma::{OwnedEventId, OwnedRoomId};
use matrix_sdk::sync::RoomUpdates;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use super::gathering::came_in;
use crate::account::Account;
use crate::error::Result;
use crate::reading::{Event, Folding, Kind, Reader, Standard, merged};
use crate::report::ThoughtReport;
use crate::search::Index;

/// How often a thought whose key has not come is looked at again, once a round.
const MAX_TRIES: usize = 30;
/// The most of these.
const MAX_LATE: usize = 1_000;

/// What has come since.
pub struct Follow {
    updates: Receiver<RoomUpdates>,
    /// Thoughts whose keys have not come.
    late: VecDeque<(OwnedRoomId, OwnedEventId, usize)>,
}

impl Follow {
    /// From this moment on.
    ///
    /// # Errors
    /// None yet.
    pub async fn from_now(account: &Account) -> Result<Self> {
        Ok(Self { updates: account.client().subscribe_to_all_room_updates(), late: VecDeque::new() })
    }
}

/// Thoughts that came by `/sync` since the last call, oldest first.
///
/// # Errors
/// The account's files cannot be read.
pub async fn news(account: &Account, follow: &mut Follow) -> Result<Vec<ThoughtReport>> {
    let mut thoughts = Vec::new();
    let late: Vec<_> = follow.late.drain(..).collect();
    loop {
        let updates = match follow.updates.try_recv() {
            Ok(updates) => updates,
            // Whoever sleeps for long reads the feed.
            Err(TryRecvError::Lagged(_)) => continue,
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        };
        for (room_id, update) in updates.joined {
            let Some(room) = account.client().get_room(&room_id) else { continue };
            let Some(mut folding) = Folding::of(account, &room, &Reader::default()).await? else { continue };
            let standard = Standard::of(&room).await?;
            // What is about a thought counts at once if it came together with it.
            for event in update.timeline.events.iter().rev().filter_map(|event| Event::of(event, &standard)) {
                folding.add(event);
            }
            for thought in folding.reports() {
                if thought.undecryptable && follow.late.len() < MAX_LATE {
                    follow.late.push_back((room_id.clone(), thought.event_id, 0));
                } else {
                    thoughts.push(thought);
                }
            }
        }
    }
    for (room_id, event_id, tries) in late {
        let Some(room) = account.client().get_room(&room_id) else { continue };
        let Ok(event) = room.event(&event_id, None).await else { continue };
        let Some(event) = Event::of(&event, &Standard::of(&room).await?) else { continue };
        match one(account, &room, event).await? {
            Some(thought) if !thought.undecryptable => thoughts.push(thought),
            Some(_) if tries < MAX_TRIES => follow.late.push_back((room_id, event_id, tries + 1)),
            _ => {}
        }
    }
    if thoughts.is_empty() {
        return Ok(thoughts);
    }
    // The index may have a newer text already, which came by another way.
    Index::open(account)?.keep_new(&thoughts)?;
    let mut news = Vec::new();
    for thought in merged(thoughts) {
        let Some(room) = account.client().get_room(&thought.room_id) else { continue };
        // What was there before one came in is on the page of its author.
        if thought.date_ms >= came_in(account, &room).await? {
            news.push(thought);
        }
    }
    news.reverse();
    Ok(news)
}

/// What an event is, if it is a thought by itself.
async fn one(account: &Account, room: &matrix_sdk::Room, event: Event) -> Result<Option<ThoughtReport>> {
    if !matches!(event.kind, Kind::Message(_) | Kind::Closed) {
        return Ok(None);
    }
    let Some(mut folding) = Folding::of(account, room, &Reader::default()).await? else { return Ok(None) };
    folding.add(event);
    Ok(folding.finish().pop())
}
