//! Keys and devices of our users, for other servers (server-server § End-to-End Encryption, § Device Management). They are
//! told to every server that we have to do with: users may write to each other who share no room.

mod claim;
mod list;
mod query;

use http::Method;

use crate::bridge::Routes;

pub(crate) fn routes() -> Routes {
    Routes::default()
        .signed(Method::POST, &["/_matrix/federation/v1/user/keys/query"], query::query)
        .signed(Method::POST, &["/_matrix/federation/v1/user/keys/claim"], claim::claim)
        .signed(Method::GET, &["/_matrix/federation/v1/user/devices/{user_id}"], list::list)
}
