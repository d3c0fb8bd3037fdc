//! `POST /account/deactivate`.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Result,
    bridge::Call,
    client::uia::{Owner, owner},
};

#[derive(Deserialize)]
struct Parameters {
    erase: Option<bool>,
}

/// Closes the account of the caller, or of the one whose password is given, for ever.
pub(super) async fn deactivate(call: Call) -> Result<HttpResponse> {
    let Owner { password, parameters, .. } = owner::<Parameters>(&call, |_| Ok(())).await?;
    let user = password.user_id();
    // The rooms first: where that breaks off, the account is still open and its owner can repeat the request.
    call.app.federation.leave_all(user).await?;
    call.app.accounts.deactivate(user, Some(&password), parameters.erase.unwrap_or(false)).await?;
    // And what another device joined meanwhile.
    call.app.federation.leave_all(user).await?;
    // No address is bound to the account at any identity server, so there is nothing that could fail to be unbound.
    Ok(HttpResponse::Ok().json(json!({ "id_server_unbind_result": "success" })))
}
