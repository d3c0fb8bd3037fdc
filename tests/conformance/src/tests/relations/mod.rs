//! Relations between events: edits, reactions, references and threads, and what the server tells of them.

use super::prelude;
use super::prelude::*;

mod annotations;
mod children;
mod edits;
mod hidden;
mod ignored;
mod invalid_edits;
mod recursion;
mod references;
mod thread_list;
mod thread_roots;
mod threads;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [
        edits::tests(),
        invalid_edits::tests(),
        annotations::tests(),
        references::tests(),
        threads::tests(),
        thread_roots::tests(),
        children::tests(),
        recursion::tests(),
        hidden::tests(),
        ignored::tests(),
        thread_list::tests(),
    ]
    .concat()
}

/// The content of a text message that relates to an event.
fn relating(rel_type: &str, target: &str, body: &str) -> Value {
    json!({ "msgtype": "m.text", "body": body, "m.relates_to": { "rel_type": rel_type, "event_id": target } })
}

/// The content of an edit.
pub fn edit(target: &str, body: &str) -> Value {
    let mut content = relating("m.replace", target, &format!("* {body}"));
    content["m.new_content"] = json!({ "msgtype": "m.text", "body": body });
    content
}

/// The content of a reaction.
pub fn reaction(target: &str, key: &str) -> Value {
    json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": target, "key": key } })
}

/// Sends a text message that relates to an event; gives its id.
async fn relate(user: &User, room: &str, rel_type: &str, target: &str) -> Result<String, Failure> {
    user.send(room, "m.room.message", relating(rel_type, target, rel_type)).await
}

/// Sends a message in a thread; gives its id.
pub async fn thread(user: &User, room: &str, root: &str) -> Result<String, Failure> {
    relate(user, room, "m.thread", root).await
}

/// `GET /relations`; `rest` is what follows the event in the path, and the query.
async fn try_children(user: &User, room: &str, event: &str, rest: &str) -> Result<Reply, Failure> {
    user.get(format!("{}{rest}", v1!("rooms/{}/relations/{}", room, event))).await
}

/// The answer of `GET /relations`.
async fn children(user: &User, room: &str, event: &str, rest: &str) -> Result<Value, Failure> {
    try_children(user, room, event, rest).await?.ok()
}

/// The ids of the events in the `chunk` of an answer.
fn chunk(answer: &Value) -> Vec<&str> {
    ids(answer["chunk"].as_array().map(Vec::as_slice).unwrap_or_default())
}

/// What is bundled with an event as it stands now for a user.
async fn bundle(user: &User, room: &str, event: &str) -> Result<Value, Failure> {
    Ok(user.event(room, event).await?["unsigned"]["m.relations"].take())
}

/// Makes a user ignore others.
async fn ignore(user: &User, others: &[&User]) -> Outcome {
    let list: serde_json::Map<String, Value> = others.iter().map(|other| (other.id.clone(), json!({}))).collect();
    let path = v3!("user/{}/account_data/m.ignored_user_list", user);
    user.put(path, json!({ "ignored_users": list })).await?.ok().map(drop)
}
