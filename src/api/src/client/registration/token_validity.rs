//! `GET /register/m.login.registration_token/validity`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{Error, Result, bridge::Call, client::arguments::limit_address};

#[derive(Deserialize)]
struct Query {
    token: Option<String>,
}

/// Whether somebody could register with this token now.
pub(super) async fn token_validity(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::RegistrationCheck)?;
    let token = call.query::<Query>()?.token;
    let token = token.ok_or_else(|| Error::new(400, "M_MISSING_PARAM", "token is missing"))?;
    let valid = call.app.accounts.registration_token_valid(&token).await?;
    Ok(HttpResponse::Ok().json(json!({ "valid": valid })))
}
