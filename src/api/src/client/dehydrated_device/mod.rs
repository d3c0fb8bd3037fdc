//! Dehydrated devices (MSC3814), which have only unstable paths.

mod delete;
mod events;
mod get;
mod put;

use http::Method;

use crate::bridge::Routes;

const PATH: &[&str] = &["/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"];

const EVENTS: &[&str] = &["/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{device_id}/events"];

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .raw(Method::PUT, PATH, put::put)
        .raw(Method::GET, PATH, get::get)
        .raw(Method::DELETE, PATH, delete::delete)
        .raw(Method::GET, EVENTS, events::get)
        .raw(Method::POST, EVENTS, events::post)
}
