//! Stored filters.

mod create_filter;
mod get_filter;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    Routes::default().raw(Method::POST, v3_and_r0!("user/{user_id}/filter"), create_filter::create_filter).raw(
        Method::GET,
        v3_and_r0!("user/{user_id}/filter/{filter_id}"),
        get_filter::get_filter,
    )
}
