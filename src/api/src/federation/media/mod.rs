//! Our files for other servers (server-server §content-repository): only our own, and never what only lies here.

mod download;
mod parts;
mod thumbnail;

use http::Method;

use crate::bridge::Routes;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .signed(Method::GET, &["/_matrix/federation/v1/media/download/{media_id}"], download::download)
        .signed(Method::GET, &["/_matrix/federation/v1/media/thumbnail/{media_id}"], thumbnail::thumbnail)
}
