//! `GET /profile/{userId}` and `GET /profile/{userId}/{keyName}`.

use accounts::JsonObject;
use actix_web::HttpResponse;

use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_lookup, user_id},
};

/// The whole profile of a user, of this server or another.
pub(super) async fn whole(call: Call) -> Result<HttpResponse> {
    let user_id = user_id(&call, 0)?;
    if call.app.rooms.is_local(&user_id) {
        return Ok(HttpResponse::Ok().json(call.app.accounts.profile(&user_id).await?));
    }
    limit_lookup(&call).await?;
    Ok(HttpResponse::Ok().json(&*call.app.federation.profile(&user_id).await?))
}

/// One field of it.
pub(super) async fn field(call: Call) -> Result<HttpResponse> {
    let (user_id, field) = (user_id(&call, 0)?, call.arg(1)?);
    let value = if call.app.rooms.is_local(&user_id) {
        call.app.accounts.profile_field(&user_id, field).await?
    } else {
        limit_lookup(&call).await?;
        call.app.federation.profile_field(&user_id, field).await?
    };
    Ok(HttpResponse::Ok().json(JsonObject::from_iter([(field.to_owned(), value)])))
}
