//! Searching.

use accounts::Limit;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use super::request::{Body, Object};
use crate::{
    Error, Result,
    bridge::Call,
    client::{
        arguments::{limit_user, required_session},
        rooms_read::reader,
    },
};

#[derive(Deserialize)]
struct Query {
    next_batch: Option<String>,
}

/// Searches in the categories that are asked for; there is one.
pub(super) async fn search(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let body: Body = call.json()?;
    let Object(categories) = body.search_categories;
    let Some(Object(criteria)) = categories.room_events else {
        return Ok(HttpResponse::Ok().json(json!({ "search_categories": {} })));
    };
    limit_user(&call, Limit::Search, &session)?;
    let criteria = criteria.into_criteria(call.query::<Query>()?.next_batch);
    let reader = reader(&call.app, &session).await?;
    let found = call.app.search.search(&reader, criteria).await?;
    Ok(HttpResponse::Ok().json(json!({ "search_categories": { "room_events": found } })))
}

impl From<search::Error> for Error {
    fn from(error: search::Error) -> Self {
        match error {
            search::Error::InvalidParam(text) => Self::invalid_param(text),
            search::Error::Rooms(error) => error.into(),
            search::Error::Store(error) => error.into(),
        }
    }
}
