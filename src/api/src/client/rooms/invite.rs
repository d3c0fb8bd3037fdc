//! `POST /rooms/{roomId}/invite`.

use std::sync::Arc;

use accounts::Limit;
use rooms::foreign::InviteContent;
use ruma::api::client::membership::invite_user::v3::{self, InvitationRecipient};

use crate::{App, Error, Result, bridge::Ruma};

/// Invites a user.
pub(super) async fn invite(app: Arc<App>, request: Ruma<v3::Request>) -> Result<v3::Response> {
    let Ruma { body, caller, .. } = request;
    caller.require_active()?;
    app.accounts.limits().check(Limit::Invite, &caller.user_id)?;
    let InvitationRecipient::UserId(target) = body.recipient else {
        return Err(Error::forbidden("Invites to addresses need an identity server, and there is none"));
    };
    let content = InviteContent { reason: target.reason, ..InviteContent::default() };
    app.federation.invite(&body.room_id, &caller.user_id, &target.user_id, content).await?;
    Ok(v3::Response::new())
}
