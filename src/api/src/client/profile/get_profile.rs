//! `GET /profile/{userId}` and `GET /profile/{userId}/{keyName}`.

use accounts::JsonObject;
use actix_web::HttpResponse;

use crate::{Result, bridge::Call, client::arguments::user_id};

/// The whole profile of a user.
pub(super) async fn whole(call: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(call.app.accounts.profile(&user_id(&call, 0)?).await?))
}

/// One field of it.
pub(super) async fn field(call: Call) -> Result<HttpResponse> {
    let field = call.arg(1)?;
    let value = call.app.accounts.profile_field(&user_id(&call, 0)?, field).await?;
    Ok(HttpResponse::Ok().json(JsonObject::from_iter([(field.to_owned(), value)])))
}
