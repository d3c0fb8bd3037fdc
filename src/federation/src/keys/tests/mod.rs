//! Honest and lying servers and notaries, without a network.

mod lines;
mod lookup;
mod notaries;
mod notary;
mod requests;
mod stream;
mod validity;
pub(crate) mod verify;
pub(crate) mod world;
