//! `POST /v1/login/get_token`: a token by which another device of the caller logs in.

use accounts::{JsonObject, LOGIN_TOKEN_LASTS, Limit};
use actix_web::HttpResponse;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::{
        arguments::{limit_user, required_session},
        uia::by_password,
    },
};

/// Asks for the password each time, and gives a token for one login.
pub(super) async fn get_token(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let body: JsonObject = call.json()?;
    by_password(&call, Some(&session), body).await?;
    let token = call.app.accounts.create_login_token(&session.user_id).await?;
    Ok(HttpResponse::Ok().json(json!({ "login_token": token, "expires_in_ms": LOGIN_TOKEN_LASTS })))
}
