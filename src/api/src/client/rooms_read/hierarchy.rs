//! `GET /rooms/{roomId}/hierarchy`.

use accounts::Limit;
use actix_web::HttpResponse;
use rooms::read::HierarchyRequest;
use ruma::OwnedServerName;
use serde::Deserialize;

use crate::{
    Error, Result,
    bridge::Call,
    client::arguments::{limit_user, required_session, room_id},
};

#[derive(Deserialize)]
struct Query {
    from: Option<String>,
    limit: Option<u64>,
    max_depth: Option<u64>,
    #[serde(default)]
    suggested_only: bool,
    /// Servers that may know the space, if it is not here (MSC4235).
    #[serde(default)]
    via: Vec<OwnedServerName>,
}

/// A page of the tree below a space.
pub(super) async fn hierarchy(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let Query { from, limit, max_depth, suggested_only, via } = call.query()?;
    if limit == Some(0) {
        return Err(Error::invalid_param("limit must be greater than zero"));
    }
    let room_id = room_id(&call, 0)?;
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (limit, max_depth) = (limit.map(number), max_depth.map(number));
    let request = HierarchyRequest { from, limit, max_depth, suggested_only, ..HierarchyRequest::default() };
    let page = call.app.federation.hierarchy(&session.user_id, &room_id, &via, request).await?;
    Ok(HttpResponse::Ok().json(page))
}
