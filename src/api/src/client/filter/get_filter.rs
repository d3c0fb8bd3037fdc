//! `GET /user/{userId}/filter/{filterId}`.

use actix_web::{HttpResponse, http::header::ContentType};

use crate::{Result, bridge::Call, client::arguments::own_session};

/// A filter that the caller has stored.
pub(super) async fn get_filter(call: Call) -> Result<HttpResponse> {
    let session = own_session(&call).await?;
    let filter = call.app.accounts.filter(&session.user_id, call.arg(1)?).await?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(filter.text.clone()))
}
