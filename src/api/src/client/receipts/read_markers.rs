//! `POST /rooms/{roomId}/read_markers`.

use accounts::Limit;
use actix_web::HttpResponse;
use rooms::receipts::{ReadUpTo, Receipt, ReceiptKind, Thread};
use serde::Deserialize;
use serde_json::json;

use super::send_receipt::event_id;
use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session, room_id},
};

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "m.fully_read")]
    fully_read: Option<String>,
    #[serde(rename = "m.read")]
    read: Option<String>,
    #[serde(rename = "m.read.private")]
    read_private: Option<String>,
}

/// Sets the marker of what the caller has fully read, and receipts with it.
pub(super) async fn set(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let room_id = room_id(&call, 0)?;
    limit_user(&call, Limit::Write, &session)?;
    let body: Body = call.json()?;
    let is_public = body.read.is_some();
    let mut read = ReadUpTo { fully_read: body.fully_read.as_deref().map(event_id).transpose()?, ..Default::default() };
    for (kind, event) in [(ReceiptKind::Public, body.read), (ReceiptKind::Private, body.read_private)] {
        if let Some(event) = event {
            read.receipts.push(Receipt { kind, event_id: event_id(&event)?, thread: Thread::Unthreaded });
        }
    }
    call.app.rooms.mark_read(&session.user_id, &room_id, read).await?;
    if is_public {
        call.app.syncs.active(&session);
    }
    Ok(HttpResponse::Ok().json(json!({})))
}
