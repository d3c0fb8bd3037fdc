//! What administrators may do to uploaded files. Paths and answers of `/_synapse` are those that programs of operators know
//! from Synapse; what it has no path for, by the hash of a content, is under `/_peerbrain`.

mod by_hash;
mod of_user;
mod one;

use actix_web::HttpResponse;
use http::Method;
use media::File;
use serde_json::{Value, json};

use crate::{
    Error, Result,
    bridge::{Call, Routes},
    client::arguments::required_session,
};

pub(super) fn routes() -> Routes {
    let file = &["/_synapse/admin/v1/media/{server_name}/{media_id}"];
    let of_user = &["/_synapse/admin/v1/users/{user_id}/media"];
    let quarantine = "/_synapse/admin/v1/media/quarantine/{server_name}/{media_id}";
    let unquarantine = "/_synapse/admin/v1/media/unquarantine/{server_name}/{media_id}";
    let content = "/_peerbrain/admin/v1/media/{sha256}";
    let content_quarantine = "/_peerbrain/admin/v1/media/{sha256}/quarantine";
    Routes::default()
        .raw(Method::GET, file, one::look)
        .raw(Method::DELETE, file, one::delete)
        .raw(Method::POST, &[quarantine], one::quarantine)
        .raw(Method::POST, &[unquarantine], one::end_quarantine)
        .raw(Method::GET, of_user, of_user::list)
        .raw(Method::DELETE, of_user, of_user::delete)
        .raw(Method::POST, &["/_synapse/admin/v1/user/{user_id}/media/quarantine"], of_user::quarantine)
        .raw(Method::DELETE, &[content], by_hash::delete)
        .raw(Method::PUT, &[content_quarantine], by_hash::quarantine)
        .raw(Method::DELETE, &[content_quarantine], by_hash::end_quarantine)
}

/// # Errors
/// 403 for all but administrators.
async fn require_admin(call: &Call) -> Result<()> {
    Ok(required_session(call).await?.require_admin()?)
}

/// A file as Synapse describes it, and its hash.
fn described(file: &File) -> Value {
    json!({
        "media_id": file.media_id,
        "user_id": file.user_id,
        "created_ts": file.created_at,
        "last_access_ts": null,
        "media_length": file.size,
        "media_type": file.content_type,
        "upload_name": file.file_name,
        "quarantined_by": file.quarantined.then_some("an administrator"),
        "safe_from_quarantine": false,
        "sha256": file.hash.map(|hash| hash.to_string()),
    })
}

fn nothing() -> HttpResponse {
    HttpResponse::Ok().json(json!({}))
}

fn no_hash() -> Error {
    Error::invalid_param("the content is named by its SHA-256 in hexadecimal")
}
