//! `POST` and `GET /room_keys/version`; `GET`, `PUT` and `DELETE /room_keys/version/{version}`.

use accounts::Limit;
use actix_web::HttpResponse;
use e2ee::key_backup::{BackupInfo, NewBackup};
use serde::Serialize;
use serde_json::{json, value::RawValue};

use crate::{
    Error, Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

#[derive(Serialize)]
struct Answer<'a> {
    algorithm: &'a str,
    auth_data: &'a RawValue,
    count: i64,
    etag: &'a str,
    version: &'a str,
}

fn info(backup: &BackupInfo) -> Result<HttpResponse> {
    let answer = Answer {
        algorithm: &backup.algorithm,
        auth_data: serde_json::from_str(&backup.auth_data).map_err(Error::internal)?,
        count: backup.state.count,
        etag: &backup.state.etag,
        version: &backup.version,
    };
    let answer = serde_json::to_string(&answer).map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}

/// Makes a new version of the caller's backup.
pub(super) async fn create(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let backup: NewBackup = call.json()?;
    let version = call.app.e2ee.create_backup(&session.user_id, backup).await?;
    Ok(HttpResponse::Ok().json(json!({ "version": version })))
}

/// Tells of the newest version.
pub(super) async fn newest(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    info(&call.app.e2ee.backup(&session.user_id, None).await?)
}

/// Tells of one version.
pub(super) async fn get(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    info(&call.app.e2ee.backup(&session.user_id, Some(call.arg(0)?)).await?)
}

/// Changes what a version is encrypted with.
pub(super) async fn change(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let backup: NewBackup = call.json()?;
    call.app.e2ee.change_backup(&session.user_id, call.arg(0)?, backup).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Deletes a version with its keys.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    call.app.e2ee.delete_backup(&session.user_id, call.arg(0)?).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
