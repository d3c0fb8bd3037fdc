//! `POST /search`.

mod request;
mod search_events;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::POST, v3_and_r0!("search"), search_events::search)
}
