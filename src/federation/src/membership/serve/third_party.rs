//! `exchange_third_party_invite`: somebody who was invited by an address has shown to own it, and is invited by their user
//! id now (server-server §third-party-invites).

use rooms::foreign::InviteContent;
use ruma::{RoomId, ServerName, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Federation, Result};

/// What is taken over of such an invite. The auth rules check what was signed.
#[derive(Debug, Deserialize, Serialize)]
struct ThirdPartyInvite {
    display_name: String,
    signed: Signed,
}

#[derive(Debug, Deserialize, Serialize)]
struct Signed {
    mxid: String,
    signatures: Value,
    token: String,
}

impl Federation {
    /// Invites who has shown to own an address, in the name of our user who had invited the address.
    ///
    /// * `content`: of the invite as the other server would have it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where `sender` is none of ours or the rules do not allow it, [`Error::InvalidParam`] for
    /// another content, [`Error::LimitExceeded`], and what the invited server says.
    pub async fn exchange_third_party_invite(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        content: &Value,
    ) -> Result<()> {
        self.check_origin(origin, room_id, target).await?;
        if !self.inner.rooms.is_local(sender) {
            return Err(Error::Forbidden("the one who invites is not a user of this server".into()));
        }
        let invite = content.get("third_party_invite").cloned().unwrap_or_default();
        let invite: ThirdPartyInvite =
            serde_json::from_value(invite).map_err(|error| Error::InvalidParam(error.to_string()))?;
        let invite = serde_json::to_value(invite).map_err(|error| Error::Internal(error.to_string()))?;
        let content = InviteContent { third_party_invite: Some(invite), ..InviteContent::default() };
        self.invite(room_id, sender, target, content).await
    }
}
