//! Transactions, on both databases, with another server that is honest or lies.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod elsewhere;
mod gaps;
mod lies;
mod outside;
mod partial;
mod policy;
mod restart;
mod together;
pub(crate) mod world;
