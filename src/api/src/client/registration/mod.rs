//! Registration.

mod register;
mod shared_secret;
mod token_validity;
mod username_available;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    let shared_secret = &["/_synapse/admin/v1/register"];
    Routes::default()
        .raw(Method::POST, v3_and_r0!("register"), register::register)
        .raw(Method::GET, v3_and_r0!("register/available"), username_available::username_available)
        .raw(
            Method::GET,
            &["/_matrix/client/v1/register/m.login.registration_token/validity"],
            token_validity::token_validity,
        )
        .raw(Method::GET, shared_secret, shared_secret::nonce)
        .raw(Method::POST, shared_secret, shared_secret::register)
}
