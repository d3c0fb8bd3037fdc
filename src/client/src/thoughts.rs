//! Writing thoughts, and about thoughts.

mod composing;
pub mod outbox;
mod pictures;
mod resolving;

use std::path::PathBuf;

use matrix_sdk::Room;
use matrix_sdk::ruma::OwnedEventId;
use peerbrain_vocabulary::{AudienceKind, Thought, Unfit};
use serde_json::{Value, json};
use uuid::Uuid;

use self::outbox::Waiting;
use self::resolving::{Resolved, resolve};
use crate::account::Account;
use crate::audiences;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::report::{Posted, Sent};
use crate::timelines;

/// A thought to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The text, as Markdown.
    pub text: String,
    /// One line.
    pub title: Option<String>,
    /// Tags, with or without `#`.
    pub tags: Vec<String>,
    /// For whom; friends if nobody is named.
    pub audiences: Vec<String>,
    /// For everybody.
    pub public: bool,
    /// Files.
    pub pictures: Vec<PathBuf>,
    /// The language, as BCP 47 names it.
    pub lang: Option<String>,
}

/// Writes a thought. Where the server cannot be reached it is kept, and sent by a later command.
///
/// # Errors
/// It is empty or cannot be a thought, an audience is unknown, a picture is none; the server refuses.
pub async fn post(account: &Account, draft: Draft, console: &mut dyn Console) -> Result<Posted> {
    if draft.text.trim().is_empty() && draft.pictures.is_empty() {
        return Err(Error::Input("A thought without a word is none.".to_owned()));
    }
    let id = Uuid::new_v4().to_string();
    let thought =
        Thought::new(id.clone(), draft.title.clone(), draft.tags.clone(), draft.lang.clone()).map_err(unfit)?;
    let rooms = rooms(account, &draft).await?;
    let pictures = pictures::keep(account, &id, &draft.pictures)?;
    let waiting = Waiting::new(thought, draft.text, rooms, pictures);
    let outcome = outbox::post(account, waiting, console).await?;
    let (events, queued) = (outcome.events, outcome.waits.is_some());
    if let Some(error) = outcome.waits {
        console.notice(&format!("{error} The thought is kept, and sent with the next command."));
    } else if let Some(error) = outcome.refused.filter(|_| events.is_empty()) {
        return Err(error);
    }
    Ok(Posted { id, events, queued })
}

fn unfit(why: Unfit) -> Error {
    use peerbrain_vocabulary::{MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS};
    Error::Input(match why {
        Unfit::TitleTooLong => format!("A title has {MAX_TITLE_CHARS} letters at most."),
        Unfit::TitleNotOneLine => "A title is one line with something in it.".to_owned(),
        Unfit::TooManyTags => format!("There are {MAX_TAGS} tags at most."),
        Unfit::BadTag => format!("A tag is one word of {MAX_TAG_CHARS} letters at most."),
    })
}

/// The timelines of a draft, with the names of their audiences.
async fn rooms(account: &Account, draft: &Draft) -> Result<Vec<(matrix_sdk::ruma::OwnedRoomId, String)>> {
    let mut rooms = Vec::new();
    if draft.public {
        let room = timelines::ensure(account, AudienceKind::Public).await?;
        rooms.push((room.room_id().to_owned(), "public".to_owned()));
    }
    if draft.audiences.is_empty() && !draft.public {
        let room = timelines::ensure(account, AudienceKind::Friends).await?;
        rooms.push((room.room_id().to_owned(), "friends".to_owned()));
    }
    let known = account.audiences().await?;
    for name in &draft.audiences {
        let audience = match known.named(name) {
            Some(audience) => audience.clone(),
            None if name.eq_ignore_ascii_case("friends") => {
                let room = timelines::ensure(account, AudienceKind::Friends).await?;
                rooms.push((room.room_id().to_owned(), "friends".to_owned()));
                continue;
            }
            None => return Err(audiences::unknown(name)),
        };
        // What is for everybody is said so.
        if audience.kind == AudienceKind::Public && !draft.public {
            return Err(Error::Input("What is for everybody is posted with --public.".to_owned()));
        }
        let room_id = timelines::of_audience(account, &audience)?.room_id().to_owned();
        if !rooms.iter().any(|(known, _)| *known == room_id) {
            rooms.push((room_id, audience.name));
        }
    }
    Ok(rooms)
}

