//! `GET /user/devices/{userId}`.

use actix_web::HttpResponse;
use federation::Cost;
use ruma::api::federation::authentication::ServerSignatures;

use crate::{
    Result,
    bridge::{Authenticate as _, Call},
    federation::arguments::user_id,
};

/// Tells the devices of a user that have keys, and which change of them is the newest.
pub(super) async fn list(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    let _reading = call.app.federation.begin_read(&origin, Cost::One).await?;
    let list = call.app.e2ee.device_list_for_server(&user_id(&call, 0)?).await?;
    Ok(HttpResponse::Ok().json(list))
}
