//! `GET /admin/whois/{userId}`.

use accounts::{DeviceSeen, JsonObject};
use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::{
    Result,
    bridge::Call,
    client::arguments::{required_session, user_id},
};

/// Where the devices of a user were last seen: for administrators, and for the user.
pub(super) async fn whois(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let (user, devices) = call.app.accounts.whois(&session, &user_id(&call, 0)?).await?;
    let devices: JsonObject = devices.into_iter().map(written).collect();
    Ok(HttpResponse::Ok().json(json!({ "user_id": user, "devices": devices })))
}

fn written(device: DeviceSeen) -> (String, Value) {
    let connections: Vec<Value> = device
        .connection
        .into_iter()
        .map(|seen| json!({ "ip": seen.ip, "last_seen": seen.last_seen, "user_agent": seen.user_agent }))
        .collect();
    (device.device_id, json!({ "sessions": [{ "connections": connections }] }))
}
