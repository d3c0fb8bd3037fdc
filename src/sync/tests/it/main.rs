//! Syncing, on SQLite and where it matters on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

extern crate peerbrain_sync as sync;

mod account_data;
mod adopted;
mod client;
mod cost;
mod device_lists;
mod elsewhere;
mod filters;
mod incremental;
mod initial;
mod kept;
mod late_arrivals;
mod lazy_members;
mod memberships;
mod presence;
mod races;
mod random;
mod receipts;
mod relations;
mod resolution;
mod state_after;
mod typing;
mod unsigned;
mod waiting;
mod world;
