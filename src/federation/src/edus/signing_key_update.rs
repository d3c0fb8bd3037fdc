//! `m.signing_key_update`: a user has other cross-signing keys (server-server § End-to-End Encryption).

use e2ee::remote::SigningKeyUpdate;
use ruma::{ServerName, api::federation::transactions::edu::SigningKeyUpdateContent, serde::Raw};

use super::require_own;
use crate::{Federation, Result};

/// What it was called before it was specified.
pub(super) const UNSTABLE: &str = "org.matrix.signing_key_update";

/// Takes note of it.
pub(super) async fn receive(
    federation: &Federation,
    origin: &ServerName,
    content: SigningKeyUpdateContent,
) -> Result<()> {
    require_own(origin, &content.user_id)?;
    let update = SigningKeyUpdate {
        user_id: content.user_id,
        master_key: content.master_key.map(Raw::into_json),
        self_signing_key: content.self_signing_key.map(Raw::into_json),
    };
    if federation.inner.e2ee.hear_signing_key_update(update).await? {
        federation.inner.devices.wake();
    }
    Ok(())
}
