//! Receipts and read markers, one file per kind.

use super::prelude;
use super::prelude::*;

mod markers;
mod private;
mod public;
mod threaded;

/// The tests of all kinds.
pub fn tests() -> Vec<Test> {
    [public::tests(), private::tests(), threaded::tests(), markers::tests()].concat()
}

/// Tries to send a receipt with this body.
async fn try_receipt(user: &User, room: &str, kind: &str, event: &str, body: Value) -> Result<Reply, Failure> {
    user.post(v3!("rooms/{}/receipt/{}/{}", room, kind, event), body).await
}

/// Sends an unthreaded receipt.
pub async fn receipt(user: &User, room: &str, kind: &str, event: &str) -> Outcome {
    try_receipt(user, room, kind, event, json!({})).await?.ok().map(drop)
}

/// Sends a receipt for a thread, or for `main`.
pub async fn threaded_receipt(user: &User, room: &str, kind: &str, event: &str, thread: &str) -> Outcome {
    try_receipt(user, room, kind, event, json!({ "thread_id": thread })).await?.ok().map(drop)
}

/// Every receipt of a user for a room in the answer of a sync: (type, event id, thread id or null).
fn receipts_of(sync: &Value, room: &str, user: &User) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for event in events(joined(sync, room), "ephemeral").iter().filter(|event| event["type"] == "m.receipt") {
        for (id, kinds) in event["content"].as_object().into_iter().flatten() {
            for (kind, users) in kinds.as_object().into_iter().flatten() {
                if let Some(data) = users.get(&user.id) {
                    all.push((kind.clone(), id.clone(), data["thread_id"].clone()));
                }
            }
        }
    }
    all.sort_by_key(|entry| format!("{entry:?}"));
    all
}

/// An unthreaded receipt as `receipts_of` gives it.
fn unthreaded(kind: &str, event: &str) -> (String, String, Value) {
    (kind.to_owned(), event.to_owned(), Value::Null)
}
