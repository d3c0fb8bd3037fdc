//! How far users have read.

mod read_markers;
mod send_receipt;

use http::Method;

use crate::{bridge::Routes, client::arguments::v3_and_r0};

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::POST, v3_and_r0!("rooms/{roomId}/receipt/{receiptType}/{eventId}"), send_receipt::send)
        .raw(Method::POST, v3_and_r0!("rooms/{roomId}/read_markers"), read_markers::set)
}
