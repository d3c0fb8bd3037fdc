//! Relations between events: children of an event, threads of a room.

mod children;
mod threads;

use crate::bridge::Routes;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .endpoint(children::all)
        .endpoint(children::of_rel_type)
        .endpoint(children::of_event_type)
        .endpoint(threads::threads)
}
