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
use crate::report::{PostedEvent, Sent};

const FILE: &str = "outbox.json";
/// Where the text of what was given up is.
const GIVEN_UP: &str = "given-up.json";
/// The most of these.
const MAX_GIVEN_UP: usize = 200;
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
    /// What the server has of it.
    #[serde(default)]
    sent: Vec<Part>,
    /// How often it was tried.
    #[serde(default)]
    tries: u32,
}

/// A message of a thought that the server has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    number: usize,
    event: PostedEvent,
}

/// A thought that an audience cannot have, kept for its author.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct GivenUp {
    thought: Thought,
    text: String,
    audience: String,
    why: String,
}

/// What came of sending.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Where it is, also from earlier tries.
    pub events: Vec<PostedEvent>,
    /// Why some of it waits.
    pub waits: Option<Error>,
    /// Why some of it was given up.
    pub refused: Option<Error>,
}

/// Why a part was not sent.
enum Failure {
    /// The same may succeed later.
    Later(Error),
    /// It never can.
    Never(Error),
}

impl Failure {
    fn of(error: matrix_sdk::Error) -> Self {
        let status = match &error {
            matrix_sdk::Error::Http(refusal) => refusal.as_client_api_error().map(|answer| answer.status_code.as_u16()),
            _ => None,
        };
        if is_final(status) { Self::Never(error.into()) } else { Self::Later(error.into()) }
    }
}

/// Whether an answer is the last word: not if the login, the hour or the server's health is the reason.
fn is_final(status: Option<u16>) -> bool {
    matches!(status, Some(400..=499)) && !matches!(status, Some(401 | 408 | 429))
}

impl Waiting {
    /// A thought for some timelines, each with the name of its audience.
    #[must_use]
    pub fn new(thought: Thought, text: String, rooms: Vec<(OwnedRoomId, String)>, pictures: Vec<Kept>) -> Self {
        Self { thought, text, rooms, pictures, sent: Vec::new(), tries: 0 }
    }
}

/// How many wait.
///
/// # Errors
/// The file cannot be read.
pub fn waiting(account: &Account) -> Result<u64> {
    Ok(account.folder().read_json::<Vec<Waiting>>(FILE)?.len() as u64)
}

/// Writes a thought down, and sends it. It stays written down until all its timelines have it.
///
/// # Errors
/// Too many wait, it is too long, or the file cannot be written.
pub async fn post(account: &Account, mut thought: Waiting, console: &mut dyn Console) -> Result<Outcome> {
    // Nothing else sends it meanwhile.
    let _turn = account.outbox().await;
    let mut all: Vec<Waiting> = account.folder().read_json(FILE)?;
    if all.len() >= MAX_WAITING {
        return Err(Error::Input(format!("{MAX_WAITING} thoughts wait to be sent already.")));
    }
    // Its own mistakes are told now.
    composing::text(&thought.thought, &thought.text)?;
    all.push(thought.clone());
    account.folder().write_json(FILE, &all)?;
    send(account, &mut thought, console).await
}

/// Takes out what was sent, or cannot be.
fn remove(account: &Account, id: &str) -> Result<()> {
    let mut all: Vec<Waiting> = account.folder().read_json(FILE)?;
    let Some(at) = all.iter().position(|waiting| waiting.thought.id == id) else { return Ok(()) };
    let gone = all.remove(at);
    account.folder().write_json(FILE, &all)?;
    for picture in gone.pictures {
        let _ = std::fs::remove_file(picture.file);
    }
    Ok(())
}

/// Notes how far a thought is.
fn note(account: &Account, thought: &Waiting) -> Result<()> {
    let mut all: Vec<Waiting> = account.folder().read_json(FILE)?;
    if let Some(known) = all.iter_mut().find(|waiting| waiting.thought.id == thought.thought.id) {
        known.clone_from(thought);
    }
    account.folder().write_json(FILE, &all)
}

/// The id of the one thought that waits and whose id begins so.
///
/// # Errors
/// There are several; the file cannot be read.
pub fn named(account: &Account, id: &str) -> Result<Option<String>> {
    let all: Vec<Waiting> = account.folder().read_json(FILE)?;
    only(all.into_iter().map(|waiting| waiting.thought.id), id)
}

fn only(ids: impl Iterator<Item = String>, id: &str) -> Result<Option<String>> {
    let mut found = ids.filter(|known| id.len() >= 4 && known.starts_with(id));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Error::Input(format!("Several thoughts begin with {id}: give more of the id."))),
        (one, None) => Ok(one),
    }
}

/// Takes back what of a thought was not sent yet, and tells what was: nothing if none such waits any more.
///
/// # Errors
/// The file cannot be used.
pub async fn take_back(account: &Account, id: &str) -> Result<Vec<Sent>> {
    let _turn = account.outbox().await;
    let all: Vec<Waiting> = account.folder().read_json(FILE)?;
    let Some(found) = all.into_iter().find(|waiting| waiting.thought.id == id) else { return Ok(Vec::new()) };
    let mut deleted = Vec::new();
    for part in found.sent {
        // Before it is forgotten here, it is gone there.
        if let Some(room) = account.client().get_room(&part.event.room_id) {
            let answer = room.redact(&part.event.event_id, None, None).await?;
            deleted.push(Sent { room_id: Some(part.event.room_id), event_id: answer.event_id });
        }
    }
    remove(account, id)?;
    Ok(deleted)
}

