//! What operators do through the paths of Synapse's admin API, and where it has none through our own.

use super::media::file;
use super::prelude;
use crate::run::Test;

mod blocks;
mod content;
mod deletion;
mod media;
mod reports;
mod rooms;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [reports::tests(), rooms::tests(), blocks::tests(), deletion::tests(), media::tests(), content::tests()].concat()
}
