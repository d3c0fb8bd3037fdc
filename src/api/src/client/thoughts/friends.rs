//! `GET /_matrix/client/unstable/org.peerbrain/friends`.

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::{Result, bridge::Call, client::arguments::required_session};

#[derive(Deserialize)]
struct Query {
    from: Option<String>,
    limit: Option<u32>,
}

/// The people with whom the caller has something to do.
pub(super) async fn friends(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let query: Query = call.query()?;
    let friends = call.app.thoughts.friends(&session.user_id, query.from, query.limit).await?;
    Ok(HttpResponse::Ok().json(friends))
}
