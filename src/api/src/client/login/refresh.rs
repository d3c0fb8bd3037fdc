//! `POST /refresh`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{Result, bridge::Call, client::arguments::limit_address};

#[derive(Deserialize)]
struct Parameters {
    refresh_token: String,
}

/// Gives new tokens for a refresh token.
pub(super) async fn refresh(call: Call) -> Result<HttpResponse> {
    let parameters: Parameters = call.json()?;
    limit_address(&call, Limit::Refresh)?;
    let refreshed = call.app.accounts.refresh(&parameters.refresh_token).await?;
    Ok(HttpResponse::Ok().json(json!({
        "access_token": refreshed.access_token,
        "refresh_token": refreshed.refresh_token,
        "expires_in_ms": refreshed.expires_in_ms,
    })))
}
