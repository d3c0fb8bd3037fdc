//! Tests of the crate through its public interface.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

// The name under which the other crates know it.
extern crate peerbrain_events as events;

mod authorization;
mod canonical;
mod client_form;
mod countersigning;
mod levels;
mod naive;
mod receiving;
mod redaction;
mod resolution;
mod room;
mod seeing;
mod signatures;
mod vectors;
