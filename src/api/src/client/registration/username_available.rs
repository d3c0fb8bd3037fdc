//! `GET /register/available`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{Error, Result, bridge::Call, client::arguments::limit_address};

#[derive(Deserialize)]
struct Query {
    username: Option<String>,
}

/// Whether a new user may have this name. It reserves nothing.
pub(super) async fn username_available(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::RegistrationCheck)?;
    let username = call.query::<Query>()?.username;
    let username = username.ok_or_else(|| Error::new(400, "M_MISSING_PARAM", "username is missing"))?;
    call.app.accounts.check_username(&username).await?;
    Ok(HttpResponse::Ok().json(json!({ "available": true })))
}
