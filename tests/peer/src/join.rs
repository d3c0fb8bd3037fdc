//! The scripted peer in rooms of the server under test.

use serde_json::{Value, json};

use crate::Peer;
use crate::events::{Event, event_id, finish};
use crate::failure::Failure;
use crate::fed;
use crate::path::encode;
use crate::reply::Reply;
use crate::room::Room;

/// A member event that is ready to be sent, and the version of its room.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The event.
    pub event: Event,
    /// The version of the room.
    pub version: u8,
}

/// The room versions that the peer knows, as a query.
pub const VERSIONS: &str = "ver=6&ver=7&ver=8&ver=9&ver=10&ver=11&ver=12";

impl Peer {
    /// Tries `make_join`, `make_leave` or `make_knock`.
    pub async fn try_make(&self, what: &str, room: &str, user: &str) -> Result<Reply, Failure> {
        self.get(format!("/_matrix/federation/v1/make_{what}/{}/{}?{VERSIONS}", encode(room), encode(user))).await
    }

    /// The draft of a member event that the server under test offers, and the version of the room.
    pub async fn make(&self, what: &str, room: &str, user: &str) -> Result<(Value, u8), Failure> {
        let answer = self.try_make(what, room, user).await?.ok()?;
        let version = answer["room_version"].as_str().unwrap_or("1").parse().unwrap_or_default();
        let draft = &answer["event"];
        let fits = draft["type"] == "m.room.member" && draft["sender"] == user && draft["state_key"] == user;
        if !fits || draft["content"]["membership"] != what || draft["room_id"] != room {
            return Err(Failure::new(format!("this is no {what} of {user}: {answer}")));
        }
        Ok((draft.clone(), version))
    }

    /// A member event from the draft that is offered, finished.
    pub async fn ready(&self, what: &str, room: &str, user: &str) -> Result<Ready, Failure> {
        let (mut draft, version) = self.make(what, room, user).await?;
        draft["origin_server_ts"] = json!(crate::now());
        Ok(Ready { event: finish(draft, version, &self.me), version })
    }

    /// Tries `send_join`, `send_leave` or `send_knock` with a member event.
    pub async fn try_deliver(&self, what: &str, room: &str, event: &Event) -> Result<Reply, Failure> {
        let uri = match what {
            "knock" => fed!("v1/send_knock/{}/{}", room, event.id),
            _ => fed!("v2/send_{}/{}/{}", what, room, event.id),
        };
        self.put(uri, &event.pdu).await
    }

    /// Joins a room of the server under test; gives the answer to `send_join`. From now on the room is known.
    pub async fn enter(&self, room: &str, user: &str) -> Result<Value, Failure> {
        let ready = self.ready("join", room, user).await?;
        let answer = self.try_deliver("join", room, &ready.event).await?.ok()?;
        self.keep(entered(room, &ready, &answer));
        Ok(answer)
    }

    /// Leaves a room of the server under test, as it asks others to.
    pub async fn depart(&self, room: &str, user: &str) -> Result<Event, Failure> {
        let ready = self.ready("leave", room, user).await?;
        self.try_deliver("leave", room, &ready.event).await?.ok()?;
        self.change(room, |room| room.add(&ready.event));
        Ok(ready.event)
    }
}

/// The room that an answer to `send_join` describes, with the join.
pub fn entered(id: &str, ready: &Ready, answer: &Value) -> Room {
    let mut room = Room::new(id, ready.version);
    let events = |list: &str| -> Vec<Event> {
        let pdus = answer[list].as_array().cloned().unwrap_or_default();
        pdus.into_iter().map(|pdu| Event { id: event_id(&pdu, ready.version), pdu }).collect()
    };
    events("auth_chain").iter().for_each(|event| room.know(event));
    for event in events("state") {
        room.know(&event);
        room.set(&event);
    }
    let signed = &answer["event"];
    let pdu = if signed.is_object() { signed.clone() } else { ready.event.pdu.clone() };
    room.add(&Event { id: ready.event.id.clone(), pdu });
    room
}
