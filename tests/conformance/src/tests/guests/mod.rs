//! Guests: accounts without a password that may do little. "Homeservers may choose not to allow this access at all":
//! where registration of one is refused with 403 there is nothing to test.

use super::prelude;
use crate::run::Test;

mod account;
mod rooms;

/// The tests of all parts.
pub fn tests() -> Vec<Test> {
    [account::tests(), rooms::tests()].concat()
}
