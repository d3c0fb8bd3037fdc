//! Where our users stand in rooms that are not here: invited, knocking, or no longer. Who comes into the room stands in it
//! by its own events from then on, and what is noted here goes.

use events::{EventBuilder, VerifiedPdu, canonical, countersign, version};
use ruma::{
    OwnedEventId, OwnedServerName, RoomId, RoomVersionId, ServerName, UserId, events::TimelineEventType,
    room_version_rules::RoomVersionRules,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{
    moderation,
    rooms::{
        ForeignMember, Membership, foreign_count, foreign_member, foreign_standing, forget_foreign, keep_foreign,
        leave_foreign, member, room_by_id,
    },
};

use super::{StrippedState, accept::check_member};
use crate::{Error, Result, Rooms, membership::MemberContent};

/// How many invites and knocks of one user may wait for an answer. Anybody can invite anybody.
const OPEN: i64 = 1_000;

/// An invite that has reached us from a room that may not be here.
#[derive(Clone, Debug)]
pub struct ForeignInvite {
    /// The event; its signatures were checked.
    pub event: VerifiedPdu,
    /// The room's version.
    pub version: RoomVersionId,
    /// The server that sent it.
    pub via: OwnedServerName,
    /// What it tells of the room.
    pub state: StrippedState,
}

/// What becomes of a row that is to be written.
enum Kept {
    Written,
    TooMany,
    Blocked,
}

impl Rooms {
    /// Takes an invite of one of our users, and gives the event with our signature. A user who may not be invited hears
    /// nothing of it. An invite to a room that is here is only signed: it comes into the room like any other event.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for what is no invite of a user of ours by a user of that server;
    /// [`Error::InviteBlocked`]; [`Error::Forbidden`] where there is no such user, or the room is blocked here;
    /// [`Error::Busy`] for too many invites that nobody has answered.
    pub async fn take_invite(&self, invite: ForeignInvite) -> Result<Box<RawValue>> {
        let ForeignInvite { event, version, via, state } = invite;
        let rules = version::rules(&version).ok_or_else(|| Error::UnsupportedRoomVersion(version.to_string()))?;
        let ours = |sender: &UserId, target: &UserId| sender.server_name() == via && self.is_local(target);
        check_member(&event, "invite", ours)?;
        let target = UserId::parse(event.state_key().unwrap_or_default());
        let target = target.map_err(|error| Error::InvalidParam(error.to_string()))?;
        if !self.inner.accounts.is_active(&target).await? {
            return Err(Error::Forbidden("nobody of this name takes invites".into()));
        }
        if self.inner.accounts.preferences(&target).await?.invites_blocked {
            return Err(Error::InviteBlocked);
        }
        let signed = countersign(event.json(), rules, &self.inner.server_name, &self.inner.key)?;
        if !self.is_resident(event.room_id()).await? {
            self.keep(Membership::Invite, &target, &event, &version, &via, &state).await?;
        }
        RawValue::from_string(signed).map_err(|error| Error::Internal(format!("canonical JSON: {error}")))
    }

    /// Notes that a knock of one of our users was sent to a room that is not here.
    ///
    /// # Errors
    /// As [`Rooms::take_invite`] for too many and blocked rooms.
    pub async fn keep_knock(
        &self,
        knock: &VerifiedPdu,
        version: &RoomVersionId,
        via: &ServerName,
        state: &StrippedState,
    ) -> Result<()> {
        self.keep(Membership::Knock, knock.sender(), knock, version, via, state).await
    }

    async fn keep(
        &self,
        membership: Membership,
        user: &UserId,
        event: &VerifiedPdu,
        version: &RoomVersionId,
        via: &ServerName,
        state: &StrippedState,
    ) -> Result<()> {
        let row = ForeignMember {
            user_id: user.to_string(),
            room_id: event.room_id().to_string(),
            membership: membership as i16,
            position: 0,
            version: version.to_string(),
            sender: event.sender().to_string(),
            via: via.to_string(),
            event_id: event.event_id().to_string(),
            json: event.json().to_owned(),
            state: state.text()?,
        };
        let kept = self.inner.store.write(move |tx| {
            if moderation::is_blocked(tx.conn(), &row.room_id)? {
                return Ok(Kept::Blocked);
            }
            if let Some(room) = room_by_id(tx.conn(), &row.room_id)?
                && let Some(known) = member(tx.conn(), room.nid, &row.user_id)?
                && known.membership() == Membership::Join
            {
                // They have come in meanwhile.
                return Ok(Kept::Written);
            }
            let known = foreign_member(tx.conn(), &row.user_id, &row.room_id)?;
            if known.is_some_and(|known| known.event_id == row.event_id) {
                return Ok(Kept::Written);
            }
            if foreign_count(tx.conn(), &row.user_id)? >= OPEN {
                return Ok(Kept::TooMany);
            }
            keep_foreign(tx, &row).map(|()| Kept::Written)
        });
        match kept.await? {
            Kept::Written => Ok(()),
            Kept::TooMany => Err(Error::Busy),
            Kept::Blocked => Err(Error::Forbidden("this room has been blocked on this server".into())),
        }
    }

    /// Where a user of ours stands in a room that is not here, if anything is known of that.
    pub async fn foreign_member(&self, user: &UserId, room_id: &RoomId) -> Result<Option<ForeignMember>> {
        let (user, room_id) = (user.to_owned(), room_id.to_owned());
        Ok(self.inner.store.read(move |conn| foreign_member(conn, user.as_str(), room_id.as_str())).await?)
    }

    /// The rooms elsewhere to which a user of ours is invited, or has knocked, and that wait for an answer.
    pub async fn open_elsewhere(&self, user: &UserId) -> Result<Vec<String>> {
        let user = user.to_owned();
        let open = self.inner.store.read(move |conn| foreign_standing(conn, user.as_str())).await?;
        Ok(open.into_iter().map(|member| member.room_id).collect())
    }

    /// Notes that an invite or knock is over by this event, a leave or ban of the user. False where it was another one
    /// than `open` by then.
    pub async fn end_foreign(&self, open: ForeignMember, end: &VerifiedPdu) -> Result<bool> {
        let (id, sender, json) = (end.event_id().to_owned(), end.sender().to_owned(), end.json().to_owned());
        let write = move |tx: &mut store::Tx<'_>| leave_foreign(tx, &open, id.as_str(), sender.as_str(), &json);
        Ok(self.inner.store.write(write).await?)
    }

    /// The event by which a user leaves a room that nobody could be told of it: it stands on the invite or knock alone, and
    /// goes nowhere.
    pub fn lonely_leave(&self, open: &ForeignMember, reason: Option<String>) -> Result<VerifiedPdu> {
        #[derive(Deserialize)]
        struct Place {
            auth_events: Vec<OwnedEventId>,
            depth: i64,
        }
        let stored = |what: &str| Error::Internal(format!("stored membership in {}: {what}", open.room_id));
        let place: Place = serde_json::from_str(&open.json).map_err(|error| stored(&error.to_string()))?;
        let user = UserId::parse(&*open.user_id).map_err(|_| stored("user"))?;
        let before: OwnedEventId = open.event_id.as_str().try_into().map_err(|_| stored("event id"))?;
        let content = MemberContent { reason, ..MemberContent::of("leave") };
        let builder = EventBuilder {
            room_id: Some(RoomId::parse(&*open.room_id).map_err(|_| stored("room id"))?),
            sender: user.clone(),
            event_type: TimelineEventType::RoomMember,
            state_key: Some(user.to_string()),
            content: canonical::object_from(&content)?,
            prev_events: vec![before],
            auth_events: place.auth_events.into_iter().take(peerbrain_core::limits::AUTH_EVENTS_RECEIVED).collect(),
            depth: place.depth.saturating_add(1),
            origin_server_ts: self.inner.clock.now(),
            redacts: None,
        };
        Ok(builder.build(foreign_rules(open)?, &self.inner.key)?)
    }

    /// Forgets how it ended with a room that is not here. False where nothing is known of it.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an invite or knock that waits for an answer.
    pub(crate) async fn forget_foreign(&self, room_id: &RoomId, user: &UserId) -> Result<bool> {
        let Some(known) = self.foreign_member(user, room_id).await? else { return Ok(false) };
        if known.is_open() {
            return Err(Error::Unknown("leave the room first".into()));
        }
        let write = move |tx: &mut store::Tx<'_>| forget_foreign(tx, &known.user_id, &known.room_id);
        Ok(self.inner.store.write(write).await?)
    }
}

/// The rules of such a room.
pub fn foreign_rules(member: &ForeignMember) -> Result<&'static RoomVersionRules> {
    let version = RoomVersionId::try_from(member.version.as_str()).ok();
    version.as_ref().and_then(version::rules).ok_or_else(|| Error::UnsupportedRoomVersion(member.version.clone()))
}
