//! The feed of a server that has none: the newest of every timeline.

use futures_util::{StreamExt, stream};
use matrix_sdk::Room;
use matrix_sdk::deserialized_responses::RawAnySyncOrStrippedState;
use matrix_sdk::ruma::events::StateEventType;
use serde_json::Value;

use crate::account::Account;
use crate::console::Console;
use crate::error::Result;
use crate::reading::{self, Reader};
use crate::report::ThoughtReport;
use crate::search::Index;
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
    if timelines::owner(room).await?.as_deref() == Some(account.user_id()) {
        return Ok(0);
    }
    let kind = StateEventType::RoomMember;
    let event = room.get_state_event(kind, account.user_id().as_str()).await?;
    let Some(RawAnySyncOrStrippedState::Sync(event)) = event else { return Ok(0) };
    let event: Value = serde_json::from_str(event.json().get())?;
    let index = Index::open(account)?;
    let known = index.came_in(room.room_id())?;
    let came = since(&event, known);
    if known != Some(came) {
        index.set_came_in(room.room_id(), came)?;
    }
    Ok(came)
}

/// When somebody came in, by their member event and what is remembered. Changing one's name is no coming in.
fn since(member: &Value, known: Option<u64>) -> u64 {
    let sent = member.get("origin_server_ts").and_then(Value::as_u64).unwrap_or_default();
    let before = member.pointer("/unsigned/prev_content/membership").and_then(Value::as_str);
    match (before, known) {
        (Some("join") | None, Some(known)) => known.min(sent),
        _ => sent,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_name_is_no_coming_in() {
        let joined = json!({"origin_server_ts": 5, "unsigned": {"prev_content": {"membership": "invite"}}});
        assert_eq!(since(&joined, None), 5);
        assert_eq!(since(&joined, Some(3)), 5, "left, and came again");
        let renamed = json!({"origin_server_ts": 9, "unsigned": {"prev_content": {"membership": "join"}}});
        assert_eq!(since(&renamed, Some(5)), 5);
        assert_eq!(since(&json!({"origin_server_ts": 9}), Some(5)), 5);
        assert_eq!(since(&renamed, None), 9);
    }
}
