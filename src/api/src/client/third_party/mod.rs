//! Other networks (client-server §third-party-networks). Bridges to them are application services, of which this server
//! knows none yet: so there is no protocol, and nothing is found.

use actix_web::HttpResponse;
use http::Method;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::{Call, Routes},
    client::arguments::{required_session, v3_and_r0},
};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::GET, v3_and_r0!("thirdparty/protocols"), protocols)
        .raw(Method::GET, v3_and_r0!("thirdparty/protocol/{protocol}"), nothing)
        .raw(Method::GET, v3_and_r0!("thirdparty/location/{protocol}"), nothing)
        .raw(Method::GET, v3_and_r0!("thirdparty/user/{protocol}"), nothing)
        .raw(Method::GET, v3_and_r0!("thirdparty/location"), nothing)
        .raw(Method::GET, v3_and_r0!("thirdparty/user"), nothing)
}

/// The protocols that bridges speak.
async fn protocols(call: Call) -> Result<HttpResponse> {
    required_session(&call).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// One protocol, or who and what is behind bridges.
async fn nothing(call: Call) -> Result<HttpResponse> {
    required_session(&call).await?;
    Err(Error::not_found("No bridge to another network is known here"))
}