/// Changes a thought of one's own, in every audience.
///
/// # Errors
/// There is no such thought, or it is somebody else's; the server refuses.
pub async fn edit(account: &Account, id: &str, text: Option<&str>, title: Option<&str>) -> Result<Vec<Sent>> {
    if text.is_some_and(|text| text.trim().is_empty()) {
        return Err(Error::Input("A thought without a word is none; `thoughts delete` deletes it.".to_owned()));
    }
    let resolved = own(account, id).await?;
    let mut sent = Vec::new();
    for Resolved { room, report } in resolved {
        let old = composing::current(&report)?;
        let title = title.map(str::to_owned).or_else(|| old.title.clone());
        let new =
            Thought::new(old.id.clone(), title.filter(|title| !title.is_empty()), old.tags.clone(), old.lang.clone());
        let new = new.map_err(unfit)?;
        let content = composing::text(&new, text.unwrap_or(&report.text))?;
        let relation = json!({"rel_type": "m.replace", "event_id": report.event_id});
        sent.push(say(account, &room, "m.room.message", composing::replacement(content, relation)).await?);
    }
    Ok(sent)
}

/// Deletes a thought of one's own, in every audience.
///
/// # Errors
/// As [`edit`].
pub async fn delete(account: &Account, id: &str) -> Result<Vec<Sent>> {
    let (waits, mut sent) = (outbox::named(account, id.trim())?, Vec::new());
    if let Some(waiting) = &waits {
        let known = crate::search::Index::open(account)?.beginning_with(id.trim())?;
        if known.iter().any(|thought| thought.id != *waiting) {
            return Err(Error::Input(format!("Several thoughts begin with {id}: give more of the id.")));
        }
        sent = outbox::take_back(account, waiting).await?;
    }
    let found = match own(account, waits.as_deref().unwrap_or(id)).await {
        // It was on its way, and nobody has it.
        Err(error) if waits.is_some() && (error.is_outage() || matches!(error, Error::NotFound(_))) => Vec::new(),
        found => found?,
    };
    for Resolved { room, report } in found {
        let answer = room.redact(&report.event_id, None, None).await?;
        let gone = (report.author.clone(), report.event_id.clone());
        crate::search::Index::open(account)?.delete(room.room_id(), &[gone])?;
        sent.push(Sent { room_id: Some(room.room_id().to_owned()), event_id: answer.event_id });
    }
    Ok(sent)
}

/// Replies to a thought, where everybody who reads it reads the reply.
///
/// # Errors
/// There is no such thought; the server refuses.
pub async fn reply(account: &Account, id: &str, text: &str) -> Result<Sent> {
    if text.trim().is_empty() {
        return Err(Error::Input("A reply without a word is none.".to_owned()));
    }
    let Resolved { room, report } = first(account, id).await?;
    let mut content = composing::plain(text)?;
    let relation = json!({
        "rel_type": "m.thread", "event_id": report.event_id, "is_falling_back": true,
        "m.in_reply_to": {"event_id": report.event_id},
    });
    if let Some(content) = content.as_object_mut() {
        content.insert("m.relates_to".to_owned(), relation);
    }
    say(account, &room, "m.room.message", content).await
}

/// Reacts to a thought.
///
/// # Errors
/// There is no such thought, or one has reacted so already; the server refuses.
pub async fn react(account: &Account, id: &str, emoji: &str) -> Result<Sent> {
    if emoji.trim().is_empty() || emoji.chars().count() > 32 {
        return Err(Error::Input("A reaction is an emoji, or a short word.".to_owned()));
    }
    let Resolved { room, report } = first(account, id).await?;
    let relation = json!({"rel_type": "m.annotation", "event_id": report.event_id, "key": emoji});
    say(account, &room, "m.reaction", json!({"m.relates_to": relation})).await
}

async fn first(account: &Account, id: &str) -> Result<Resolved> {
    resolve(account, id).await?.into_iter().next().ok_or_else(|| resolving::no_thought(id))
}

async fn own(account: &Account, id: &str) -> Result<Vec<Resolved>> {
    let resolved = resolve(account, id).await?;
    if resolved.iter().any(|resolved| resolved.report.author != account.user_id()) {
        return Err(Error::Input("This thought is somebody else's: only its author can change it.".to_owned()));
    }
    Ok(resolved)
}

/// Sends an event to a room, whose members with a changed identity get no key.
async fn say(account: &Account, room: &Room, kind: &str, content: Value) -> Result<Sent> {
    outbox::guard(account, room).await?;
    let sent = room.send_raw(kind, content).await?;
    let event_id: OwnedEventId = sent.response.event_id;
    Ok(Sent { room_id: Some(room.room_id().to_owned()), event_id })
}
