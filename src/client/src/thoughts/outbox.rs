//! Thoughts on their way. Each is written down before it is sent and taken out afterwards, with transaction ids that stay the
//! same: so whatever breaks off in between, it is sent, and sent once.

use matrix_sdk::ruma::{OwnedRoomId, OwnedTransactionId, UserId};
use matrix_sdk::{Room, RoomMemberships};
use peerbrain_vocabulary::Thought;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::composing;
use super::pictures::{self, Kept};
use crate::account::Account;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::identity;
use crate::report::PostedEvent;

const FILE: &str = "outbox.json";
/// The most thoughts that wait.
const MAX_WAITING: usize = 1_000;

/// A thought that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What makes it a thought.
    pub thought: Thought,
    text: String,
    rooms: Vec<(OwnedRoomId, String)>,
    pictures: Vec<Kept>,
}

impl Waiting {
    /// A thought for some timelines, each with the name of its audience.
    #[must_use]
    pub fn new(thought: Thought, text: String, rooms: Vec<(OwnedRoomId, String)>, pictures: Vec<Kept>) -> Self {
        Self { thought, text, rooms, pictures }
    }
}

/// How many wait.
///
/// # Errors
/// The file cannot be read.
pub fn waiting(account: &Account) -> Result<u64> {
    Ok(account.folder().read_json::<Vec<Waiting>>(FILE)?.len() as u64)
}

/// Writes a thought down before it is sent.
///
/// # Errors
/// Too many wait, or the file cannot be written.
pub async fn add(account: &Account, thought: Waiting) -> Result<()> {
    let _turn = account.outbox().await;
    let mut all: Vec<Waiting> = account.folder().read_json(FILE)?;
    if all.len() >= MAX_WAITING {
        return Err(Error::Input(format!("{MAX_WAITING} thoughts wait to be sent already.")));
    }
    // Its own mistakes are told now.
    composing::text(&thought.thought, &thought.text)?;
    all.push(thought);
    account.folder().write_json(FILE, &all)
}

/// Takes out what was sent, or cannot be.
///
/// # Errors
/// The file cannot be written.
pub async fn remove(account: &Account, id: &str) -> Result<()> {
    let _turn = account.outbox().await;
    let mut all: Vec<Waiting> = account.folder().read_json(FILE)?;
    let Some(at) = all.iter().position(|waiting| waiting.thought.id == id) else { return Ok(()) };
    let gone = all.remove(at);
    account.folder().write_json(FILE, &all)?;
    for picture in gone.pictures {
        let _ = std::fs::remove_file(picture.file);
    }
    Ok(())
}

/// Takes back a thought that was not sent yet. Whether there was one.
///
/// * `id`: its id, or its beginning.
///
/// # Errors
/// The file cannot be used.
pub async fn take_back(account: &Account, id: &str) -> Result<bool> {
    if id.len() < 4 {
        return Ok(false);
    }
    let all: Vec<Waiting> = account.folder().read_json(FILE)?;
    let Some(found) = all.iter().find(|waiting| waiting.thought.id.starts_with(id)) else { return Ok(false) };
    remove(account, &found.thought.id).await?;
    Ok(true)
}

/// Sends what waits.
///
/// # Errors
/// The server cannot be reached. What is refused is told, and not tried again.
pub async fn send_waiting(account: &Account, console: &mut dyn Console) -> Result<()> {
    for waiting in account.folder().read_json::<Vec<Waiting>>(FILE)? {
        match send(account, &waiting, console).await {
            Ok(_) => {}
            Err(error) if error.is_outage() || matches!(error, Error::LoggedOut) => return Err(error),
            Err(error) => {
                let begin: String = waiting.text.chars().take(40).collect();
                console.notice(&format!("A thought could not be sent and is given up ({begin}…): {error}"));
                remove(account, &waiting.thought.id).await?;
            }
        }
    }
    Ok(())
}

/// Sends a thought to its timelines, and takes it out once all have it.
///
/// # Errors
/// The server cannot be reached or refuses.
pub async fn send(account: &Account, waiting: &Waiting, console: &mut dyn Console) -> Result<Vec<PostedEvent>> {
    let content = composing::text(&waiting.thought, &waiting.text)?;
    let mut events = Vec::new();
    for (room_id, audience) in &waiting.rooms {
        let room = account.client().get_room(room_id);
        let room = room.ok_or_else(|| Error::NotFound(format!("The timeline of the audience {audience} is gone.")))?;
        for changed in guard(account, &room).await? {
            console.notice(&format!(
                "The identity of {changed} has changed: this is not for them until you `thoughts trust` them."
            ));
        }
        for (part, message) in messages(account, &room, waiting, &content).await?.into_iter().enumerate() {
            let transaction = OwnedTransactionId::from(format!("{}-{part}", waiting.thought.id));
            let sent = room.send_raw("m.room.message", message).with_transaction_id(&transaction).await?;
            if part == 0 {
                let event_id = sent.response.event_id;
                events.push(PostedEvent { room_id: room_id.clone(), event_id, audience: audience.clone() });
            }
        }
    }
    remove(account, &waiting.thought.id).await?;
    Ok(events)
}

/// The messages of a thought: one, or one for each picture, of which the first has the text.
async fn messages(account: &Account, room: &Room, waiting: &Waiting, content: &Value) -> Result<Vec<Value>> {
    if waiting.pictures.is_empty() {
        return Ok(vec![content.clone()]);
    }
    let mut messages = Vec::new();
    for (at, picture) in waiting.pictures.iter().enumerate() {
        let bare = composing::text(&Thought { title: None, ..waiting.thought.clone() }, "")?;
        let content = if at == 0 { content } else { &bare };
        messages.push(pictures::upload(account, room, picture, content).await?);
    }
    Ok(messages)
}

/// Sees to it that nobody gets a key whose identity has changed, and tells whose has.
///
/// # Errors
/// The members cannot be had.
pub async fn guard(account: &Account, room: &Room) -> Result<Vec<matrix_sdk::ruma::OwnedUserId>> {
    if !room.encryption_state().is_encrypted() {
        return Ok(Vec::new());
    }
    let members = room.members(RoomMemberships::ACTIVE).await?;
    let members: Vec<&UserId> = members.iter().map(|member| member.user_id()).collect();
    identity::guard(account, members).await
}
