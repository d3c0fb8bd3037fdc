//! Our users invite others.

use std::{collections::BTreeMap, time::Duration};

use events::{Countersignatures, VerifiedPdu};
use rooms::foreign::{DraftedInvite, InviteContent};
use ruma::{
    OwnedEventId, RoomId, ServerName, UserId,
    api::federation::membership::{RawStrippedState, create_invite},
    room_version_rules::RoomVersionRules,
};
use serde_json::value::RawValue;

use super::handshake::text;
use crate::{Error, Federation, Result, client::Bounds, keys::Wanted};

/// The answer is the event once more.
const SIGNED: Bounds = Bounds { bytes: 262_144, time: Duration::from_secs(20) };

impl Federation {
    /// Invites a user of this server or of another.
    ///
    /// # Errors
    /// What [`Rooms::invite`](rooms::Rooms::invite) says; [`Error::NotAllowed`], and what the other server answers.
    pub async fn invite(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        content: InviteContent,
    ) -> Result<()> {
        if self.inner.rooms.is_local(target) {
            return Ok(self.inner.rooms.invite(room_id, sender, target, content.reason).await?);
        }
        self.invite_elsewhere(room_id, sender, target, content).await.map(drop)
    }

    /// Invites a user of another server, and gives the id of the invite.
    ///
    /// # Errors
    /// As [`Self::invite`].
    pub async fn invite_elsewhere(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        target: &UserId,
        content: InviteContent,
    ) -> Result<OwnedEventId> {
        self.require_allowed(target.server_name())?;
        let invite = self.inner.rooms.draft_invite(room_id, sender, target, content).await?;
        let server = target.server_name();
        let copy = self.have_signed(server, room_id, &invite).await?;
        let signed = self.countersigned(&invite.event, server, &copy, invite.rules).await?;
        Ok(self.inner.rooms.send_invite(room_id, signed).await?.event_id)
    }

    /// Hands an invite to the invited server. The first version of this request is for rooms that are not spoken here.
    async fn have_signed(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        invite: &DraftedInvite,
    ) -> Result<Box<RawValue>> {
        let state = invite.state.iter().map(|event| RawStrippedState::Pdu(event.clone())).collect();
        let request = create_invite::v2::Request::new(
            room_id.to_owned(),
            invite.event.event_id().to_owned(),
            invite.version.clone(),
            text(&invite.event)?,
            state,
        );
        Ok(self.inner.client.send(server, request, SIGNED).await?.event)
    }

    /// An event of ours with the signatures that another server has put on its copy of it. Nothing else of the copy
    /// counts.
    ///
    /// # Errors
    /// [`events::Error::Signature`] where it has not signed it with a key that is good.
    pub(super) async fn countersigned(
        &self,
        event: &VerifiedPdu,
        server: &ServerName,
        copy: &RawValue,
        rules: &RoomVersionRules,
    ) -> Result<VerifiedPdu> {
        let bad = |error: events::Error| Error::BadAnswer { server: server.to_owned(), reason: error.to_string() };
        let signatures = Countersignatures::of(server, copy.get()).map_err(bad)?;
        let moment = event.origin_server_ts();
        let wanted: BTreeMap<_, _> = signatures.keys().map(|key| (key, moment)).collect();
        let keys = self.inner.keys.get(&Wanted::from([(server.to_owned(), wanted)])).await;
        event.with_signatures(server, &signatures, rules, |id| keys.at(server, id, moment).cloned()).map_err(bad)
    }
}
