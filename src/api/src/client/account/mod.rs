//! The account itself.

mod deactivate;
mod error;
mod password;
mod third_party_ids;
mod whoami;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .endpoint(whoami::whoami)
        .endpoint(third_party_ids::third_party_ids)
        .raw(Method::POST, v3_and_r0!("account/password"), password::password)
        .raw(Method::POST, v3_and_r0!("account/deactivate"), deactivate::deactivate)
}
