//! The tests, one file per area. Each file lists its tests at the top and has one async function per test.

/// What every test file needs.
mod prelude {
    pub use reqwest::Method;
    pub use serde_json::{Value, json};

    pub use crate::client::Server;
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

/// Registers the tests of an area: `name, "section of the specification", [rows covered];` for each.
macro_rules! tests {
    ($area:literal: $($name:ident, $section:literal, [$($row:literal),* $(,)?];)*) => {
        /// The tests of this area.
        pub fn tests() -> Vec<Test> {
            vec![$(Test {
                name: concat!($area, "/", stringify!($name)),
                section: concat!("client-server §", $section),
                covers: &[$($row),*],
                run: |server| Box::pin($name(server)),
            }),*]
        }
    };
}

mod account;
mod account_data;
mod context;
mod create;
mod devices;
mod directory;
mod discovery;
mod e2ee;
mod errors;
mod guests;
mod hierarchy;
mod history;
mod knock;
mod login;
mod login_token;
mod media;
mod members;
mod membership;
mod messages;
mod moderation;
mod mutual_rooms;
mod openid;
mod operator;
mod people;
mod presence;
mod probes;
mod profile;
mod push;
mod receipts;
mod recorded;
mod redact;
mod refresh;
mod registration;
mod relations;
mod reports;
mod search;
mod send;
mod state;
mod summary;
mod sync;
mod third_parties;
mod typing;
mod uia;
mod upgrade;
mod versions;

use crate::run::Test;

/// Every test, in the order in which they run.
pub fn all() -> Vec<Test> {
    [
        discovery::tests(),
        errors::tests(),
        probes::tests(),
        recorded::tests(),
        registration::tests(),
        login::tests(),
        uia::tests(),
        refresh::tests(),
        profile::tests(),
        people::tests(),
        devices::tests(),
        account_data::tests(),
        account::tests(),
        create::tests(),
        membership::tests(),
        moderation::tests(),
        send::tests(),
        messages::tests(),
        directory::tests(),
        summary::tests(),
        redact::tests(),
        state::tests(),
        members::tests(),
        knock::tests(),
        history::tests(),
        context::tests(),
        hierarchy::tests(),
        versions::tests(),
        upgrade::tests(),
        sync::tests(),
        media::tests(),
        third_parties::tests(),
        search::tests(),
        reports::tests(),
        operator::tests(),
        mutual_rooms::tests(),
        openid::tests(),
        login_token::tests(),
        guests::tests(),
        relations::tests(),
        receipts::tests(),
        typing::tests(),
        presence::tests(),
        push::tests(),
        e2ee::tests(),
    ]
    .concat()
}
