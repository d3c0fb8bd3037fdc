//! Which thought is meant.

use matrix_sdk::Room;

use crate::account::Account;
use crate::console::{Console, Question};
use crate::error::{Error, Result};
use crate::report::{Report, ThoughtReport};
use crate::search::{Index, refresh};

/// The shortest beginning of an id.
const MIN_CHARS: usize = 4;

/// An event of the thought that is meant.
pub struct Resolved {
    /// Its timeline.
    pub room: Room,
    /// The thought.
    pub report: ThoughtReport,
}

/// All events of the thought that is meant: one for each audience.
///
/// * `id`: its id or an event id, or the beginning of one.
///
/// # Errors
/// There is none, or there are several.
pub async fn resolve(account: &Account, id: &str) -> Result<Vec<Resolved>> {
    let id = id.trim();
    if id.chars().count() < MIN_CHARS {
        return Err(Error::Input(format!("Give {MIN_CHARS} letters of the id at least.")));
    }
    let mut found = Index::open(account)?.beginning_with(id)?;
    // What was sent by another device, or a moment ago; and one's own may be in timelines of which this device has read
    // nothing.
    if found.is_empty() || found.iter().any(|thought| thought.author == account.user_id()) {
        refresh(account, &mut Nobody).await?;
        found = Index::open(account)?.beginning_with(id)?;
    }
    let Some(first) = found.first().cloned() else { return Err(no_thought(id)) };
    if found.iter().any(|thought| (&thought.id, &thought.author) != (&first.id, &first.author)) {
        return Err(Error::Input(format!("Several thoughts begin with {id}: give more of the id.")));
    }
    let all = Index::open(account)?.events_of(&first.author, &first.id)?;
    let resolved = all
        .into_iter()
        .filter_map(|report| Some(Resolved { room: account.client().get_room(&report.room_id)?, report }));
    Ok(resolved.collect())
}

/// What is said of a thought that there is not.
pub fn no_thought(id: &str) -> Error {
    Error::NotFound(format!("There is no thought {id} that this device has read."))
}

/// Nobody who looks on.
struct Nobody;

#[async_trait::async_trait]
impl Console for Nobody {
    fn report(&mut self, _: Report) {}
    fn notice(&mut self, _: &str) {}
    fn progress(&mut self, _: &str, _: u64, _: u64) {}
    async fn ask(&mut self, _: Question) -> Result<String> {
        Err(Error::NoAnswer("Nobody is there to answer.".to_owned()))
    }
}
