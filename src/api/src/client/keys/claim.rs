//! `POST /keys/claim`.

use std::collections::BTreeMap;

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::keys::{Claimed, Wanted};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::timeout::Timeout;
use crate::{Error, Result, bridge::Call, client::arguments::required_session};

/// So many devices count as one more request: each may cost the writer a key.
const DEVICES: usize = 200;

#[derive(Deserialize)]
struct Parameters {
    one_time_keys: Wanted,
    #[serde(default)]
    timeout: Timeout,
}

#[derive(Serialize)]
struct Answer {
    one_time_keys: Claimed,
    failures: Map<String, Value>,
}

/// Gives the caller a key of each device that is named.
pub(super) async fn claim(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    let Parameters { one_time_keys, timeout } = call.json()?;
    let devices: usize = one_time_keys.values().map(BTreeMap::len).sum();
    call.app.accounts.limits().check_many(Limit::Write, &session.user_id, 1 + devices / DEVICES)?;
    let (one_time_keys, failures) = call.app.federation.claim_keys(one_time_keys, timeout.time()).await?;
    let answer = serde_json::to_string(&Answer { one_time_keys, failures }).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}
