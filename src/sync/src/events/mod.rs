//! Events in the form in which clients get them, kept in memory: most of a sync is written from them.

mod cache;
mod client_event;

pub(crate) use cache::{ClientEvents, Loaded, Moment};
pub(crate) use client_event::ClientEvent;
