//! Invites of our users by users of other servers.

use accounts::Limit;
use events::version;
use rooms::foreign::{ForeignInvite, StrippedState};
use ruma::{EventId, RoomId, RoomVersionId, ServerName, api::federation::membership::RawStrippedState};
use serde_json::value::RawValue;

use super::claim::Claim;
use crate::{Error, Federation, Result};

impl Federation {
    /// Takes an invite of one of our users; gives it with our signature.
    ///
    /// # Errors
    /// [`rooms::Error::IncompatibleRoomVersion`]; [`Error::InvalidParam`] for what is no invite, not signed, or comes with
    /// state of another room; what [`Rooms::take_invite`](rooms::Rooms::take_invite) says; [`Error::LimitExceeded`].
    pub async fn take_invite(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        event_id: &EventId,
        version: RoomVersionId,
        event: Box<RawValue>,
        told: Vec<RawStrippedState>,
    ) -> Result<Box<RawValue>> {
        let rules = version::rules(&version).ok_or_else(|| rooms::Error::IncompatibleRoomVersion(version.clone()))?;
        let claim = Claim::of(&event, origin)?;
        if !self.inner.rooms.is_local(&claim.state_key) {
            return Err(Error::InvalidParam("the invited user is not one of this server".into()));
        }
        self.check_origin(origin, room_id, &claim.sender).await?;
        self.inner.accounts.limits().check(Limit::Invite, &claim.sender)?;
        let event = self.checked(event, rules, room_id, event_id).await?;
        let state = match StrippedState::must_be_whole(rules) {
            true => self.shown_whole(told, rules, room_id, &claim.sender).await?,
            false => self.shown(told, rules, room_id, &claim.sender).await,
        };
        let invite = ForeignInvite { event, version, via: origin.to_owned(), state };
        Ok(self.inner.rooms.take_invite(invite).await?)
    }
}
