//! Everything that a user has uploaded.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{described, require_admin};
use crate::{Result, bridge::Call, client::arguments::user_id};

/// Files of one page, whatever is asked for.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
struct Page {
    from: Option<u64>,
    limit: Option<usize>,
}

/// `GET /_synapse/admin/v1/users/{userId}/media`: the newest first.
pub(super) async fn list(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    let page: Page = call.query()?;
    let (from, limit) = (page.from.unwrap_or_default(), page.limit.unwrap_or(100).min(PAGE));
    let (files, total) = call.app.media.files_of(&user_id(&call, 0)?, from, limit).await?;
    let next = from.saturating_add(files.len() as u64);
    let next_token = (next < total && !files.is_empty()).then_some(next);
    let mut answer = Map::new();
    answer.insert("media".into(), files.iter().map(described).collect());
    answer.insert("total".into(), total.into());
    answer.extend(next_token.map(|next| ("next_token".to_owned(), next.into())));
    Ok(HttpResponse::Ok().json(answer))
}

/// `DELETE /_synapse/admin/v1/users/{userId}/media`.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    let ids = call.app.media.delete_files_of(&user_id(&call, 0)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "total": ids.len(), "deleted_media": ids })))
}

/// `POST /_synapse/admin/v1/user/{userId}/media/quarantine`.
pub(super) async fn quarantine(call: Call) -> Result<HttpResponse> {
    require_admin(&call).await?;
    let count = call.app.media.quarantine_user(&user_id(&call, 0)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "num_quarantined": count })))
}
