//! Events that are not what they should be. The peer itself believes them, and hands them on to whoever asks.

use super::prelude::*;

/// What makes such an event of a draft of Bob's.
pub type Falsehood = fn(&Stage, Value) -> Result<Event, Failure>;

/// Nobody has signed it.
pub fn unsigned(stage: &Stage, draft: Value) -> Result<Event, Failure> {
    let mut event = finish(draft, 11, &stage.peer.me);
    event.pdu["signatures"] = json!({});
    Ok(event)
}

/// Signed with a key that Bob's server has not.
pub fn by_another_key(stage: &Stage, draft: Value) -> Result<Event, Failure> {
    Ok(finish(draft, 11, &stage.peer.me.forged()?))
}

/// Signed by a server that is not Bob's.
pub fn by_another_server(stage: &Stage, draft: Value) -> Result<Event, Failure> {
    Ok(finish(draft, 11, &stage.peer.second().me))
}

/// An event of Alice's, signed by Bob's server in the name of hers.
pub fn in_the_name_of_alice(stage: &Stage, mut draft: Value) -> Result<Event, Failure> {
    draft["sender"] = json!(stage.alice.id);
    Ok(finish(draft, 11, &stage.peer.me.with_name(stage.peer.under_test())))
}

/// A good event, but one of another room.
pub fn of_another_room(stage: &Stage, mut draft: Value) -> Result<Event, Failure> {
    draft["room_id"] = json!(stage.hosted()?);
    Ok(finish(draft, 11, &stage.peer.me))
}

/// Signed as it should be, but with a number that canonical JSON has not.
pub fn with_floats(stage: &Stage, mut draft: Value) -> Result<Event, Failure> {
    draft["content"]["org.example.float"] = json!(1.5);
    Ok(finish(draft, 11, &stage.peer.me))
}

/// Whatever became of it: Alice reads it nowhere.
pub async fn unread(stage: &Stage, room: &str, event: &str) -> Outcome {
    let reply = stage.alice.get(v3!("rooms/{}/event/{}", room, event)).await?;
    ensure!(reply.status != 200, "this got in: {}", reply.brief());
    let topic = stage.alice.get(v3!("rooms/{}/state/m.room.topic/", room)).await?;
    let messages = stage.alice.get(format!("{}?dir=b&limit=50", v3!("rooms/{}/messages", room))).await?;
    for reply in [topic, messages] {
        ensure!(!reply.text.contains(FALSE), "what nobody said is shown: {}", reply.brief());
    }
    Ok(())
}
