//! `POST /user/{userId}/filter`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, own_session},
};

/// Stores a filter; the same one gets the same id.
pub(super) async fn create_filter(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let id = call.app.accounts.create_filter(&session.user_id, call.json()?).await?;
    Ok(HttpResponse::Ok().json(json!({ "filter_id": id })))
}
