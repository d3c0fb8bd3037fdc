//! `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`.

use events::{canonical, validate};
use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, MilliSecondsSinceUnixEpoch, RoomId, UserId, events::TimelineEventType,
};
use serde_json::value::RawValue;
use store::rooms::Membership;

use crate::{Error, Result, Rooms, Sent, lane::Proposal, membership::MemberContent};

impl Rooms {
    /// Sets a key of the room's state. A state event that says what its key holds already, from the same sender, is
    /// not sent again.
    ///
    /// # Errors
    /// What the content does wrong, [`Error::BadAlias`] for aliases that do not point here, or [`Error::Forbidden`] by
    /// the auth rules. Nothing is changed then.
    pub async fn send_state(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        event_type: TimelineEventType,
        state_key: &str,
        content: &RawValue,
        timestamp: Option<MilliSecondsSinceUnixEpoch>,
    ) -> Result<Sent> {
        let mut content = validate::client_content(&event_type, Some(state_key), content)?;
        let room = self.writable(room_id).await?;
        match event_type {
            TimelineEventType::RoomCanonicalAlias => self.check_canonical_alias(room, &content).await?,
            TimelineEventType::RoomMember => self.complete_member(room, state_key, &mut content).await?,
            _ => {}
        }
        let state = Proposal::state(sender.to_owned(), event_type.clone(), state_key, content);
        let sent = self.propose_one(room, Proposal { timestamp, ..state }).await?;
        self.guests_may_have_to_leave(room, &event_type);
        Ok(sent)
    }

    /// A membership set by hand gets what the endpoints for memberships would have added.
    async fn complete_member(&self, room: i64, state_key: &str, content: &mut CanonicalJsonObject) -> Result<()> {
        let user = UserId::parse(state_key).map_err(|_| Error::InvalidParam("the state key is no user id".into()))?;
        // Who vouches for a restricted join is for us to say: we sign it, and others believe it.
        content.remove("join_authorised_via_users_server");
        match content.get("membership").and_then(CanonicalJsonValue::as_str) {
            Some("invite") => self.check_invite(room, &user).await,
            Some("join") if self.is_local(&user) => {
                let (displayname, avatar_url) = self.inner.accounts.member_profile(&user).await?;
                let mut member = MemberContent { displayname, avatar_url, ..MemberContent::of("join") };
                if !matches!(self.membership_of(room, &user).await?, Some(Membership::Join | Membership::Invite)) {
                    member.join_authorised_via_users_server = self.authorising_user(room, &user).await?;
                }
                for (key, value) in canonical::object_from(&member)? {
                    content.entry(key).or_insert(value);
                }
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(Error::BadJson("an m.room.member states a membership".into())),
        }
    }
}
