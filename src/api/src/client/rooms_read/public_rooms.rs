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
struct ServerQuery {
    server: Option<String>,
}

#[derive(Deserialize)]
struct Listing {
    limit: Option<u64>,
    since: Option<String>,
    third_party_instance_id: Option<String>,
}

#[derive(Deserialize)]
struct Search {
    #[serde(flatten)]
    listing: Listing,
    filter: Option<Filter>,
}

#[derive(Default, Deserialize)]
struct Filter {
    generic_search_term: Option<String>,
    room_types: Option<Vec<Option<String>>>,
}

/// A page of the directory, for everybody.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    check_server(&call)?;
    answer(&call.app, listed(&call)?).await
}

/// A page of what a search finds in the directory.
pub(super) async fn post(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    check_server(&call)?;
    answer(&call.app, searched(&call)?).await
}

/// What a request asks for whose query says all; nothing where it asks for the rooms of another network.
pub(crate) fn listed(call: &Call) -> Result<Option<PublicRoomsRequest>> {
    Ok(request(call.query()?, Filter::default()))
}

/// The same of a request with a body.
pub(crate) fn searched(call: &Call) -> Result<Option<PublicRoomsRequest>> {
    let Search { listing, filter } = call.json()?;
    Ok(request(listing, filter.unwrap_or_default()))
}

/// The page of this server's directory that was asked for.
pub(crate) async fn answer(app: &App, request: Option<PublicRoomsRequest>) -> Result<HttpResponse> {
    let page = match request {
        Some(request) => app.rooms.public_rooms(request).await?,
        None => PublicRooms::default(),
    };
    Ok(HttpResponse::Ok().json(page))
}

/// No other networks are known here, so none of them has any rooms.
fn request(listing: Listing, filter: Filter) -> Option<PublicRoomsRequest> {
    let Listing { limit, since, third_party_instance_id } = listing;
    let Filter { generic_search_term: search, room_types } = filter;
    third_party_instance_id.is_none().then(|| PublicRoomsRequest { since, limit: page_size(limit), search, room_types })
}

fn page_size(limit: Option<u64>) -> usize {
    let limit = limit.filter(|limit| *limit > 0).map(usize::try_from);
    limit.and_then(Result::ok).unwrap_or(PAGE_ROOMS)
}

/// Other servers cannot be asked.
fn check_server(call: &Call) -> Result<()> {
    let ServerQuery { server } = call.query()?;
    match server {
        Some(server) if !server.is_empty() && call.app.config.server.name != server.as_str() => {
            Err(Error::not_found("This server cannot reach the directories of others"))
        }
        _ => Ok(()),
    }
}
