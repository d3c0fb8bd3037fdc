//! Guests leave where they are not let in any more (client-server §guest-access).

use std::collections::HashMap;

use ruma::{RoomId, UserId, events::TimelineEventType};
use serde::Deserialize;
use store::{
    Conn,
    accounts::users::guests_in_rooms,
    rooms::{current_event, room_by_nid},
};

use crate::{Error, Result, Rooms, read::content};

/// Guests of one round; there is another round as long as there are any.
const ROUND: i64 = 1_000;

impl Rooms {
    /// After a state event of this type: if it can have closed the room to guests, they leave, behind the caller's back.
    pub(crate) fn guests_may_have_to_leave(&self, room: i64, event_type: &TimelineEventType) {
        if *event_type != TimelineEventType::RoomGuestAccess {
            return;
        }
        let rooms = self.clone();
        self.inner.runtime.spawn(async move {
            if let Err(error) = rooms.send_guests_away(Some(room)).await {
                tracing::warn!(room, %error, "guests could not be sent away; it is tried again within the hour");
            }
        });
    }

    /// Makes guests leave the room, or all rooms, that do not let guests in. To be called now and then for all rooms: after
    /// a crash some may have stayed.
    pub async fn send_guests_away(&self, room: Option<i64>) -> Result<()> {
        loop {
            let unwelcome = self.inner.store.read(move |conn| unwelcome_guests(conn, room)).await?;
            let mut gone = 0;
            for (room_id, guest) in &unwelcome {
                let (Ok(room_id), Ok(guest)) = (RoomId::parse(room_id), UserId::parse(guest)) else { continue };
                match self.leave(&room_id, &guest, None).await {
                    Ok(()) => gone += 1,
                    Err(error) if error.may_pass() || matches!(error, Error::Internal(_)) => return Err(error),
                    Err(error) => tracing::warn!(%room_id, %error, "a guest could not leave a room"),
                }
            }
            if gone == 0 || i64::try_from(unwelcome.len()).is_ok_and(|found| found < ROUND) {
                return Ok(());
            }
        }
    }
}

fn unwelcome_guests(conn: &mut Conn, room: Option<i64>) -> store::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut closed: HashMap<i64, Option<String>> = HashMap::new();
    for (room, guest) in guests_in_rooms(conn, room, ROUND)? {
        let room_id = match closed.get(&room) {
            Some(known) => known.clone(),
            None => closed.entry(room).or_insert(closed_to_guests(conn, room)?).clone(),
        };
        found.extend(room_id.map(|room_id| (room_id, guest)));
    }
    Ok(found)
}

/// The Matrix id of a room that does not let guests in.
fn closed_to_guests(conn: &mut Conn, room: i64) -> store::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Content {
        guest_access: String,
    }
    let access = current_event(conn, room, "m.room.guest_access", "")?;
    let open = access.and_then(|event| content::read::<Content>(&event).map(|content| content.guest_access));
    if open.as_deref() == Some("can_join") {
        return Ok(None);
    }
    Ok(room_by_nid(conn, room)?.map(|room| room.room_id))
}
