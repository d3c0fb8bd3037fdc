//! `POST /account/deactivate`.

use accounts::{JsonObject, Limit};
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::{Call, session},
    client::arguments::limit_address,
    client::uia::{by_password, early, parameters},
};

#[derive(Deserialize)]
struct Parameters {
    erase: Option<bool>,
}

/// Closes the account of the caller, or of the one whose password is given, for ever.
pub(super) async fn deactivate(call: Call) -> Result<HttpResponse> {
    let session = session(&call).await?;
    if session.is_none() {
        limit_address(&call, Limit::Login)?;
    }
    let body: JsonObject = call.json()?;
    early::<Parameters>(&body)?;
    let authorized = by_password(&call, session.as_deref(), body).await?;
    let parameters: Parameters = parameters(authorized.body)?;
    let user = session.map(|session| session.user_id.clone()).or(authorized.user);
    let user = user.ok_or_else(|| Error::internal("a password without a user"))?;
    // The rooms first: where that breaks off, the account is still open and its owner can repeat the request.
    call.app.rooms.leave_all(&user).await?;
    call.app.accounts.deactivate(&user, parameters.erase.unwrap_or(false)).await?;
    // And what another device joined meanwhile.
    call.app.rooms.leave_all(&user).await?;
    // No address is bound to the account at any identity server, so there is nothing that could fail to be unbound.
    Ok(HttpResponse::Ok().json(json!({ "id_server_unbind_result": "success" })))
}
