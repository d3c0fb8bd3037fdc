//! `GET /hierarchy/{roomId}`.

use actix_web::HttpResponse;
use federation::Cost;
use serde::Deserialize;

use crate::{Result, bridge::Call, federation::arguments::room_id};

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    suggested_only: bool,
}

/// A space and its children.
pub(super) async fn hierarchy(call: Call) -> Result<HttpResponse> {
    let origin = super::origin(&call).await?;
    let Query { suggested_only } = call.query()?;
    let _reading = call.app.federation.begin_read(&origin, Cost::Page).await?;
    let space = call.app.rooms.hierarchy_for_server(&origin, &room_id(&call, 0)?, suggested_only).await?;
    Ok(HttpResponse::Ok().json(space))
}
