//! What a timeline says: its owner's thoughts, with edits, reactions and replies folded into them.

mod folding;
mod message;
mod paging;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use matrix_sdk::Room;
use peerbrain_vocabulary::{Audiences, Synapses};

pub use folding::Folding;
pub use message::{Event, Kind, Said, Standard};
pub use paging::{Page, Pages};

use crate::account::Account;
use crate::error::Result;
use crate::report::ThoughtReport;

/// What a reader brings along: weights, and the names of one's own audiences.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// How much each person's reactions count.
    pub synapses: Synapses,
    /// One's own audiences.
    pub audiences: Audiences,
}

impl Reader {
    /// What this account brings along. A device that is not let in has neither, and reads all the same.
    pub async fn of(account: &Account) -> Self {
        let (synapses, audiences) = (account.synapses().await, account.audiences().await);
        Self { synapses: synapses.unwrap_or_default(), audiences: audiences.unwrap_or_default() }
    }
}

/// The most pictures that are shown of a thought.
const MAX_PICTURES: usize = 100;

/// The newest thoughts of a timeline, newest first: each event of them for itself, at least so many thoughts.
///
/// * `limit`: how many.
/// * `told`: how many have been read, now and then.
///
/// # Errors
/// The server cannot be reached.
pub async fn newest(
    account: &Account,
    room: &Room,
    reader: &Reader,
    limit: usize,
    told: &mut (dyn FnMut(u64) + Send),
) -> Result<Vec<ThoughtReport>> {
    let Some(mut folding) = Folding::of(account, room, reader).await? else { return Ok(Vec::new()) };
    let mut pages = Pages::backward(room);
    while folding.thoughts() < limit {
        let Some(page) = pages.next(limit).await? else { break };
        for event in page.events {
            folding.add(event);
        }
        told(folding.thoughts() as u64);
    }
    Ok(folding.reports())
}

/// Thoughts of several timelines as one list, newest first. What went to several audiences is there once.
#[must_use]
pub fn merged(thoughts: impl IntoIterator<Item = ThoughtReport>) -> Vec<ThoughtReport> {
    let mut by_id: BTreeMap<(String, String), ThoughtReport> = BTreeMap::new();
    for thought in thoughts {
        match by_id.entry((thought.author.to_string(), thought.id.clone())) {
            Entry::Vacant(place) => {
                place.insert(thought);
            }
            Entry::Occupied(mut place) => join(place.get_mut(), thought),
        }
    }
    let mut thoughts: Vec<ThoughtReport> = by_id.into_values().collect();
    thoughts.sort_by(|one, other| (other.date_ms, &other.event_id).cmp(&(one.date_ms, &one.event_id)));
    thoughts
}

/// Adds what another event of the same thought says: another audience, or another picture.
fn join(known: &mut ThoughtReport, other: ThoughtReport) {
    let other_room = known.room_id != other.room_id;
    for (key, count) in other.reactions {
        *known.reactions.entry(key).or_default() += count;
    }
    known.replies += other.replies;
    known.rating += other.rating;
    known.edited |= other.edited;
    if known.text.is_empty() {
        known.text = other.text;
    }
    if known.title.is_empty() {
        known.title = other.title;
    }
    if !other_room || known.pictures.is_empty() {
        known.pictures.extend(other.pictures);
        known.pictures.truncate(MAX_PICTURES);
    }
    for audience in other.audiences {
        if !known.audiences.contains(&audience) {
            known.audiences.push(audience);
        }
    }
    if other.date_ms < known.date_ms {
        (known.date_ms, known.event_id, known.room_id) = (other.date_ms, other.event_id, other.room_id);
    }
}
