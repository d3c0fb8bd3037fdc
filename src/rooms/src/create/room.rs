//! Makes the room.

use std::sync::atomic::Ordering;

use events::{canonical, version};
use peerbrain_core::{limits, random};
use ruma::{
    CanonicalJsonValue, MilliSecondsSinceUnixEpoch, OwnedRoomAliasId, OwnedRoomId, OwnedUserId, RoomAliasId, RoomId,
    UInt, UserId,
};
use serde_json::Value;
use store::rooms::room_by_alias;

use crate::{
    Error, Result, Rooms,
    create::{CreateRoom, events_of::Plan, request::Visibility},
    lane::NewRoom,
    membership::MemberContent,
    reserved_alias::check_alias_owner,
    send::aliases_in,
};

impl Rooms {
    /// Makes a room: all of its first events, or none. Users of other servers are not invited by this, but they get the
    /// power that the preset gives to who is invited.
    ///
    /// # Errors
    /// [`Error::AliasInUse`], [`Error::UnsupportedRoomVersion`], [`Error::InvalidRoomState`] where the asked state
    /// contradicts itself, and what is wrong with a parameter.
    pub async fn create(&self, creator: &UserId, request: CreateRoom) -> Result<OwnedRoomId> {
        self.check_bounds(&request)?;
        self.create_unbounded(creator, request).await
    }

    /// The same with as much state as there is: of a room that is to become the successor of another.
    pub(crate) async fn create_unbounded(&self, creator: &UserId, request: CreateRoom) -> Result<OwnedRoomId> {
        let version = request.room_version.clone().unwrap_or_else(|| self.inner.default_version.clone());
        let rules = version::rules(&version).ok_or_else(|| Error::UnsupportedRoomVersion(version.to_string()))?;
        let alias = match &request.room_alias_name {
            Some(name) => Some(self.free_alias(creator, name).await?),
            None => None,
        };
        self.check_initial_state(&request, alias.as_deref())?;
        let plan = Plan {
            rules,
            version: version.as_str(),
            creator,
            request: &request,
            alias: alias.as_deref().map(AsRef::as_ref),
            member: to_value(&MemberContent::of("join"))?,
            invites: self.invites(creator, &request).await?,
        };
        let mut proposals = plan.proposals()?;
        if let Some(first) = proposals.first_mut() {
            first.timestamp = Some(self.creation_time());
        }
        let new = NewRoom {
            room_id: (!version::room_id_is_create_hash(rules)).then(|| self.new_room_id()).transpose()?,
            version: version.clone(),
            published: request.visibility == Visibility::Public,
            aliases: alias.iter().map(|alias| (alias.to_string(), creator.to_string())).collect(),
        };
        let room = self.inner.store.next_nid();
        let sent = self.propose_room(room, proposals, new).await.map_err(|error| match error {
            // What the auth rules refuse in a room of one's own is state that contradicts itself.
            Error::Forbidden(text) => Error::InvalidRoomState(text),
            other => other,
        })?;
        self.settle_profile(room, creator).await;
        let first = sent.into_iter().next().ok_or_else(|| Error::Internal("a room without events".into()))?;
        tracing::info!(room_id = %first.room_id, %version, "room created");
        Ok(first.room_id)
    }

    fn check_bounds(&self, request: &CreateRoom) -> Result<()> {
        if request.invite.len() > limits::INVITES_PER_REQUEST {
            return Err(Error::InvalidParam("too many invites in one request".into()));
        }
        if request.initial_state.len() > limits::INITIAL_STATE_EVENTS {
            return Err(Error::InvalidParam("too much initial state in one request".into()));
        }
        if !request.invite_3pid.is_empty() {
            return Err(Error::Forbidden("invites to addresses need an identity server, and there is none".into()));
        }
        Ok(())
    }

    /// `initial_state` is no way around what the endpoints for members and aliases check. A ban is, of an old room.
    fn check_initial_state(&self, request: &CreateRoom, alias: Option<&RoomAliasId>) -> Result<()> {
        for state in &request.initial_state {
            match state.event_type.as_str() {
                "m.room.member" => {
                    let content = canonical::object(state.content.get())?;
                    if content.get("membership").and_then(CanonicalJsonValue::as_str) != Some("ban") {
                        return Err(Error::InvalidParam("members are invited by `invite`".into()));
                    }
                }
                "m.room.canonical_alias" => {
                    let named = aliases_in(&canonical::object(state.content.get())?)?;
                    let foreign = |named: &&OwnedRoomAliasId| {
                        named.server_name() == self.inner.server_name && Some(named.as_ref()) != alias
                    };
                    if let Some(wrong) = named.iter().find(foreign) {
                        return Err(Error::BadAlias(format!("{wrong} does not point to this room")));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The time of a new room: no two are made in the same millisecond, for the id of a version 12 room follows from what
    /// its first event says.
    fn creation_time(&self) -> MilliSecondsSinceUnixEpoch {
        let now = i64::from(self.inner.clock.now().get());
        let next = |last: i64| Some(now.max(last + 1));
        let last = self.inner.last_created.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).unwrap_or(0);
        MilliSecondsSinceUnixEpoch(UInt::try_from(now.max(last + 1)).unwrap_or_default())
    }

    fn new_room_id(&self) -> Result<OwnedRoomId> {
        let id = format!("!{}:{}", random::opaque_id(&*self.inner.random), self.inner.server_name);
        RoomId::parse(id).map_err(|error| Error::Internal(error.to_string()))
    }

    /// The alias of this local part, if nobody has it.
    async fn free_alias(&self, creator: &UserId, name: &str) -> Result<OwnedRoomAliasId> {
        let invalid = || Error::InvalidParam("`room_alias_name` is the part between # and :".into());
        if name.is_empty() || name.contains([':', '#']) || name.chars().any(char::is_whitespace) {
            return Err(invalid());
        }
        let alias = OwnedRoomAliasId::try_from(format!("#{name}:{}", self.inner.server_name)).map_err(|_| invalid())?;
        check_alias_owner(creator, &alias)?;
        let wanted = alias.clone();
        let taken = self.inner.store.read(move |conn| room_by_alias(conn, wanted.as_str())).await?;
        if taken.is_some() { Err(Error::AliasInUse) } else { Ok(alias) }
    }

    async fn invites(&self, creator: &UserId, request: &CreateRoom) -> Result<Vec<(OwnedUserId, Value)>> {
        let mut invites = Vec::new();
        for user in &request.invite {
            // Servers of others must sign first: those come later, and not by this.
            if user == creator || !self.is_local(user) || invites.iter().any(|(known, _)| known == user) {
                continue;
            }
            self.check_invite(0, user).await?;
            let content = MemberContent { is_direct: request.is_direct.then_some(true), ..MemberContent::of("invite") };
            invites.push((user.clone(), to_value(&content)?));
        }
        Ok(invites)
    }
}

fn to_value(content: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(content).map_err(|error| Error::Internal(error.to_string()))
}
