//! The bridge between actix-web (http 0.2) and ruma (http 1). A handler is
//! `async fn(App, Ruma<Request>) -> Result<Response>`; method, paths, authentication and parsing follow from the type.

mod answers;
mod asker;
mod authenticate;
mod bodies;
mod call;
mod cors;
mod forwarded;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod guests;
mod parse;
mod receive;
mod respond;
mod routes;
mod serve;
mod server_signatures;
mod tally;
mod x_matrix;

pub use answers::Answers;
pub use authenticate::{Authenticate, session};
pub use bodies::Bodies;
pub use call::{Call, Client};
pub use cors::cors;
pub use forwarded::counted_address;
pub use parse::{Endpoint, Ruma};
pub(crate) use receive::refuse;
pub(crate) use respond::respond;
pub use routes::Routes;
pub use serve::serve;
