//! A test for each class of hole that homeservers have had, named after what went wrong. `sharp_edges.tsv` says which
//! test stands for which advisory.
//!
//! Most of them tell a lie, then make sure that it was not believed and that everything else goes on.

use super::prelude;

mod acl;
mod bounds;
mod graphs;
mod invites;
mod joins;
mod json;
mod keys;
mod media;
mod powers;
mod rooms;
mod secrets;
mod signatures;
mod templates;

use crate::run::Test;

/// All tests of this folder.
pub fn tests() -> Vec<Test> {
    [
        templates::tests(),
        signatures::tests(),
        rooms::tests(),
        json::tests(),
        graphs::tests(),
        powers::tests(),
        joins::tests(),
        invites::tests(),
        acl::tests(),
        keys::tests(),
        secrets::tests(),
        bounds::tests(),
        media::tests(),
    ]
    .concat()
}
