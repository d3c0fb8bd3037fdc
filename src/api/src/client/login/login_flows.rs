//! `GET /login`.

use actix_web::HttpResponse;
use serde_json::json;

use crate::{Result, bridge::Call};

/// The ways to log in.
pub(super) async fn login_flows(_: Call) -> Result<HttpResponse> {
    let flows = json!([{ "type": "m.login.password" }, { "type": "m.login.token", "get_login_token": true }]);
    Ok(HttpResponse::Ok().json(json!({ "flows": flows })))
}
