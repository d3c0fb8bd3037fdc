//! The home feed: new thoughts of everybody one follows, and one's own. Old thoughts of new friends are on their pages.

mod following;
mod gathering;
mod served;

pub use following::{Follow, news};

use crate::account::Account;
use crate::console::Console;
use crate::error::Result;
use crate::reading::{self, Reader};
use crate::report::ThoughtReport;
use crate::search::Index;

/// The newest thoughts of all timelines, newest first.
///
/// * `by_rating`: those first that count most for this reader.
///
/// # Errors
/// The server cannot be reached.
pub async fn page(
    account: &Account,
    limit: usize,
    by_rating: bool,
    console: &mut dyn Console,
) -> Result<Vec<ThoughtReport>> {
    let reader = Reader::of(account).await;
    // A server of ours says at once which events are new; with others all timelines are looked at.
    let thoughts = match served::page(account, &reader, limit, console).await? {
        Some(thoughts) => thoughts,
        None => gathering::page(account, &reader, limit, console).await?,
    };
    // The index knows each event: what is shown as one may be several.
    Index::open(account)?.keep(&thoughts)?;
    let mut thoughts = reading::merged(thoughts);
    thoughts.truncate(limit);
    if by_rating {
        thoughts.sort_by(|one, other| other.rating.total_cmp(&one.rating).then(other.date_ms.cmp(&one.date_ms)));
    }
    Ok(thoughts)
}
