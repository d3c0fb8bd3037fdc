//! `exchange_third_party_invite`: somebody who was invited by an address has shown to own it, and is invited by their user
//! id now (server-server §third-party-invites).

use std::collections::HashSet;

use rooms::{foreign::InviteContent, read::Reader};
use ruma::{RoomId, ServerName, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Federation, Result};

/// What is taken over of such an invite. The auth rules check what was signed. How the address is shown the room knows, and
/// many servers do not say it.
#[derive(Debug, Deserialize, Serialize)]
struct ThirdPartyInvite {
    #[serde(default)]
    display_name: String,
    signed: Signed,
}

/// What is read of the `m.room.third_party_invite`.
#[derive(Deserialize)]
struct Shown {
    display_name: Option<String>,
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
        let mut invite: ThirdPartyInvite =
            serde_json::from_value(invite).map_err(|error| Error::InvalidParam(error.to_string()))?;
        if let Some(name) = self.shown_address(room_id, sender, &invite.signed.token).await? {
            invite.display_name = name;
        }
        let invite = serde_json::to_value(invite).map_err(|error| Error::Internal(error.to_string()))?;
        let content = InviteContent { third_party_invite: Some(invite), ..InviteContent::default() };
        self.invite(room_id, sender, target, content).await
    }

    /// How the room shows the address that was invited with this token.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where none was.
    async fn shown_address(&self, room_id: &RoomId, sender: &UserId, token: &str) -> Result<Option<String>> {
        let reader = Reader { user_id: sender.to_owned(), device_id: None, ignored: HashSet::new() };
        let held = self.inner.rooms.state_event(&reader, room_id, "m.room.third_party_invite", token, false).await;
        match held {
            Ok(content) => {
                Ok(serde_json::from_str::<Shown>(content.get()).ok().and_then(|content| content.display_name))
            }
            Err(rooms::Error::NotFound(_)) => Err(Error::Forbidden("no address was invited with this token".into())),
            Err(error) => Err(error.into()),
        }
    }
}
