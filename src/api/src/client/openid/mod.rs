//! OpenID tokens, and what others ask about them.

use accounts::Limit;
use actix_web::HttpResponse;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::{Call, Routes},
    client::arguments::{limit_user, own_session, v3_and_r0},
};

pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::POST, v3_and_r0!("user/{user_id}/openid/request_token"), request_token).raw(
        Method::GET,
        &["/_matrix/federation/v1/openid/userinfo"],
        userinfo,
    )
}

/// `POST /user/{userId}/openid/request_token`: a token that proves who the caller is.
async fn request_token(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let made = call.app.accounts.create_openid_token(&session.user_id).await?;
    Ok(HttpResponse::Ok().json(json!({
        "access_token": made.token,
        "token_type": "Bearer",
        "matrix_server_name": call.app.accounts.server_name(),
        "expires_in": made.expires_in_s,
    })))
}

#[derive(Deserialize)]
struct Query {
    access_token: Option<String>,
}

/// `GET /_matrix/federation/v1/openid/userinfo`: whose token it is. Anybody who has been given one may ask.
async fn userinfo(call: Call) -> Result<HttpResponse> {
    let token = call.query::<Query>()?.access_token.ok_or_else(Error::missing_token)?;
    let user_id = call.app.accounts.openid_user(&token).await?;
    Ok(HttpResponse::Ok().json(json!({ "sub": user_id })))
}
