//! `POST /user/keys/query`.

use actix_web::HttpResponse;
use e2ee::keys::Asked;
use federation::Cost;
use ruma::api::federation::authentication::ServerSignatures;
use serde::Deserialize;

use crate::{
    Result,
    bridge::{Authenticate as _, Call},
};

/// So many users count as one more.
const USERS_PER_COUNT: usize = 50;

#[derive(Deserialize)]
struct Parameters {
    device_keys: Asked,
}

/// Tells the public keys of users and their devices.
pub(super) async fn query(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    let Parameters { device_keys } = call.json()?;
    let cost = Cost::Many(1 + device_keys.len() / USERS_PER_COUNT);
    let _reading = call.app.federation.begin_read(&origin, cost).await?;
    let answer = call.app.e2ee.query_keys_for_server(device_keys).await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}
