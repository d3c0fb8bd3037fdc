//! `GET /notifications`.

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::{Result, bridge::Call, client::arguments::required_session};

/// Notifications of a page where the client names no number, and the most that it may name.
const USUAL: usize = 50;
const MOST: usize = 200;

#[derive(Deserialize)]
struct Query {
    from: Option<String>,
    limit: Option<usize>,
    only: Option<String>,
}

/// What the caller was notified of.
pub(super) async fn list(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let Query { from, limit, only } = call.query()?;
    let limit = limit.unwrap_or(USUAL).clamp(1, MOST);
    let highlights = only.is_some_and(|only| only.split(',').any(|word| word.trim() == "highlight"));
    let page = call.app.push.notifications(&session, from.as_deref(), limit, highlights).await?;
    Ok(HttpResponse::Ok().json(page))
}
