//! The feed of a server that has one: `org.peerbrain/feed`.

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use matrix_sdk::Room;
use matrix_sdk::deserialized_responses::TimelineEvent;
use matrix_sdk::room::{IncludeRelations, RelationsOptions};
use matrix_sdk::ruma::events::AnySyncTimelineEvent;
use matrix_sdk::ruma::serde::Raw;
use matrix_sdk::ruma::{OwnedRoomId, RoomId, uint};
use peerbrain_vocabulary::{Feed, names};
use serde_json::Value;

use super::gathering::came_in;
use crate::account::Account;
use crate::console::Console;
use crate::error::Result;
use crate::reading::{Event, Folding, Reader, Standard};
use crate::report::ThoughtReport;
use crate::timelines::encoded;

/// How many thoughts are asked about at once.
const AT_ONCE: usize = 8;
/// The most pages that are read.
const MAX_PAGES: usize = 20;

/// The newest thoughts, not sorted. Nothing if the server has no feed.
pub async fn page(
    account: &Account,
    reader: &Reader,
    limit: usize,
    console: &mut dyn Console,
) -> Result<Option<Vec<ThoughtReport>>> {
    let (mut thoughts, mut from, mut since) = (Vec::new(), String::new(), HashMap::new());
    for _ in 0..MAX_PAGES {
        let path = format!("{}?dir=b&limit={}{from}", names::FEED_PATH, limit.clamp(1, 100));
        let Some(told) = account.get_json(&path).await? else { return Ok(None) };
        let told: Feed<Value> = serde_json::from_value(told)?;
        // All of it before anything else is waited for: what is half done holds connections that the rest may need.
        let reading = stream::iter(told.chunk.into_iter().map(|event| thought(account, reader, event)));
        let read: Vec<Result<Option<(OwnedRoomId, ThoughtReport)>>> = reading.buffered(AT_ONCE).collect().await;
        for read in read {
            let Some((room_id, thought)) = read? else { continue };
            let came = match since.get(&room_id) {
                Some(came) => *came,
                None => came_in_to(account, &room_id).await?,
            };
            since.insert(room_id, came);
            if thought.date_ms >= came {
                thoughts.push(thought);
            }
        }
        console.progress("Reading", thoughts.len().min(limit) as u64, limit as u64);
        match told.end {
            Some(end) if thoughts.len() < limit => from = format!("&from={}", encoded(&end)),
            _ => break,
        }
    }
    console.progress("Reading", limit as u64, limit as u64);
    Ok(Some(thoughts))
}

async fn came_in_to(account: &Account, room_id: &RoomId) -> Result<u64> {
    match account.client().get_room(room_id) {
        Some(room) => came_in(account, &room).await,
        None => Ok(u64::MAX),
    }
}

/// One thought with what is about it. Nothing if it is in a room that this device does not know, or is no thought.
async fn thought(account: &Account, reader: &Reader, event: Value) -> Result<Option<(OwnedRoomId, ThoughtReport)>> {
    let Some(room_id) = event.get("room_id").and_then(Value::as_str).and_then(|id| RoomId::parse(id).ok()) else {
        return Ok(None);
    };
    let Some(room) = account.client().get_room(&room_id) else { return Ok(None) };
    let Some(mut folding) = Folding::of(account, &room, reader).await? else { return Ok(None) };
    let event = decrypted(&room, &event).await?;
    let standard = Standard::of(&room).await?;
    let Some(own) = Event::of(&event, &standard) else { return Ok(None) };
    let include_relations = IncludeRelations::AllRelations;
    let options = RelationsOptions { include_relations, limit: Some(uint!(200)), ..RelationsOptions::default() };
    for related in room.relations(own.event_id.clone(), options).await?.chunk {
        if let Some(related) = Event::of(&related, &standard) {
            folding.add(related);
        }
    }
    folding.add(own);
    Ok(folding.finish().pop().map(|thought| (room_id, thought)))
}

/// An event as the SDK reads it.
async fn decrypted(room: &Room, event: &Value) -> Result<TimelineEvent> {
    let raw: Raw<AnySyncTimelineEvent> = Raw::from_json(serde_json::value::to_raw_value(event)?);
    if event.get("type").and_then(Value::as_str) != Some("m.room.encrypted") {
        return Ok(TimelineEvent::from_plaintext(raw));
    }
    Ok(room.decrypt_event(raw.cast_ref_unchecked(), None).await?)
}
