//! Messages between devices: `PUT /sendToDevice/{eventType}/{txnId}`.

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::to_device::{Messages, Sender};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Result,
    bridge::{Call, Routes},
    client::arguments::{limit_user, required_session, v3_and_r0},
};

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::PUT, v3_and_r0!("sendToDevice/{event_type}/{txn_id}"), send)
}

#[derive(Deserialize)]
struct Parameters {
    messages: Messages,
}

/// Sends messages to devices.
async fn send(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let (event_type, txn_id) = (call.arg(0)?, call.arg(1)?);
    limit_user(&call, Limit::Write, &session)?;
    let Parameters { messages } = call.json()?;
    let sender = Sender { user_id: &session.user_id, device_id: &session.device_id, txn_id };
    call.app.e2ee.send_to_devices(sender, event_type, messages).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
