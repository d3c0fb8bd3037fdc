//! The feed of a server that has none: the newest of every timeline.

use futures_util::{StreamExt, stream};
use matrix_sdk::Room;
use matrix_sdk::deserialized_responses::SyncOrStrippedState;
use matrix_sdk::ruma::events::SyncStateEvent;

use crate::account::Account;
use crate::console::Console;
use crate::error::Result;
use crate::reading::{self, Reader};
use crate::report::ThoughtReport;
use crate::timelines;

/// How many timelines are read at once.
const AT_ONCE: usize = 8;

/// The newest thoughts of every timeline, not sorted.
pub async fn page(
    account: &Account,
    reader: &Reader,
    limit: usize,
    console: &mut dyn Console,
) -> Result<Vec<ThoughtReport>> {
    let mut rooms = Vec::new();
    for room in account.client().joined_rooms() {
        if timelines::owner(&room).await?.is_some() {
            rooms.push(room);
        }
    }
    let total = rooms.len() as u64;
    let reading = rooms.into_iter().map(|room| async move {
        let thoughts = reading::newest(account, &room, reader, limit, &mut |_| {}).await?;
        let since = came_in(account, &room).await?;
        Ok(thoughts.into_iter().filter(|thought| thought.date_ms >= since).collect::<Vec<_>>())
    });
    let mut reading = stream::iter(reading).buffer_unordered(AT_ONCE);
    let (mut thoughts, mut read) = (Vec::new(), 0);
    while let Some(page) = reading.next().await {
        let page: Result<Vec<ThoughtReport>> = page;
        thoughts.extend(page?);
        read += 1;
        console.progress("Reading timelines", read, total);
    }
    Ok(thoughts)
}

/// When one came into a timeline, in milliseconds since 1970: what is older is no news. Nothing is old in one's own.
pub async fn came_in(account: &Account, room: &Room) -> Result<u64> {
    use matrix_sdk::ruma::events::room::member::RoomMemberEventContent;
    if timelines::owner(room).await?.as_deref() == Some(account.user_id()) {
        return Ok(0);
    }
    let event = room.get_state_event_static_for_key::<RoomMemberEventContent, _>(account.user_id()).await?;
    let event = event.and_then(|event| event.deserialize().ok());
    Ok(match event {
        Some(SyncOrStrippedState::Sync(SyncStateEvent::Original(event))) => event.origin_server_ts.get().into(),
        _ => 0,
    })
}
