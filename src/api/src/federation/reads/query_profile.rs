//! `GET /query/profile`.

use accounts::JsonObject;
use actix_web::HttpResponse;
use federation::Cost;
use ruma::OwnedUserId;
use serde::Deserialize;

use crate::{Result, bridge::Call};

#[derive(Deserialize)]
struct Query {
    user_id: OwnedUserId,
    field: Option<String>,
}

/// The profile of a user of ours, or one field of it.
pub(super) async fn query_profile(call: Call) -> Result<HttpResponse> {
    let origin = super::origin(&call).await?;
    let _reading = call.app.federation.begin_read(&origin, Cost::One).await?;
    let Query { user_id, field } = call.query()?;
    let accounts = &call.app.accounts;
    let profile = match field {
        None => accounts.profile(&user_id).await?,
        Some(field) => {
            let value = accounts.profile_field(&user_id, &field).await?;
            JsonObject::from_iter([(field, value)])
        }
    };
    Ok(HttpResponse::Ok().json(profile))
}
