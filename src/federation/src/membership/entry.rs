//! The way into a room through one server.

use events::VerifiedPdu;
use rooms::{
    Adoption,
    foreign::{Handshake, Rebuilt},
};
use ruma::{
    RoomId, RoomVersionId, ServerName, UserId,
    api::federation::membership::create_join_event::v2::{Request, RoomState},
};
use serde_json::value::RawValue;

use super::handshake::text;
use crate::{Error, Federation, Result};

impl Federation {
    /// Joins a user of ours to a room with the help of a server.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send), [`Error::BadAnswer`], and what [`rooms`] refuses to sign or to
    /// take in.
    pub(super) async fn join_through(
        &self,
        server: &ServerName,
        room_id: &RoomId,
        user: &UserId,
        reason: Option<String>,
    ) -> Result<()> {
        let known = self.known_version(room_id).await?;
        let prepared = self.prepare(Handshake::Join, server, room_id, user, known.as_ref(), reason).await?;
        let Rebuilt { event, rules, .. } = &prepared.event;
        let request = Request::new(room_id.to_owned(), event.event_id().to_owned(), text(event)?);
        let place = self.inner.entries.place();
        let (RoomState { members_omitted, event, .. }, told) = self.take_in(server, request, rules, &place).await?;
        let bad = |reason: &str| Error::BadAnswer { server: server.to_owned(), reason: reason.into() };
        if members_omitted {
            return Err(bad("members were left out, which was not asked for"));
        }
        let join = self.accepted(server, &prepared.event, event.as_deref()).await?;
        let whole = told.state_len();
        let (state, auth_chain) = told.finish(room_id, server).await;
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
