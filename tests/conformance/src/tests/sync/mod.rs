//! `GET /sync`, one file per part of it.

use super::prelude;
use crate::run::Test;

mod filter;
mod gaps;
mod incremental;
mod initial;
mod lazy;
mod membership;
mod state_after;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [
        initial::tests(),
        incremental::tests(),
        gaps::tests(),
        state_after::tests(),
        lazy::tests(),
        membership::tests(),
        filter::tests(),
    ]
    .concat()
}
