//! `POST /rooms/{roomId}/receipt/{receiptType}/{eventId}`.

use accounts::Limit;
use actix_web::HttpResponse;
use rooms::receipts::{ReadUpTo, Receipt, ReceiptKind, Thread};
use ruma::{EventId, OwnedEventId};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::{
    Error, Result,
    bridge::Call,
    client::arguments::{limit_user, required_session, room_id},
};

#[derive(Deserialize)]
struct Body {
    /// A thread that is null is not the same as none.
    #[serde(default, deserialize_with = "present")]
    thread_id: Option<Value>,
}

/// Says how far the caller has read.
pub(super) async fn send(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let room_id = room_id(&call, 0)?;
    limit_user(&call, Limit::Write, &session)?;
    let event_id = event_id(call.arg(2)?)?;
    let thread = call.json::<Body>()?.thread_id.as_ref().map(thread).transpose()?;
    let receipt = |kind, event_id, thread: Option<Thread>| {
        let receipt = Receipt { kind, event_id, thread: thread.unwrap_or(Thread::Unthreaded) };
        ReadUpTo { receipts: vec![receipt], fully_read: None }
    };
    let read = match (call.arg(1)?, thread) {
        ("m.read", thread) => receipt(ReceiptKind::Public, event_id, thread),
        ("m.read.private", thread) => receipt(ReceiptKind::Private, event_id, thread),
        ("m.fully_read", None) => ReadUpTo { fully_read: Some(event_id), ..ReadUpTo::default() },
        ("m.fully_read", Some(_)) => return Err(Error::invalid_param("m.fully_read knows no threads")),
        (other, _) => return Err(Error::invalid_param(format!("{other:?} is not a type of receipt"))),
    };
    let is_public = read.receipts.iter().any(|receipt| receipt.kind == ReceiptKind::Public);
    call.app.rooms.mark_read(&session.user_id, &room_id, read).await?;
    // To have read something privately must not show in one's presence either.
    if is_public {
        call.app.syncs.active(&session);
    }
    Ok(HttpResponse::Ok().json(json!({})))
}

/// An argument or field that is an event id.
pub(super) fn event_id(text: &str) -> Result<OwnedEventId> {
    EventId::parse(text).map_err(|_| Error::invalid_param(format!("{text:?} is not an event id")))
}

fn thread(value: &Value) -> Result<Thread> {
    match value.as_str() {
        Some("main") => Ok(Thread::Main),
        Some(root) if !root.is_empty() => Ok(Thread::Root(event_id(root)?)),
        _ => Err(Error::invalid_param("thread_id must be a text that is not empty")),
    }
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
