//! What every test of federation begins with: a user of the server under test, the scripted peer and a user of its own.

use serde_json::{Value, json};

use crate::client::Server;
use crate::failure::Failure;
use crate::path::encode;
use crate::peer::create::{founded, founded_with};
use crate::peer::events::finish;
use crate::peer::{Event, Peer};
use crate::reply::Reply;
use crate::user::User;
use crate::{fed, v3};

/// A user here and one at the peer, both new.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Of the server under test.
    pub alice: User,
    /// The scripted peer.
    pub peer: Peer,
    /// The id of a user of the peer.
    pub bob: String,
}

impl Stage {
    /// Makes the users.
    pub async fn of(server: &Server) -> Result<Self, Failure> {
        let peer = server.scripted().ok_or_else(|| Failure::new("these tests need --peer-listen"))?.clone();
        Ok(Stage { alice: server.user("alice").await?, bob: peer.user("bob"), peer })
    }

    /// The same user here with one of the peer's second server, which tells the lies that break connections: whoever is
    /// lied to may let such a server rest.
    pub fn aside(&self) -> Self {
        let peer = self.peer.second();
        Stage { alice: self.alice.clone(), bob: peer.user("bob"), peer }
    }

    /// A public room of Alice's of a version, which Bob has joined.
    pub async fn shared_of(&self, version: &str) -> Result<String, Failure> {
        self.shared_with(json!({ "preset": "public_chat", "room_version": version })).await
    }

    /// A public room of Alice's that Bob has joined.
    pub async fn shared(&self) -> Result<String, Failure> {
        self.shared_of("11").await
    }

    /// A room of Alice's, created with this body, that Bob has joined.
    pub async fn shared_with(&self, body: Value) -> Result<String, Failure> {
        let room = self.alice.create_room(body).await?;
        self.peer.enter(&room, &self.bob).await?;
        Ok(room)
    }

    /// A room of Bob's of a version with a join rule, which Alice has not joined.
    pub fn hosted_of(&self, version: u8, join_rule: &str) -> Result<String, Failure> {
        let room = founded(&self.peer.me, &self.bob, version, join_rule)?;
        self.peer.keep(room.clone());
        Ok(room.id)
    }

    /// A public room of Bob's.
    pub fn hosted(&self) -> Result<String, Failure> {
        self.hosted_of(11, "public")
    }

    /// A room of Bob's with these join rules.
    pub fn hosted_with(&self, version: u8, join_rules: Value) -> Result<String, Failure> {
        let room = founded_with(&self.peer.me, &self.bob, version, join_rules)?;
        self.peer.keep(room.clone());
        Ok(room.id)
    }

    /// Alice tries to join a room through the peer.
    pub async fn try_join(&self, room: &str) -> Result<Reply, Failure> {
        try_join_through(&self.alice, &self.peer, room).await
    }

    /// Alice joins a room through the peer.
    pub async fn join(&self, room: &str) -> Result<(), Failure> {
        join_through(&self.alice, &self.peer, room).await
    }

    /// A public room of Bob's that Alice has joined.
    pub async fn joined(&self) -> Result<String, Failure> {
        let room = self.hosted()?;
        self.join(&room).await?;
        Ok(room)
    }

    /// An event of Bob's that is finished, but neither kept nor sent.
    pub fn event(&self, room: &str, kind: &str, key: Option<&str>, content: Value) -> Result<Event, Failure> {
        self.changed(room, kind, key, content, |_| ())
    }

    /// The same with its draft changed before it is hashed and signed.
    pub fn changed(
        &self,
        room: &str,
        kind: &str,
        key: Option<&str>,
        content: Value,
        change: impl FnOnce(&mut Value),
    ) -> Result<Event, Failure> {
        let room = self.peer.room(room)?;
        let mut draft = room.draft(&self.bob, kind, key, content);
        change(&mut draft);
        Ok(finish(draft, room.version, &self.peer.me))
    }

    /// A message of Bob's that is finished, but neither kept nor sent.
    pub fn message(&self, room: &str, body: &str) -> Result<Event, Failure> {
        self.event(room, "m.room.message", None, json!({ "msgtype": "m.text", "body": body }))
    }

    /// Keeps an event at the peer, as the newest of its room.
    pub fn keep(&self, room: &str, event: &Event) {
        self.peer.change(room, |room| room.add(event));
    }

    /// Keeps an event and sends it; an error in the answer fails the test.
    pub async fn send(&self, room: &str, event: &Event) -> Result<(), Failure> {
        self.keep(room, event);
        let results = self.peer.transact(std::slice::from_ref(event)).await?;
        match results[&event.id]["error"].as_str() {
            None => Ok(()),
            Some(error) => Err(Failure::new(format!("a good event was not taken: {error}: {}", event.pdu))),
        }
    }

    /// Bob says something, and Alice reads it.
    pub async fn say(&self, room: &str, body: &str) -> Result<Event, Failure> {
        let event = self.message(room, body)?;
        self.send(room, &event).await?;
        self.alice.receive(room, &event.id).await?;
        Ok(event)
    }

    /// Bob sets state, and Alice sees it.
    pub async fn set(&self, room: &str, kind: &str, key: &str, content: Value) -> Result<Event, Failure> {
        let event = self.event(room, kind, Some(key), content.clone())?;
        self.send(room, &event).await?;
        self.alice.see_state(room, kind, key, content).await?;
        Ok(event)
    }

    /// Events that must not get in: they are sent, then Bob says something good that does not follow them, and when
    /// Alice can read that, none of them may be readable.
    pub async fn refused(&self, room: &str, events: &[Event]) -> Result<(), Failure> {
        for event in events {
            self.peer.transact(std::slice::from_ref(event)).await?;
        }
        self.absent(room, events).await
    }

    /// Says something good, and makes sure that Alice cannot read these events when she reads that.
    pub async fn absent(&self, room: &str, events: &[Event]) -> Result<(), Failure> {
        self.say(room, "after what must not get in").await?;
        for event in events {
            let reply = self.alice.get(v3!("rooms/{}/event/{}", room, event.id)).await?;
            if reply.status == 200 {
                return Err(Failure::new(format!("this got in: {}", event.pdu)));
            }
        }
        Ok(())
    }

    /// Waits until an event of a room has come to the peer in a transaction; gives it. Who lets the peer rest because of what
    /// it was told by it is shown that the peer is alive.
    pub async fn arrives(&self, room: &str, event: &str) -> Result<Value, Failure> {
        super::wait_for(format!("{event} at the peer"), || async {
            let arrived = self.peer.room(room)?.events.get(event).cloned();
            if arrived.is_none() {
                self.peer.get(format!("{}?user_id={}", fed!("v1/query/profile"), encode(&self.alice))).await?;
            }
            Ok(arrived)
        })
        .await
    }
}

async fn try_join_through(user: &User, peer: &Peer, room: &str) -> Result<Reply, Failure> {
    let name = encode(&peer.me.name);
    user.post(format!("{}?via={name}&server_name={name}", v3!("join/{}", room)), json!({})).await
}

/// Somebody joins a room through the peer. A server that was lied to a moment ago, or found the peer not yet there, may let
/// it rest, and say so with the status of a gateway.
pub async fn join_through(user: &User, peer: &Peer, room: &str) -> Result<(), Failure> {
    super::wait_for(format!("a join to {room}"), || async {
        let reply = try_join_through(user, peer, room).await?;
        if (502..=504).contains(&reply.status) { Ok(None) } else { reply.ok().map(Some) }
    })
    .await
    .map(drop)
}
