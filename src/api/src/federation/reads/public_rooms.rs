//! `GET` and `POST /publicRooms`.

use actix_web::HttpResponse;

use crate::{
    Result,
    bridge::Call,
    client::public_rooms::{answer, listed, searched},
};

/// A page of the directory.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    super::origin(&call).await?;
    answer(&call.app, listed(&call)?).await
}

/// A page of what a search finds in the directory.
pub(super) async fn post(call: Call) -> Result<HttpResponse> {
    super::origin(&call).await?;
    answer(&call.app, searched(&call)?).await
}
