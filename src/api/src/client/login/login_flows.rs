//! `GET /login`.

use accounts::Limit;
use actix_web::HttpResponse;
use serde_json::json;

use crate::{Result, bridge::Call, client::arguments::limit_address};

/// The ways to log in.
pub(super) async fn login_flows(call: Call) -> Result<HttpResponse> {
    limit_address(&call, Limit::Read)?;
    let flows = json!([{ "type": "m.login.password" }, { "type": "m.login.token", "get_login_token": true }]);
    Ok(HttpResponse::Ok().json(json!({ "flows": flows })))
}
