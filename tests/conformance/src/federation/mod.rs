//! Tests of the server-server API: the suite plays a remote server (see `peer`), talks with the server under test as one
//! server with another, and looks through the client API at what became of it.
//!
//! One file per group of endpoints. The folder `advisories` has a test for each class of hole that homeservers have had.

/// What every test file needs.
mod prelude {
    pub use reqwest::Method;
    pub use serde_json::{Value, json};

    pub use super::stage::Stage;
    pub use crate::failure::{Failure, Outcome};
    pub use crate::interop::wait_for;
    pub use crate::path::encode;
    pub use crate::peer::events::{event_id, fault, finish};
    pub use crate::peer::keys::signed_by;
    pub use crate::peer::{Answer, Body, Event, Request, Room, nonce, now};
    pub use crate::reply::Reply;
    pub use crate::room::text;
    pub use crate::run::Test;
    pub use crate::sync::{events, find, ids, joined};
    pub use crate::{ensure, ensure_eq, fed, v1, v3};
}

/// Registers the tests of an area: `name, "section of the specification", [rows covered];` for each.
macro_rules! tests {
    ($area:literal: $($name:ident, $section:literal, [$($row:literal),* $(,)?];)*) => {
        /// The tests of this area.
        pub fn tests() -> Vec<Test> {
            vec![$(Test {
                name: concat!("federation_", $area, "/", stringify!($name)),
                section: concat!("server-server §", $section),
                covers: &[$($row),*],
                run: |server| Box::pin(async move { $name(Stage::of(&server).await?).await }),
            }),*]
        }
    };
}

mod advisories;
mod devices;
mod edus;
mod events;
mod invite;
mod join;
mod keys;
mod knock;
mod leave;
mod lies;
mod lookups;
mod media;
mod missing;
mod policy;
mod requests;
pub mod stage;
mod third_parties;
mod transactions;

use crate::interop::wait_for;
use crate::run::Test;

/// All tests of federation.
pub fn all() -> Vec<Test> {
    [
        keys::tests(),
        requests::tests(),
        join::tests(),
        leave::tests(),
        knock::tests(),
        invite::tests(),
        transactions::tests(),
        edus::tests(),
        events::tests(),
        missing::tests(),
        lookups::tests(),
        devices::tests(),
        media::tests(),
        third_parties::tests(),
        policy::tests(),
        lies::tests(),
        advisories::tests(),
    ]
    .concat()
}
