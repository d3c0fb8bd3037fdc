//! A server that lies, on every path on which it is asked something: each lie about the form of an answer to each question,
//! and events that are not what they should be wherever events come back.
//!
//! Who is lied to tells its client of an error or of the harmless part, keeps nothing that is false, and goes on to serve
//! everybody, the server that lied as well.

/// What every file of this folder needs.
mod prelude {
    pub use super::super::prelude::*;
    pub(super) use super::form;
    pub use super::form::{FALSE, Form, harmless};
    pub use super::told::{Told, goes_on, goes_on_in};
}

/// A test for each lie about the form of an answer: the function gets the stage and the lie.
macro_rules! forms {
    (@ $area:literal, $section:literal, $told:ident: $($lie:ident)*) => {
        vec![$(Test {
            name: concat!("federation_lies_", $area, "/", stringify!($lie)),
            section: concat!("server-server §", $section),
            covers: &[],
            run: |server| Box::pin(async move { $told(Stage::of(&server).await?, form::$lie).await }),
        }),*]
    };
    ($area:literal, $section:literal, $told:ident) => {
        forms!(@ $area, $section, $told:
            endless announced no_json no_object wrong_shape wrong_within floats duplicate_keys huge_numbers huge_lists deep
            zero_bytes half_characters)
    };
}

/// A test for each kind of false event: the function gets the stage and what makes it. The last one is what a Synapse sends no
/// events after.
macro_rules! falsehoods {
    (@ $area:literal, $section:literal, $told:ident: $($kind:ident)*) => {
        vec![$(Test {
            name: concat!("federation_lies_", $area, "/", stringify!($kind)),
            section: concat!("server-server §", $section),
            covers: &[],
            run: |server| Box::pin(async move { $told(Stage::of(&server).await?, falsehood::$kind).await }),
        }),*]
    };
    ($area:literal, $section:literal, $told:ident) => {
        falsehoods!(@ $area, $section, $told:
            unsigned by_another_key by_another_server in_the_name_of_alice with_floats of_another_room)
    };
}

mod authority;
mod devices;
mod falsehood;
mod form;
mod gaps;
mod history;
mod invite;
mod keys;
mod knock;
mod lookups;
mod notaries;
mod others;
mod spaces;
mod told;

use crate::run::Test;

/// All tests of this folder.
pub fn tests() -> Vec<Test> {
    [
        lookups::tests(),
        spaces::forms(),
        spaces::tests(),
        devices::forms(),
        devices::tests(),
        keys::forms(),
        keys::tests(),
        notaries::tests(),
        invite::forms(),
        invite::tests(),
        knock::forms(),
        knock::tests(),
        gaps::tests(),
        others::tests(),
        authority::tests(),
        history::tests(),
    ]
    .concat()
}
