//! Who reads, and how reads reach the database.

use std::collections::HashSet;

use ruma::{OwnedDeviceId, OwnedUserId, RoomId};
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{EventFlags, RoomRow, StoredEvent, room_by_id},
};

use super::{
    client_form::{ClientForm, Related},
    viewer::Viewer,
    visibility::Seen,
};
use crate::{
    Error, Result, Rooms,
    relations::{Bundles, Parent},
    rules_of,
};

/// Who reads.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The user.
    pub user_id: OwnedUserId,
    /// The device, which is told the transaction ids of its own events.
    pub device_id: Option<OwnedDeviceId>,
    /// Users of whom nothing is shown but state (client-server § Ignoring users).
    pub ignored: HashSet<OwnedUserId>,
}

/// One reader in one room, inside a read.
pub(super) struct Sight<'a> {
    pub rooms: &'a Rooms,
    pub conn: &'a mut Conn,
    pub reader: &'a Reader,
    pub room: RoomRow,
    pub viewer: Viewer,
}

impl Rooms {
    /// Runs a read of this crate on a connection.
    pub(crate) async fn reading<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Rooms, &mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let rooms = self.clone();
        self.store().read(move |conn| store_errors_out(f(&rooms, conn))).await?
    }

    /// The same with a reader who may read the room.
    pub(super) async fn reading_room<T: Send + 'static>(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        f: impl FnOnce(&mut Sight<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reader, room_id) = (reader.clone(), room_id.to_owned());
        self.reading(move |rooms, conn| {
            // What is unknown here is answered like what is closed to the reader.
            let room = room_by_id(conn, room_id.as_str())?.ok_or_else(no_member)?;
            let viewer = Viewer::of(conn, rooms, &room, &reader.user_id)?;
            viewer.require_read()?;
            f(&mut Sight { rooms, conn, reader: &reader, room, viewer })
        })
        .await
    }
}

pub(crate) fn no_member() -> Error {
    Error::Forbidden("you are not a member of the room".into())
}

/// Errors of the store go the store's way, so that it notices a dead connection.
pub(crate) fn store_errors_out<T>(outcome: Result<T>) -> store::Result<Result<T>> {
    match outcome {
        Err(Error::Store(error)) => Err(error),
        outcome => Ok(outcome),
    }
}

impl Sight<'_> {
    /// Writes what the reader has been found to see, with what is bundled with it.
    pub fn write_seen(&mut self, seen: &[Seen]) -> Result<Vec<Box<RawValue>>> {
        let bundles = self.bundles(seen)?;
        self.write_with(seen, &bundles)
    }

    /// What is bundled with these events.
    pub fn bundles(&mut self, seen: &[Seen]) -> Result<Bundles> {
        let (viewer, reader) = (&self.viewer, self.reader);
        let parent = |seen: &Seen| Parent { nid: seen.event.nid, flags: EventFlags(seen.event.flags), viewer };
        Bundles::read(self.conn, self.rooms, reader.user_id.as_str(), &reader.ignored, seen.iter().map(parent))
    }

    /// Writes what the reader has been found to see, with what was found to be bundled with it.
    pub fn write_with(&mut self, seen: &[Seen], bundles: &Bundles) -> Result<Vec<Box<RawValue>>> {
        let related = Related::load(self.conn, self.rooms.events(), seen.iter().map(|seen| &seen.event))?;
        self.with_form(|form| {
            let write = |seen: &Seen| {
                let relations = bundles.json(seen.event.nid, form)?;
                related.write_with(&seen.event, Some(seen.membership), relations.as_deref(), form)
            };
            seen.iter().map(write).collect()
        })
    }

    /// Writes one event that the reader has been found to see.
    pub fn write_one(&mut self, seen: &Seen) -> Result<Box<RawValue>> {
        let written = self.write_seen(std::slice::from_ref(seen))?.pop();
        written.ok_or_else(|| Error::Internal("an event was not written".into()))
    }

    /// Writes parts of a state, without what they replaced.
    pub fn write_state(&mut self, events: &[StoredEvent]) -> Result<Vec<Box<RawValue>>> {
        let related = Related::redactions(self.conn, self.rooms.events(), events)?;
        self.with_form(|form| events.iter().map(|event| related.write(event, None, form)).collect())
    }

    /// Runs `f` with the form in which this reader gets events of this room.
    pub fn with_form<T>(&self, f: impl FnOnce(&ClientForm<'_>) -> Result<T>) -> Result<T> {
        let room_id = <&RoomId>::try_from(self.room.room_id.as_str())
            .map_err(|_| Error::Internal(format!("stored room id {:?}", self.room.room_id)))?;
        f(&ClientForm {
            rules: rules_of(&self.room)?,
            room_id: Some(room_id),
            user_id: &self.reader.user_id,
            device_id: self.reader.device_id.as_deref(),
            now: self.rooms.inner.clock.now_ms(),
        })
    }
}
