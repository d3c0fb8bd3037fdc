//! Push rules, as far as reading the ones that every user begins with.

mod get_pushrules;

use crate::bridge::Routes;

pub(crate) fn routes() -> Routes {
    Routes::default().endpoint(get_pushrules::all).endpoint(get_pushrules::global)
}
