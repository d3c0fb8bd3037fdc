//! `DELETE /room_keys/keys`, `/room_keys/keys/{roomId}` and `/room_keys/keys/{roomId}/{sessionId}`.

use accounts::Limit;
use actix_web::HttpResponse;

use super::{changed, place, version};
use crate::{
    Result,
    bridge::Call,
    client::arguments::{limit_user, required_session},
};

/// Deletes all keys of a version, those of a room, or one.
pub(super) async fn delete(call: Call) -> Result<HttpResponse> {
    let session = required_session(&call).await?;
    limit_user(&call, Limit::Write, &session)?;
    let state = call.app.e2ee.delete_backup_keys(&session.user_id, &version(&call)?, place(&call)).await?;
    Ok(changed(state))
}
