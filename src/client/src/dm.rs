//! Conversations of two: ordinary encrypted rooms.

use std::time::Duration;

use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::events::room::member::MembershipState;
use matrix_sdk::{Room, RoomState};

use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::identity;
use crate::reading::{Event, Kind, Pages};
use crate::report::{Line, Sent};
use crate::timelines;

/// The longest message, in bytes.
const MAX_TEXT_BYTES: usize = 14_000;

/// Writes to one person.
///
/// # Errors
/// They have no cross-signed device, or their identity has changed; the server refuses.
pub async fn send(account: &Account, user_id: &UserId, text: &str, console: &mut dyn Console) -> Result<Sent> {
    if user_id == account.user_id() {
        return Err(Error::Input("A conversation has two sides.".to_owned()));
    }
    if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES {
        return Err(Error::Input(format!("A message has 1 to {MAX_TEXT_BYTES} bytes.")));
    }
    identity::check(account, user_id).await?;
    let room = match room_with(account, user_id).await? {
        Some(room) => room,
        None => {
            console.progress("Opening a conversation", 0, 0);
            let room = account.client().create_dm(user_id).await;
            console.progress("Opening a conversation", 1, 1);
            room?
        }
    };
    // The SDK knows that the room is encrypted once it has come by sync.
    for _ in 0..20 {
        if room.encryption_state().is_encrypted() {
            break;
        }
        account.sync_once(Duration::from_millis(500)).await?;
        room.latest_encryption_state().await?;
    }
    if !room.encryption_state().is_encrypted() {
        return Err(Error::Sharing("This conversation is not encrypted, so nothing is sent.".to_owned()));
    }
    let content = serde_json::json!({"msgtype": "m.text", "body": text});
    let sent = room.send_raw("m.room.message", content).await?;
    Ok(Sent { room_id: Some(room.room_id().to_owned()), event_id: sent.response.event_id })
}

/// The newest messages of a conversation, oldest first.
///
/// # Errors
/// There is none; the server cannot be reached.
pub async fn read(account: &Account, user_id: &UserId, limit: usize) -> Result<Vec<Line>> {
    let Some(room) = room_with(account, user_id).await? else { return Ok(Vec::new()) };
    let (mut lines, mut pages) = (Vec::new(), Pages::backward(&room));
    while lines.len() < limit {
        let Some(page) = pages.next(limit).await? else { break };
        lines.extend(page.events.into_iter().filter_map(line));
    }
    lines.truncate(limit);
    lines.reverse();
    Ok(lines)
}

fn line(event: Event) -> Option<Line> {
    let text = match event.kind {
        Kind::Message(said) => said.text,
        Kind::Closed => String::new(),
        _ => return None,
    };
    Some(Line { sender: event.sender, text, date_ms: event.date_ms })
}

/// The conversation with somebody, joined if they have begun it.
async fn room_with(account: &Account, user_id: &UserId) -> Result<Option<Room>> {
    for room in account.client().invited_rooms() {
        let invite = room.invite_details().await.ok();
        let inviter = invite.and_then(|invite| invite.inviter).map(|inviter| inviter.user_id().to_owned());
        if inviter.as_deref() == Some(user_id) && !timelines::is_timeline(&room) && room.is_direct().await? {
            let room = account.client().join_room_by_id(room.room_id()).await?;
            account.sync_once(Duration::ZERO).await?;
            room.set_is_direct(true).await?;
            return Ok(Some(room));
        }
    }
    let known = account.client().get_dm_room(user_id);
    let Some(room) = known.filter(|room| room.state() == RoomState::Joined) else { return Ok(None) };
    // A conversation that the other one has left is none.
    let there = room.get_member(user_id).await?.map(|member| member.membership().clone());
    Ok(matches!(there, Some(MembershipState::Join | MembershipState::Invite)).then_some(room))
}
