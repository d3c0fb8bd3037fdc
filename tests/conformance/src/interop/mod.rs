//! Tests of two homeservers together, each through its client API only: what a user of the one does, a user of the other
//! must see. `here` is the server under test, `there` its peer; a suite that is run both ways tests both directions.
//!
//! One file per area. Two Synapses prove the tests; then each of them is replaced by ours.

/// What every test file needs.
mod prelude {
    pub use serde_json::{Value, json};

    pub use super::pair::Pair;
    pub use crate::failure::{Failure, Outcome};
    pub use crate::path::encode;
    pub use crate::patience::wait_for;
    pub use crate::reply::Reply;
    pub use crate::room::text;
    pub use crate::run::Test;
    pub use crate::sync::{events, find, has_event, ids, joined};
    pub use crate::user::User;
    pub use crate::{ensure, ensure_eq, v1, v3};
}

/// Registers the tests of an area: `name, "section of the server-server specification";` for each.
macro_rules! tests {
    ($area:literal: $($name:ident, $section:literal;)*) => {
        /// The tests of this area.
        pub fn tests() -> Vec<Test> {
            vec![$(Test {
                name: concat!("interop_", $area, "/", stringify!($name)),
                section: concat!("server-server §", $section),
                covers: &[],
                run: |server| Box::pin(async move { $name(Pair::of(&server).await?).await }),
            }),*]
        }
    };
}

mod concurrent;
mod e2ee;
mod encrypted_invite;
mod ephemeral;
mod history;
mod invite;
mod join;
mod knock;
mod leave;
mod lookup;
mod media;
mod messages;
mod pair;
mod restricted;
mod upgrade;

pub use crate::patience::wait_for;
use crate::run::Test;

/// All tests of two servers.
pub fn all() -> Vec<Test> {
    [
        join::tests(),
        invite::tests(),
        knock::tests(),
        restricted::tests(),
        leave::tests(),
        messages::tests(),
        concurrent::tests(),
        history::tests(),
        ephemeral::tests(),
        e2ee::tests(),
        encrypted_invite::tests(),
        lookup::tests(),
        media::tests(),
        upgrade::tests(),
    ]
    .concat()
}
