//! `GET /notifications`.

use std::collections::HashMap;

use accounts::Session;
use rooms::{ClientForm, Related, rules_of};
use ruma::RoomId;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use store::{
    Conn,
    rooms::{Membership, RoomRow, member, rooms_by_nid},
};

use crate::{Error, Push, Result, notified};

/// Parts that are read for one page where few of many are wanted.
const PARTS: usize = 20;

/// One notification.
#[derive(Debug, Serialize)]
pub struct Notification {
    /// What the rules did.
    pub actions: Vec<Value>,
    /// The event.
    pub event: Box<RawValue>,
    /// Whether the user has read it.
    pub read: bool,
    /// Its room.
    pub room_id: String,
    /// When it came, in milliseconds since 1970.
    pub ts: i64,
}

/// A page of notifications, newest first.
#[derive(Debug, Serialize)]
pub struct NotificationPage {
    /// The notifications.
    pub notifications: Vec<Notification>,
    /// Where the next page begins; none on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Push {
    /// What a user was notified of, newest first.
    ///
    /// * `from`: the token of an earlier page; `limit`: most of one page; `highlights`: only those.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a token that is none.
    pub async fn notifications(
        &self,
        session: &Session,
        from: Option<&str>,
        limit: usize,
        highlights: bool,
    ) -> Result<NotificationPage> {
        let bad = || Error::InvalidParam("this is not a token of an earlier page".into());
        let from = match from {
            Some(from) => Some(from.parse::<i64>().ok().filter(|from| *from >= 0).ok_or_else(bad)?),
            None => None,
        };
        let (push, user, device) = (self.clone(), session.user_id.clone(), session.device_id.clone());
        let read = move |conn: &mut Conn, end: i64| {
            let mut upto = from.map_or(end, |from| from.min(end));
            let (mut list, mut more) = (Vec::new(), false);
            for _ in 0..PARTS {
                let part = notified::read(conn, user.as_str(), (0, upto), limit.max(20) + 1, true)?;
                list.extend(part.list.into_iter().filter(|one| one.highlight || !highlights));
                more = part.reached.is_some();
                if list.len() > limit || !more {
                    break;
                }
                upto = part.reached.map_or(0, |reached| reached - 1);
            }
            // Where the search was long, the next page goes on with it.
            let mut next = more.then_some(upto);
            if list.len() > limit {
                list.truncate(limit);
                next = list.last().map(|one| one.position - 1);
            }
            Ok(push.told(conn, &user, &device, list, next))
        };
        self.store().slow_snapshot(read).await?
    }

    fn told(
        &self,
        conn: &mut Conn,
        user: &ruma::UserId,
        device: &ruma::DeviceId,
        list: Vec<notified::Notified>,
        next: Option<i64>,
    ) -> Result<NotificationPage> {
        let nids: Vec<i64> = list.iter().map(|one| one.room).collect();
        let rooms: HashMap<i64, RoomRow> =
            rooms_by_nid(conn, &nids)?.into_iter().map(|room| (room.nid, room)).collect();
        let nids: Vec<i64> = list.iter().map(|one| one.event).collect();
        let events = self.inner.rooms.events().stored_map(conn, &nids)?;
        let related = Related::load(conn, self.inner.rooms.events(), events.values())?;
        let now = self.inner.clock.now_ms();
        let mut notifications = Vec::with_capacity(list.len());
        for one in list {
            if let Some(invite) = &one.invite {
                notifications.extend(self.told_invite(conn, invite)?);
                continue;
            }
            let (Some(event), Some(room)) = (events.get(&one.event), rooms.get(&one.room)) else { continue };
            let standing = if one.outside { member(conn, one.room, user.as_str())? } else { None };
            if one.outside && standing.is_none_or(|row| row.membership() != Membership::Invite) {
                continue;
            }
            let Ok(room_id) = <&RoomId>::try_from(room.room_id.as_str()) else { continue };
            let form = ClientForm {
                rules: rules_of(room)?,
                room_id: Some(room_id),
                user_id: user,
                device_id: Some(device),
                now,
            };
            notifications.push(Notification {
                actions: one.actions,
                event: related.write(event, None, &form)?,
                read: one.read,
                room_id: room.room_id.clone(),
                ts: event.origin_server_ts,
            });
        }
        Ok(NotificationPage { notifications, next_token: next.map(|next| next.to_string()) })
    }
}
