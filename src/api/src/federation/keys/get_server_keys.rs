//! `GET /_matrix/key/v2/server` (server-server §publishing-keys).

use std::sync::Arc;

use actix_web::HttpResponse;
use events::canonical;
use http::Method;
use ruma::{
    CanonicalJsonObject,
    api::federation::discovery::{ServerSigningKeys, get_server_keys::v2},
    serde::Raw,
};
use serde_json::value::RawValue;

use crate::{
    App, Error, Result,
    bridge::{Call, Routes, Ruma},
};

pub(super) fn routes() -> Routes {
    // Older servers ask for one key, and get all the same.
    let old = ["/_matrix/key/v2/server/", "/_matrix/key/v2/server/{key_id}"];
    Routes::default().endpoint(get_server_keys).raw(Method::GET, &old, get_server_key)
}

/// Our keys, in use and old ones, signed.
async fn get_server_keys(app: Arc<App>, _: Ruma<v2::Request>) -> Result<v2::Response> {
    Ok(v2::Response::new(raw(&app.federation.keys().published().await?)?))
}

async fn get_server_key(call: Call) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(call.app.federation.keys().published().await?))
}

/// An answer about keys as it is signed.
pub(super) fn raw(keys: &CanonicalJsonObject) -> Result<Raw<ServerSigningKeys>> {
    let text = canonical::text(keys).map_err(Error::internal)?;
    Ok(Raw::from_json(RawValue::from_string(text).map_err(Error::internal)?))
}
