//! `POST /user/keys/claim`.

use std::collections::BTreeMap;

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::keys::{Claimed, Wanted};
use ruma::{UserId, api::federation::authentication::ServerSignatures};
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

/// Gives a key of each device that is named: the fallback key of one whose one-time keys others have taken too fast.
pub(super) async fn claim(call: Call) -> Result<HttpResponse> {
    let origin = ServerSignatures::authenticate(&call).await?;
    let Parameters { one_time_keys } = call.json()?;
    let devices: usize = one_time_keys.values().map(BTreeMap::len).sum();
    if devices > DEVICES {
        return Err(Error::new(413, "M_TOO_LARGE", "these are too many devices for one request"));
    }
    call.app.accounts.limits().check_many(Limit::OtherServer, &*origin, 1 + devices / DEVICES_PER_COUNT)?;
    // All other servers together: names of servers are free to be invented.
    let limits = call.app.accounts.limits();
    let spares = |user: &UserId, device: &str| limits.check(Limit::OneTimeKey, (user.as_str(), device)).is_err();
    let one_time_keys = call.app.e2ee.claim_keys_sparing(one_time_keys, spares).await?;
    let answer = serde_json::to_string(&Answer { one_time_keys }).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}
