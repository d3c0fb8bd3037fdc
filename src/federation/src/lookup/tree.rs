//! `GET /rooms/{roomId}/hierarchy` of clients, with rooms that are not here.
//!
//! The walk is made in `rooms`, on what is here and what others told. It says of which rooms others must be asked; they are
//! asked, all at a time, and it is made again. So nothing is kept between pages but what servers said a moment ago.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use rooms::read::{Hierarchy, HierarchyRequest, MissingRoom, RoomElsewhere, RoomsElsewhere};
use ruma::{OwnedRoomId, OwnedServerName, RoomId, UserId};

use super::space::Space;
use crate::{Error, Federation, Result};

/// How often others are asked for one page.
const ROUNDS: usize = 6;
/// How long a client waits for others.
const PATIENCE: Duration = Duration::from_secs(20);

impl Federation {
    /// A page of the tree below a space, here or elsewhere. What others do not tell in time is left out.
    ///
    /// * `via`: servers that may know the space.
    ///
    /// # Errors
    /// As [`Rooms::hierarchy`](rooms::Rooms::hierarchy).
    pub async fn hierarchy(
        &self,
        user_id: &UserId,
        space: &RoomId,
        via: &[OwnedServerName],
        request: HierarchyRequest,
    ) -> Result<Hierarchy> {
        let (mut told, end) = (RoomsElsewhere::new(), Instant::now() + PATIENCE);
        for _ in 0..ROUNDS {
            let asking = HierarchyRequest { told: Arc::new(told.clone()), ask: true, ..request.clone() };
            let page = self.inner.rooms.hierarchy(user_id, space, asking).await?;
            if page.missing.is_empty() {
                return Ok(page);
            }
            let asked = page.missing.into_iter().map(|missing| self.ask(user_id, space, via, missing, end));
            for (room_id, answer) in join_all(asked).await {
                merge(&mut told, &room_id, answer.as_deref());
            }
        }
        let last = HierarchyRequest { told: Arc::new(told), ask: false, ..request };
        Ok(self.inner.rooms.hierarchy(user_id, space, last).await?)
    }

    async fn ask(
        &self,
        user_id: &UserId,
        space: &RoomId,
        via: &[OwnedServerName],
        missing: MissingRoom,
        end: Instant,
    ) -> (OwnedRoomId, Option<Arc<Space>>) {
        let MissingRoom { room_id, via: mut servers } = missing;
        if *room_id == *space {
            servers.extend_from_slice(via);
        }
        let answer = async {
            let open = self.inner.rooms.foreign_member(user_id, &room_id).await?;
            let servers = self.candidates(&room_id, servers, open.as_ref()).await?;
            self.space(&room_id, servers).await
        };
        let left = end.saturating_duration_since(Instant::now());
        let answer: Result<Arc<Space>> = match tokio::time::timeout(left, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::NotFound("nobody has told of the room in time".into())),
        };
        (room_id, answer.ok())
    }
}

/// Adds what was told of a room and its children. What is known of a child by its own answer stays.
fn merge(told: &mut RoomsElsewhere, room_id: &RoomId, answer: Option<&Space>) {
    let Some(Space { room, children, inaccessible }) = answer else {
        match told.get_mut(room_id.as_str()) {
            // Its parent has told of it.
            Some(Some(room)) => room.children_state = Some(Vec::new()),
            _ => drop(told.insert(room_id.to_string(), None)),
        }
        return;
    };
    for summary in children {
        let child = RoomElsewhere { summary: summary.clone(), children_state: None };
        told.entry(summary.room_id.clone()).or_insert(Some(child));
    }
    for id in inaccessible {
        told.entry(id.clone()).or_insert(None);
    }
    told.insert(room_id.to_string(), Some(room.clone()));
}
