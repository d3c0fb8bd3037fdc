//! The content repository, one file per part of it.

use super::prelude;
use crate::run::Test;

mod config;
mod create;
mod disposition;
mod download;
pub mod file;
mod frozen;
mod gif;
mod hostile;
mod jpeg;
mod picture;
mod png;
mod preview;
mod thumbnail;
mod thumbnail_kinds;
mod upload;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [
        config::tests(),
        upload::tests(),
        download::tests(),
        disposition::tests(),
        create::tests(),
        thumbnail::tests(),
        thumbnail_kinds::tests(),
        hostile::tests(),
        frozen::tests(),
        preview::tests(),
    ]
    .concat()
}
