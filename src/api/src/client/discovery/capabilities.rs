//! `GET /_matrix/client/v3/capabilities`.

use actix_web::HttpResponse;
use events::version;
use serde_json::{Map, json};

use crate::{Result, bridge::Call, client::arguments::required_session};

/// What this user may do on this server.
pub(super) async fn capabilities(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let available: Map<_, _> = version::SUPPORTED.iter().map(|v| (v.to_string(), "stable".into())).collect();
    Ok(HttpResponse::Ok().json(json!({
        "capabilities": {
            "m.room_versions": { "default": call.app.rooms.default_version(), "available": available },
            "m.change_password": { "enabled": true },
            "m.set_displayname": { "enabled": true },
            "m.set_avatar_url": { "enabled": true },
            "m.profile_fields": { "enabled": true },
            "m.3pid_changes": { "enabled": false },
            "m.get_login_token": { "enabled": true },
            "m.account_moderation": { "suspend": session.admin, "lock": session.admin },
        },
    })))
}
