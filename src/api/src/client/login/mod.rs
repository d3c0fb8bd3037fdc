//! Logging in and out.

mod get_token;
mod login_flows;
mod login_request;
mod logout;
mod refresh;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(super) use login_request::answer;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::GET, v3_and_r0!("login"), login_flows::login_flows)
        .raw(Method::POST, v3_and_r0!("login"), login_request::login)
        .raw(
            Method::POST,
            &[
                "/_matrix/client/v3/refresh",
                "/_matrix/client/r0/refresh",
                "/_matrix/client/v1/refresh",
                "/_matrix/client/unstable/org.matrix.msc2918/refresh",
            ],
            refresh::refresh,
        )
        .raw(Method::POST, &["/_matrix/client/v1/login/get_token"], get_token::get_token)
        .endpoint(logout::logout)
        .endpoint(logout::logout_all)
}
