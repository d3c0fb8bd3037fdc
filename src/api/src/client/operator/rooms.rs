//! `/_synapse/admin/v1/rooms` and what can be done with a room.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use super::administrator;
use crate::{Error, Result, bridge::Call, client::arguments::room_id};

/// Rooms where the query asks for no number, and at most.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Query {
    limit: Option<usize>,
    from: Option<i64>,
}

/// Some rooms.
pub(super) async fn list(call: Call) -> Result<HttpResponse> {
    administrator(&call).await?;
    let Query { limit, from } = call.query()?;
    let page = call.app.rooms.list(from.unwrap_or(0), limit.unwrap_or(PAGE).min(PAGE)).await?;
    let rooms = page.rooms.iter().map(|(room, blocked)| {
        json!({
            "room_id": room.room_id,
            "version": room.version,
            "joined_members": room.joined,
            "public": room.published,
            "blocked": blocked,
        })
    });
    let mut answer = json!({ "rooms": rooms.collect::<Vec<_>>() });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.insert("next_batch".into(), next.into());
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// Whether a room is blocked.
pub(super) async fn is_blocked(call: Call) -> Result<HttpResponse> {
    administrator(&call).await?;
    let blocked = call.app.rooms.is_blocked(&room_id(&call, 0)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "block": blocked })))
}

#[derive(Deserialize)]
struct Block {
    block: bool,
}

/// Blocks a room, or ends that.
pub(super) async fn block(call: Call) -> Result<HttpResponse> {
    let session = administrator(&call).await?;
    let (room_id, body) = (room_id(&call, 0)?, call.json::<Block>()?);
    call.app.rooms.set_blocked(&room_id, body.block).await?;
    tracing::info!(%room_id, blocked = body.block, by = %session.user_id, "an administrator has changed a block");
    Ok(HttpResponse::Ok().json(json!({ "block": body.block })))
}

#[derive(Deserialize)]
struct Delete {
    #[serde(default)]
    block: bool,
}

/// Deletes a room, and blocks it before if that is asked for.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    let session = administrator(&call).await?;
    let (room_id, body) = (room_id(&call, 0)?, call.json::<Delete>()?);
    if body.block {
        call.app.rooms.set_blocked(&room_id, true).await?;
    }
    let id = call.app.rooms.purge(&room_id).await?;
    tracing::info!(%room_id, by = %session.user_id, "an administrator deletes a room");
    Ok(HttpResponse::Ok().json(json!({ "delete_id": id.to_string() })))
}

/// Whether a room that was deleted is all gone.
pub(super) async fn delete_status(call: Call) -> Result<HttpResponse> {
    administrator(&call).await?;
    let id = call.arg(0)?.parse().map_err(|_| Error::not_found("Nothing is being deleted under this id"))?;
    let status = if call.app.rooms.purge_status(id).await? { "complete" } else { "purging" };
    Ok(HttpResponse::Ok().json(json!({ "status": status })))
}
