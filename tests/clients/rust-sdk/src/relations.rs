//! Threads, reactions and edits in an encrypted room: one of the two does it, the other must see it.

use anyhow::{Context, Result};
use matrix_sdk::deserialized_responses::{ThreadSummaryStatus, TimelineEvent};
use matrix_sdk::room::edit::EditedContent;
use matrix_sdk::room::{IncludeRelations, ListThreadsOptions, RelationsOptions};
use matrix_sdk::ruma::events::reaction::ReactionEventContent;
use matrix_sdk::ruma::events::relation::{Annotation, RelationType, Thread};
use matrix_sdk::ruma::events::room::message::{
    Relation, RoomMessageEventContent, RoomMessageEventContentWithoutRelation,
};
use matrix_sdk::ruma::{EventId, OwnedEventId, RoomId};

use crate::device::{Device, body};
use crate::stage::{Stage, until, until_true};

/// What the server says is related to the event, decrypted, oldest first.
async fn relations(
    device: &Device,
    room_id: &RoomId,
    event_id: &EventId,
    kind: RelationType,
) -> Result<Vec<TimelineEvent>> {
    let options =
        RelationsOptions { include_relations: IncludeRelations::RelationsOfType(kind), ..RelationsOptions::default() };
    let mut found = device.room(room_id)?.relations(event_id.to_owned(), options).await?.chunk;
    found.reverse();
    Ok(found)
}

/// What came by sync and is related to the event.
async fn related(
    device: &Device,
    room_id: &RoomId,
    event_id: &EventId,
    kind: RelationType,
) -> Result<Vec<TimelineEvent>> {
    Ok(device.cache(room_id).await?.find_event_relations(event_id, Some(vec![kind])).await?)
}

fn ids(events: &[TimelineEvent]) -> Vec<OwnedEventId> {
    events.iter().filter_map(TimelineEvent::event_id).collect()
}

/// Gives the thread's root and last event.
pub async fn reply_in_thread(
    stage: &Stage,
    alice: &Device,
    bob: &Device,
    room_id: &RoomId,
) -> Result<[OwnedEventId; 2]> {
    let root = alice.say(room_id, "a thread begins").await?.event_id;
    bob.hears(room_id, "a thread begins").await?;
    let mut replies = vec![root.clone()];
    for (device, text) in [(bob, "first in the thread"), (alice, "second in the thread")] {
        let mut content = RoomMessageEventContent::text_plain(text);
        let last = replies.last().context("the root")?.clone();
        content.relates_to = Some(Relation::Thread(Thread::plain(root.clone(), last)));
        replies.push(device.send(room_id, content).await?.event_id);
    }
    let last = replies.last().context("the last")?.clone();
    for device in [alice, bob] {
        device.hears(room_id, "second in the thread").await?;
        let seen = relations(device, room_id, &root, RelationType::Thread).await?;
        stage.same(format!("{} sees the thread's replies in order", device.id()), ids(&seen), replies[1..].to_vec())?;
        let texts: Vec<_> = seen.iter().filter_map(body).collect();
        stage.check("and reads them", texts == ["first in the thread", "second in the thread"], texts)?;
    }
    let listed = bob.room(room_id)?.list_threads(ListThreadsOptions::default()).await?.chunk;
    let thread = listed.iter().find(|event| event.event_id().as_ref() == Some(&root));
    let summary = match thread.map(|event| &event.thread_summary) {
        Some(ThreadSummaryStatus::Some(summary)) => Some((summary.num_replies, summary.latest_reply.clone())),
        _ => None,
    };
    stage.same("the list of threads has it, with its count and last event", summary, Some((2, Some(last.clone()))))?;
    Ok([root, last])
}

pub async fn react(stage: &Stage, alice: &Device, bob: &Device, room_id: &RoomId) -> Result<()> {
    let target = alice.say(room_id, "what do you think?").await?.event_id;
    bob.hears(room_id, "what do you think?").await?;
    let reaction = ReactionEventContent::new(Annotation::new(target.clone(), "🕊".to_owned()));
    let reaction = bob.room(room_id)?.send(reaction).await?.response.event_id;
    let seen = until("the reaction comes", async || {
        Ok(related(alice, room_id, &target, RelationType::Annotation).await?.pop())
    })
    .await?;
    let key =
        seen.raw().get_field::<serde_json::Value>("content")?.map(|content| content["m.relates_to"]["key"].clone());
    stage.same("alice sees bob's reaction", key, Some("🕊".into()))?;
    let listed = ids(&relations(alice, room_id, &target, RelationType::Annotation).await?);
    stage.same("and among the message's relations", listed, vec![reaction.clone()])?;
    bob.room(room_id)?.redact(&reaction, None, None).await?;
    until_true("the reaction goes", async || {
        let event = alice.cache(room_id).await?.find_event(&reaction).await?.context("the reaction")?;
        let content = event.raw().get_field::<serde_json::Value>("content")?;
        Ok(content.is_none_or(|content| content.get("m.relates_to").is_none()))
    })
    .await?;
    let listed = ids(&relations(alice, room_id, &target, RelationType::Annotation).await?);
    stage.same("and sees it go", listed, vec![])
}

pub async fn edit(stage: &Stage, alice: &Device, bob: &Device, room_id: &RoomId) -> Result<()> {
    let target = alice.say(room_id, "a mistkae").await?.event_id;
    bob.hears(room_id, "a mistkae").await?;
    let corrected = RoomMessageEventContentWithoutRelation::text_plain("a mistake");
    let room = alice.room(room_id)?;
    // The SDK takes the original from its own sync.
    alice.hears(room_id, "a mistkae").await?;
    room.send(room.make_edit_event(&target, EditedContent::RoomMessage(corrected)).await?).await?;
    let edit =
        until("the edit comes", async || Ok(related(bob, room_id, &target, RelationType::Replacement).await?.pop()))
            .await?;
    let text =
        edit.raw().get_field::<serde_json::Value>("content")?.map(|content| content["m.new_content"]["body"].clone());
    stage.same("bob sees the corrected text", text, Some("a mistake".into()))?;
    let listed = relations(bob, room_id, &target, RelationType::Replacement).await?;
    stage.same("and its edit among its relations", ids(&listed), ids(&[edit]))
}
