//! Honest and lying servers and notaries, without a network.

mod lines;
mod lookup;
mod notaries;
mod notary;
mod validity;
mod verify;
mod world;
