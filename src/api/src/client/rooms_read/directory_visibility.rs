//! `GET` and `PUT /directory/list/room/{roomId}`.

use std::sync::Arc;

use accounts::Limit;
use actix_web::HttpResponse;
use ruma::api::client::{directory::get_room_visibility, room::Visibility};
use serde::Deserialize;
use serde_json::json;

use crate::{
    App, Error, Result,
    bridge::{Call, Ruma},
    client::arguments::{limit_user, required_session, room_id},
};

/// Whether the directory lists a room.
pub(super) async fn get(
    app: Arc<App>,
    request: Ruma<get_room_visibility::v3::Request>,
) -> Result<get_room_visibility::v3::Response> {
    let published = app.rooms.is_published(&request.body.room_id).await?;
    let visibility = if published { Visibility::Public } else { Visibility::Private };
    Ok(get_room_visibility::v3::Response::new(visibility))
}

#[derive(Deserialize)]
struct Body {
    visibility: Option<Visibility>,
}

/// Puts a room into the directory, or takes it out. Read without ruma's type, which does not know the default.
pub(super) async fn put(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    session.require_active()?;
    let body: Body = call.json()?;
    let published = match body.visibility {
        None | Some(Visibility::Public) => true,
        Some(Visibility::Private) => false,
        Some(other) => return Err(Error::invalid_param(format!("there is no visibility {:?}", other.as_str()))),
    };
    let room_id = room_id(&call, 0)?;
    limit_user(&call, Limit::Write, &session)?;
    call.app.rooms.publish(&session.user_id, &room_id, published, session.admin).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
