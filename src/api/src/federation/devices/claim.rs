//! `POST /user/keys/claim`.

use std::collections::BTreeMap;

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::keys::{Claimed, Wanted};
use ruma::api::federation::authentication::ServerSignatures;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    bridge::{Authenticate as _, Call},
};

/// Devices of one request.
const DEVICES: usize = 10_000;
/// So many devices count as one request more against the limit of the server: each may cost the writer a key.
const DEVICES_PER_COUNT: usize = 200;

#[derive(Deserialize)]
struct Parameters {
    one_time_keys: Wanted,
}

#[derive(Serialize)]
struct Answer {
    one_time_keys: Claimed,
}

/// Gives a key of each device that is named.
pub(super) async fn claim(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    let Parameters { one_time_keys } = call.json()?;
    let devices: usize = one_time_keys.values().map(BTreeMap::len).sum();
    if devices > DEVICES {
        return Err(Error::new(413, "M_TOO_LARGE", "these are too many devices for one request"));
    }
    call.app.accounts.limits().check_many(Limit::OtherServer, &*origin, 1 + devices / DEVICES_PER_COUNT)?;
    let one_time_keys = call.app.e2ee.claim_keys(one_time_keys).await?;
    let answer = serde_json::to_string(&Answer { one_time_keys }).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}
