//! `GET` and `POST /publicRooms`.

use actix_web::HttpResponse;
use federation::Cost;

use crate::{
    Result,
    bridge::Call,
    client::public_rooms::{answer, listed, searched},
};

/// A page of the directory.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    let origin = super::origin(&call).await?;
    let _reading = call.app.federation.begin_read(&origin, Cost::Page).await?;
    answer(&call.app, listed(&call)?).await
}

/// A page of what a search finds in the directory.
pub(super) async fn post(call: Call) -> Result<HttpResponse> {
    let origin = super::origin(&call).await?;
    let _reading = call.app.federation.begin_read(&origin, Cost::Page).await?;
    answer(&call.app, searched(&call)?).await
}
