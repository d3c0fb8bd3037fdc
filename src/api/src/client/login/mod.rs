//! Logging in and out.

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
        .endpoint(refresh::refresh)
        .endpoint(logout::logout)
        .endpoint(logout::logout_all)
}
