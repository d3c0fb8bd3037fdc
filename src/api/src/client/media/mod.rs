//! The content repository (client-server §content-repository). Bodies are streamed, both ways. Previews of web pages are
//! not offered: the server would have to fetch whatever address a user names.

pub(crate) mod answer;
pub(crate) mod arguments;
mod config;
mod create;
pub(crate) mod disposition;
mod download;
mod error;
mod fill;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod range;
mod receive;
pub(crate) mod thumbnail;
mod upload;

use http::Method;

use crate::bridge::Routes;

/// Registers a path under every version that clients use.
macro_rules! every_version {
    ($path:literal) => {
        &[
            concat!("/_matrix/media/v3/", $path),
            concat!("/_matrix/media/r0/", $path),
            concat!("/_matrix/media/v1/", $path),
        ]
    };
}

/// Registers a path of MSC3916, which some clients still call by its unstable name.
macro_rules! with_token {
    ($path:literal) => {
        &[
            concat!("/_matrix/client/v1/media/", $path),
            concat!("/_matrix/client/unstable/org.matrix.msc3916/media/", $path),
        ]
    };
}

pub(crate) fn routes() -> Routes {
    Routes::default()
        .streamed(Method::POST, every_version!("upload"), upload::upload)
        .streamed(Method::PUT, every_version!("upload/{server_name}/{media_id}"), fill::fill)
        .raw(Method::POST, &["/_matrix/media/v1/create"], create::create)
        .raw(Method::GET, with_token!("config"), config::config)
        .raw(Method::GET, every_version!("config"), config::config)
        .raw(Method::GET, with_token!("download/{server_name}/{media_id}"), download::download)
        .raw(Method::GET, with_token!("download/{server_name}/{media_id}/{file_name}"), download::download)
        .raw(Method::GET, every_version!("download/{server_name}/{media_id}"), download::download_open)
        .raw(Method::GET, every_version!("download/{server_name}/{media_id}/{file_name}"), download::download_open)
        .raw(Method::GET, with_token!("thumbnail/{server_name}/{media_id}"), thumbnail::thumbnail)
        .raw(Method::GET, every_version!("thumbnail/{server_name}/{media_id}"), thumbnail::thumbnail_open)
}
