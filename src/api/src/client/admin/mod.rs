//! What administrators of the server may do.

mod lock;
mod media;
mod suspend;
mod whois;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .endpoint(lock::is_locked)
        .endpoint(lock::lock)
        .endpoint(suspend::is_suspended)
        .endpoint(suspend::suspend)
        .raw(Method::GET, v3_and_r0!("admin/whois/{user_id}"), whois::whois)
        .merge(media::routes())
}
