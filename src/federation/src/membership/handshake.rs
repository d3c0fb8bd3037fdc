//! The first half of a handshake: a server in the room says where our event belongs, and we make it.

use std::time::Duration;

use events::version;
use rooms::foreign::{Handshake, Rebuilt};
use ruma::{
    RoomId, RoomVersionId, ServerName, UserId,
    api::federation::membership::{prepare_join_event, prepare_knock_event, prepare_leave_event},
};
use serde_json::value::RawValue;

use crate::{Error, Federation, Result, client::Bounds};

/// A template is an event with at most thirty ids in it.
const TEMPLATE: Bounds = Bounds { bytes: 262_144, time: Duration::from_secs(20) };

/// An event of ours that is ready to be handed over.
pub(super) struct Prepared {
    pub event: Rebuilt,
    pub version: RoomVersionId,
}

impl Federation {
    /// Asks a server for a template and makes our event of it.
    ///
    /// * `known`: the room's version, if we know it.
    ///
    /// # Errors
    /// Those of [`Client::send`](crate::client::Client::send), [`Error::BadAnswer`], and what [`rooms`] refuses to sign.
    pub(super) async fn prepare(
        &self,
        handshake: Handshake,
        server: &ServerName,
        room_id: &RoomId,
        user: &UserId,
        known: Option<&RoomVersionId>,
        reason: Option<String>,
    ) -> Result<Prepared> {
        let (version, template) = self.ask_template(handshake, server, room_id, user).await?;
        let bad = |reason: &str| Error::BadAnswer { server: server.to_owned(), reason: reason.into() };
        let version = match (version, known) {
            (Some(told), Some(known)) if told != *known => return Err(bad("the room is of another version")),
            (_, Some(known)) => known.clone(),
            (Some(told), None) => told,
            // That is what servers say that know no other version than the first.
            (None, None) => return Err(rooms::Error::UnsupportedRoomVersion("1".into()).into()),
        };
        let event = self.inner.rooms.rebuild(handshake, room_id, user, &version, &template, reason).await?;
        Ok(Prepared { event, version })
    }

    async fn ask_template(
        &self,
        handshake: Handshake,
        server: &ServerName,
        room_id: &RoomId,
        user: &UserId,
    ) -> Result<(Option<RoomVersionId>, Box<RawValue>)> {
        let (room_id, user, client) = (room_id.to_owned(), user.to_owned(), &self.inner.client);
        match handshake {
            Handshake::Join => {
                let mut request = prepare_join_event::v1::Request::new(room_id, user);
                request.ver = version::SUPPORTED.to_vec();
                let answer = client.send(server, request, TEMPLATE).await?;
                Ok((answer.room_version, answer.event))
            }
            Handshake::Knock => {
                let mut request = prepare_knock_event::v1::Request::new(room_id, user);
                request.ver = version::SUPPORTED.to_vec();
                let answer = client.send(server, request, TEMPLATE).await?;
                Ok((Some(answer.room_version), answer.event))
            }
            Handshake::Leave => {
                let request = prepare_leave_event::v1::Request::new(room_id, user);
                let answer = client.send(server, request, TEMPLATE).await?;
                Ok((answer.room_version, answer.event))
            }
        }
    }
}

/// The text of an event, to be sent.
pub(super) fn text(event: &events::VerifiedPdu) -> Result<Box<RawValue>> {
    RawValue::from_string(event.json().to_owned()).map_err(|error| Error::Internal(format!("canonical JSON: {error}")))
}
