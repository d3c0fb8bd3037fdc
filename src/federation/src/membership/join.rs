//! Joins of our users.

use std::{collections::HashSet, time::Duration};

use events::{Provenance, VerifiedPdu};
use rooms::{
    Adoption,
    foreign::{Handshake, Rebuilt},
};
use ruma::{
    OwnedRoomId, OwnedServerName, OwnedUserId, RoomId, RoomVersionId, ServerName, UserId,
    api::federation::membership::create_join_event,
};
use serde_json::value::RawValue;
use store::{accounts::users, moderation};
use tokio::time::Instant;

use super::{failure::Failure, handshake::text};
use crate::{Error, Federation, Result, client::Bounds};

/// The state of a room of some ten thousand members.
const ENTRY: Bounds = Bounds { bytes: 128 << 20, time: Duration::from_secs(180) };

/// After this long no further server is tried.
const PATIENCE: Duration = Duration::from_secs(120);

impl Federation {
    /// Joins a user of ours to a room, here or elsewhere. Who is joined already stays so. It goes on when the caller does
    /// not wait for it any more.
    ///
    /// * `via`: servers that may be in the room.
    ///
    /// # Errors
    /// What [`Rooms::join`](rooms::Rooms::join) says; [`Error::NotFound`] where no server is known that is in the room;
    /// otherwise what tells most of why none of them could help.
    pub async fn join(
        &self,
        room_id: &RoomId,
        user: &UserId,
        via: Vec<OwnedServerName>,
        reason: Option<String>,
    ) -> Result<()> {
        let (federation, room_id, user) = (self.clone(), room_id.to_owned(), user.to_owned());
        let join = async move { federation.join_anywhere(room_id, user, via, reason).await };
        self.inner.runtime.spawn(join).await.map_err(|error| Error::Internal(error.to_string()))?
    }

    async fn join_anywhere(
        self,
        room_id: OwnedRoomId,
        user: OwnedUserId,
        via: Vec<OwnedServerName>,
        reason: Option<String>,
    ) -> Result<()> {
        let rooms = &self.inner.rooms;
        let open = rooms.foreign_member(&user, &room_id).await?.filter(|member| member.is_open());
        let mut refusal = None;
        let mut turn = None;
        loop {
            if rooms.is_resident(&room_id).await? {
                match rooms.join(&room_id, &user, reason.clone()).await {
                    Err(error) if others_may(&error, open.is_some()) => refusal = Some(error),
                    outcome => return Ok(outcome?),
                }
            }
            // While this one waited, another may have brought the room here.
            if turn.is_some() {
                break;
            }
            turn = Some(self.inner.turns.wait(&room_id).await);
        }
        let candidates = self.candidates(&room_id, via, open.as_ref()).await?;
        if let Some(error) = refusal.take_if(|_| candidates.is_empty()) {
            return Err(rooms::Error::Forbidden(error.to_string()).into());
        }
        self.check_may_enter(&room_id, &user).await?;
        let (started, mut failure) = (Instant::now(), Failure::default());
        for server in candidates {
            match self.join_through(&server, &room_id, &user, reason.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) => failure.note(&server, error),
            }
            if started.elapsed() > PATIENCE {
                break;
            }
        }
        Err(failure.into_error())
    }

    /// What keeps a user out of rooms elsewhere: that the operator has blocked the room, or that they are a guest.
    pub(super) async fn check_may_enter(&self, room_id: &RoomId, user: &UserId) -> Result<()> {
        let (room_id, user) = (room_id.to_string(), user.to_string());
        let read = self
            .inner
            .store
            .read(move |conn| Ok((moderation::is_blocked(conn, &room_id)?, users::is_guest(conn, &user)?)));
        match read.await? {
            (true, _) => Err(Error::Forbidden("this room has been blocked on this server".into())),
            (_, true) => Err(Error::Forbidden("guests may not enter rooms on other servers".into())),
            _ => Ok(()),
        }
    }

    async fn join_through(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        user: &UserId,
        reason: Option<String>,
    ) -> Result<()> {
        let known = self.known_version(room_id).await?;
        let prepared = self.prepare(Handshake::Join, server, room_id, user, known.as_ref(), reason).await?;
        let Rebuilt { event, rules, .. } = &prepared.event;
        let request =
            create_join_event::v2::Request::new(room_id.to_owned(), event.event_id().to_owned(), text(event)?);
        let place = self.inner.entries.place();
        let told = self.inner.client.send_large(server, request, ENTRY, &place).await?.room_state;
        let bad = |reason: &str| Error::BadAnswer { server: server.to_owned(), reason: reason.into() };
        if told.members_omitted {
            return Err(bad("members were left out, which was not asked for"));
        }
        let join = self.accepted(server, &prepared.event, told.event.as_deref()).await?;
        let (whole, auth_chain) = (told.state.len(), without(told.auth_chain, &told.state));
        let (state, auth_chain) = tokio::join!(
            self.inner.verifier.verify(rules, told.state, Provenance::History),
            self.inner.verifier.verify(rules, auth_chain, Provenance::History),
        );
        let good = |events: Vec<crate::Checked>| -> Vec<VerifiedPdu> {
            let dropped = |error: &events::Error| tracing::info!(%room_id, %server, %error, "an event was left out");
            events.into_iter().filter_map(|checked| checked.outcome.inspect_err(dropped).ok()).collect()
        };
        let (state, auth_chain) = (good(state), good(auth_chain));
        if (whole - state.len()) * 10 > whole {
            return Err(bad("much of the state cannot be verified"));
        }
        let adoption =
            Adoption { room_id: room_id.to_owned(), version: prepared.version.clone(), state, auth_chain, join };
        self.inner.rooms.adopt(adoption).await?;
        drop(place);
        tracing::info!(%room_id, %server, "a room elsewhere was joined");
        Ok(())
    }

    /// Our join, with the signature of the server that vouches for it if the room is restricted.
    async fn accepted(&self, server: &ServerName, join: &Rebuilt, copy: Option<&RawValue>) -> Result<VerifiedPdu> {
        let Some(vouching) = &join.authorised_by else { return Ok(join.event.clone()) };
        let copy = copy.ok_or_else(|| Error::BadAnswer {
            server: server.to_owned(),
            reason: "the join of a restricted room has not been signed".into(),
        })?;
        self.countersigned(&join.event, vouching.server_name(), copy, join.rules).await
    }

    /// The version of a room that has been here.
    async fn known_version(&self, room_id: &RoomId) -> Result<Option<RoomVersionId>> {
        match self.inner.rooms.room(room_id).await {
            Ok(room) => Ok(RoomVersionId::try_from(room.version.as_str()).ok()),
            Err(rooms::Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The events that are not among others: many servers tell those of the state twice.
fn without(events: Vec<Box<RawValue>>, others: &[Box<RawValue>]) -> Vec<Box<RawValue>> {
    let others: HashSet<&str> = others.iter().map(|event| event.get()).collect();
    events.into_iter().filter(|event| !others.contains(event.get())).collect()
}

/// Whether another server may let in whom this one cannot.
fn others_may(error: &rooms::Error, invited: bool) -> bool {
    match error {
        rooms::Error::UnableToAuthoriseJoin | rooms::Error::UnableToGrantJoin => true,
        // The invite has not reached the room here.
        rooms::Error::Forbidden(_) => invited,
        _ => false,
    }
}
