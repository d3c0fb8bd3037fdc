//! `GET` and `POST /publicRooms`.

use accounts::Limit;
use actix_web::HttpResponse;
use peerbrain_core::limits::PAGE_ROOMS;
use rooms::read::{PublicRooms, PublicRoomsRequest};
use serde::Deserialize;

use crate::{
    App, Error, Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

#[derive(Deserialize)]
struct GetQuery {
    limit: Option<u64>,
    since: Option<String>,
    server: Option<String>,
}

#[derive(Deserialize)]
struct PostQuery {
    server: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    limit: Option<u64>,
    since: Option<String>,
    filter: Option<Filter>,
    third_party_instance_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct Filter {
    generic_search_term: Option<String>,
    room_types: Option<Vec<Option<String>>>,
}

/// A page of the directory, for everybody.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    let GetQuery { limit, since, server } = call.query()?;
    check_server(&call.app, server.as_deref())?;
    let request = PublicRoomsRequest { since, limit: page_size(limit), search: None, room_types: None };
    Ok(HttpResponse::Ok().json(call.app.rooms.public_rooms(request).await?))
}

/// A page of what a search finds in the directory.
pub(super) async fn post(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let PostQuery { server } = call.query()?;
    check_server(&call.app, server.as_deref())?;
    let body: Body = call.json()?;
    if body.third_party_instance_id.is_some() {
        // No other networks are known here, so none of them has any rooms.
        return Ok(HttpResponse::Ok().json(PublicRooms::default()));
    }
    let Filter { generic_search_term, room_types } = body.filter.unwrap_or_default();
    let request =
        PublicRoomsRequest { since: body.since, limit: page_size(body.limit), search: generic_search_term, room_types };
    Ok(HttpResponse::Ok().json(call.app.rooms.public_rooms(request).await?))
}

fn page_size(limit: Option<u64>) -> usize {
    let limit = limit.filter(|limit| *limit > 0).map(usize::try_from);
    limit.and_then(Result::ok).unwrap_or(PAGE_ROOMS)
}

/// Other servers cannot be asked.
fn check_server(app: &App, server: Option<&str>) -> Result<()> {
    match server {
        Some(server) if !server.is_empty() && app.config.server.name != server => {
            Err(Error::not_found("This server cannot reach the directories of others"))
        }
        _ => Ok(()),
    }
}
