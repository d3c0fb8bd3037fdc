//! Server-side search, one file per part of it.

use super::prelude;
use crate::run::Test;

mod ask;
mod bad;
mod find;
mod order;
mod surroundings;
mod visible;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [find::tests(), order::tests(), surroundings::tests(), visible::tests(), bad::tests()].concat()
}