/// Sends what waits.
///
/// # Errors
/// The server cannot be reached. What is refused for good is told, and its text kept in a file.
pub async fn send_waiting(account: &Account, console: &mut dyn Console) -> Result<()> {
    let _turn = account.outbox().await;
    for mut waiting in account.folder().read_json::<Vec<Waiting>>(FILE)? {
        match send(account, &mut waiting, console).await?.waits {
            Some(error) if error.is_outage() || matches!(error, Error::LoggedOut) => return Err(error),
            // Seldom and seldomer, for this is asked often.
            Some(error) if waiting.tries.is_power_of_two() => {
                console.notice(&format!("A thought still waits ({}…): {error}", beginning(&waiting.text)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn beginning(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Sends a thought to its timelines, and takes it out once all have it. Whoever calls has the outbox.
async fn send(account: &Account, waiting: &mut Waiting, console: &mut dyn Console) -> Result<Outcome> {
    waiting.tries = waiting.tries.saturating_add(1);
    let mut outcome = Outcome::default();
    for (room_id, audience) in waiting.rooms.clone() {
        match send_to(account, waiting, &room_id, &audience, console).await {
            Ok(()) => {}
            Err(Failure::Later(error)) => {
                let ends = error.is_outage() || matches!(error, Error::LoggedOut);
                outcome.waits = Some(error);
                if ends {
                    break;
                }
            }
            Err(Failure::Never(error)) => {
                give_up(account, waiting, &audience, &error)?;
                let (begin, file) = (beginning(&waiting.text), account.folder().file(GIVEN_UP));
                let text =
                    format!("A thought is not for {audience} ({begin}…): {error} Its text is in {}.", file.display());
                console.notice(&text);
                waiting.rooms.retain(|(known, _)| *known != room_id);
                outcome.refused = Some(error);
            }
        }
    }
    outcome.events = waiting.sent.iter().filter(|part| part.number == 0).map(|part| part.event.clone()).collect();
    match outcome.waits {
        Some(_) => note(account, waiting)?,
        None => remove(account, &waiting.thought.id)?,
    }
    Ok(outcome)
}

/// Keeps the text of what cannot be sent.
fn give_up(account: &Account, waiting: &Waiting, audience: &str, why: &Error) -> Result<()> {
    let mut all: Vec<GivenUp> = account.folder().read_json(GIVEN_UP)?;
    let (thought, text) = (waiting.thought.clone(), waiting.text.clone());
    all.push(GivenUp { thought, text, audience: audience.to_owned(), why: why.to_string() });
    let old = all.len().saturating_sub(MAX_GIVEN_UP);
    account.folder().write_json(GIVEN_UP, &all.split_off(old))
}

/// Sends what one timeline has not got yet.
async fn send_to(
    account: &Account,
    waiting: &mut Waiting,
    room_id: &OwnedRoomId,
    audience: &str,
    console: &mut dyn Console,
) -> Result<(), Failure> {
    let gone = || Failure::Never(Error::NotFound(format!("The timeline of the audience {audience} is gone.")));
    let room = account.client().get_room(room_id).ok_or_else(gone)?;
    for changed in guard(account, &room).await.map_err(Failure::Later)? {
        console.notice(&format!(
            "The identity of {changed} has changed: this is not for them until you `thoughts trust` them."
        ));
    }
    for number in 0..waiting.pictures.len().max(1) {
        if waiting.sent.iter().any(|part| part.number == number && part.event.room_id == *room_id) {
            continue;
        }
        let message = message(account, &room, waiting, number).await?;
        let transaction = OwnedTransactionId::from(format!("{}-{number}", waiting.thought.id));
        let sent = room.send_raw("m.room.message", message).with_transaction_id(&transaction).await;
        let event_id = sent.map_err(Failure::of)?.response.event_id;
        let event = PostedEvent { room_id: room_id.clone(), event_id, audience: audience.to_owned() };
        waiting.sent.push(Part { number, event });
        note(account, waiting).map_err(Failure::Later)?;
    }
    Ok(())
}

/// One message of a thought: its only one, or that of a picture, of which the first has the text.
async fn message(account: &Account, room: &Room, waiting: &Waiting, number: usize) -> Result<Value, Failure> {
    let untitled = Thought { title: None, ..waiting.thought.clone() };
    let (thought, text) = if number == 0 { (&waiting.thought, &*waiting.text) } else { (&untitled, "") };
    let content = composing::text(thought, text).map_err(Failure::Never)?;
    let Some(picture) = waiting.pictures.get(number) else { return Ok(content) };
    pictures::upload(account, room, picture, &content).await.map_err(|error| match error {
        Error::Input(_) | Error::Io(_) => Failure::Never(error),
        error => Failure::Later(error),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_that_stays_one_gives_a_thought_up() {
        for later in [None, Some(401), Some(408), Some(429), Some(500), Some(503)] {
            assert!(!is_final(later), "{later:?}");
        }
        assert!(is_final(Some(403)) && is_final(Some(413)));
    }

    #[test]
    fn the_beginning_of_an_id_names_one_thought_or_none() {
        let named = |id: &str| only(["abcd1".to_owned(), "abcd2".to_owned(), "efgh".to_owned()].into_iter(), id);
        assert_eq!(named("abcd1").unwrap().as_deref(), Some("abcd1"));
        assert_eq!(named("efg").unwrap(), None);
        assert_eq!(named("zzzz").unwrap(), None);
        assert!(named("abcd").is_err());
    }

    #[test]
    fn what_was_kept_by_an_older_version_is_read() {
        let old = r#"{"thought":{"v":1,"id":"i"},"text":"x","rooms":[["!r:a","friends"]],"pictures":[]}"#;
        assert!(serde_json::from_str::<Waiting>(old).unwrap().sent.is_empty());
    }
}
