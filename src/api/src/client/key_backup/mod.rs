//! Backups of room keys.

mod delete_keys;
mod get_keys;
mod put_keys;
mod versions;

use actix_web::HttpResponse;
use e2ee::key_backup::{BackupState, Place};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Error, Result,
    bridge::{Call, Routes},
};

/// Paths of backups, which clients know from before they were specified.
macro_rules! room_keys {
    ($path:literal) => {
        &[
            concat!("/_matrix/client/v3/room_keys/", $path),
            concat!("/_matrix/client/r0/room_keys/", $path),
            concat!("/_matrix/client/unstable/room_keys/", $path),
        ]
    };
}

/// The routes of this area.
pub(crate) fn routes() -> Routes {
    let (all, room, session) =
        (room_keys!("keys"), room_keys!("keys/{room_id}"), room_keys!("keys/{room_id}/{session_id}"));
    let (versions, version) = (room_keys!("version"), room_keys!("version/{version}"));
    Routes::default()
        .raw(Method::POST, versions, versions::create)
        .raw(Method::GET, versions, versions::newest)
        .raw(Method::GET, version, versions::get)
        .raw(Method::PUT, version, versions::change)
        .raw(Method::DELETE, version, versions::delete)
        .raw(Method::PUT, all, put_keys::all)
        .raw(Method::PUT, room, put_keys::of_room)
        .raw(Method::PUT, session, put_keys::one)
        .raw(Method::GET, all, get_keys::all)
        .raw(Method::GET, room, get_keys::of_room)
        .raw(Method::GET, session, get_keys::one)
        .raw(Method::DELETE, all, delete_keys::delete)
        .raw(Method::DELETE, room, delete_keys::delete)
        .raw(Method::DELETE, session, delete_keys::delete)
}

/// The version that the query names.
fn version(call: &Call) -> Result<String> {
    #[derive(Deserialize)]
    struct Query {
        version: Option<String>,
    }
    let query: Query = call.query()?;
    query.version.ok_or_else(|| Error::new(400, "M_MISSING_PARAM", "missing field `version`"))
}

/// The room and session that the path names.
fn place(call: &Call) -> Place {
    Place { room_id: call.args.first().cloned(), session_id: call.args.get(1).cloned() }
}

/// The answer to what has changed keys.
fn changed(state: BackupState) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "etag": state.etag, "count": state.count }))
}
