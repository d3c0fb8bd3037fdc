//! `GET` and `POST /publicRooms`.

use accounts::Limit;
use actix_web::HttpResponse;
use federation::PublicRoomsElsewhere;
use peerbrain_core::limits::PAGE_ROOMS;
use rooms::read::{PublicRooms, PublicRoomsRequest};
use ruma::{OwnedServerName, ServerName};
use serde::Deserialize;

use crate::{
    App, Error, Result,
    bridge::Call,
    client::arguments::{limit_lookup, limit_user, required_session},
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
    let request = listed(&call)?;
    match other_server(&call)? {
        None => answer(&call.app, request).await,
        Some(server) => {
            limit_lookup(&call).await?;
            answer_of(&call.app, &server, request).await
        }
    }
}

/// A page of what a search finds in the directory.
pub(super) async fn post(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let request = searched(&call)?;
    match other_server(&call)? {
        None => answer(&call.app, request).await,
        Some(server) => answer_of(&call.app, &server, request).await,
    }
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

/// The page of another server's directory. What other networks it may have is not asked for.
async fn answer_of(app: &App, server: &ServerName, request: Option<PublicRoomsRequest>) -> Result<HttpResponse> {
    let page = match request {
        Some(request) => app.federation.public_rooms(server, request).await?,
        None => PublicRoomsElsewhere::default(),
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

/// The server whose directory is asked for, if it is another one.
fn other_server(call: &Call) -> Result<Option<OwnedServerName>> {
    let ServerQuery { server } = call.query()?;
    let server = server.filter(|server| !server.is_empty() && call.app.config.server.name != server.as_str());
    let parsed =
        server.map(|server| ServerName::parse(&*server).map_err(|error| Error::invalid_param(error.to_string())));
    parsed.transpose()
}
