//! The HTTP face of the server: the client-server API, the server-server API and what operators' programs call.
//!
//! One endpoint, one file: parse, call the domain crate, map the error. What things mean is decided below; nothing
//! here knows the database. The bridge between actix and ruma lives in [`bridge`]; sockets, TLS and signals belong to
//! the `server` crate.

mod app;
pub mod bridge;
mod client;
mod error;
mod federation;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;

pub use app::{App, Observe};
pub use error::{Error, Result};

/// Every route of the client-server API.
pub fn client_routes() -> bridge::Routes {
    client::routes()
}

/// Every route of the server-server API.
pub fn federation_routes() -> bridge::Routes {
    federation::routes()
}
