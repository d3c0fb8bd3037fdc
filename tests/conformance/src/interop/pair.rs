//! Two servers, a user on each, and waiting for what takes its way between them.

use serde_json::{Value, json};

use crate::client::Server;
use crate::failure::Failure;
use crate::path::encode;
use crate::patience::wait_for;
use crate::user::User;
use crate::v3;

/// A user here and one there, both new.
pub struct Pair {
    /// Of the server under test.
    pub alice: User,
    /// Of its peer.
    pub bob: User,
}

impl Pair {
    /// Makes the users.
    pub async fn of(here: &Server) -> Result<Self, Failure> {
        let there = here.peer().ok_or_else(|| Failure::new("these tests need a peer"))?;
        Ok(Pair { alice: here.user("alice").await?, bob: there.user("bob").await? })
    }

    /// A public room of Alice's that Bob has joined.
    pub async fn shared_room(&self) -> Result<String, Failure> {
        let room = self.alice.public_room().await?;
        self.bob.join_via(&room, &self.alice.server).await?;
        Ok(room)
    }
}

impl User {
    /// Tries to join a room through a server.
    pub async fn try_join_via(&self, room: &str, server: &Server) -> Result<crate::reply::Reply, Failure> {
        let name = encode(server.name());
        self.post(format!("{}?via={name}&server_name={name}", v3!("join/{}", room)), json!({})).await
    }

    /// Joins a room through a server.
    pub async fn join_via(&self, room: &str, server: &Server) -> Result<(), Failure> {
        self.try_join_via(room, server).await?.ok().map(drop)
    }

    /// Waits until this user can read an event; gives it.
    #[track_caller]
    pub fn receive(&self, room: &str, event: &str) -> impl Future<Output = Result<Value, Failure>> + Send {
        let path = v3!("rooms/{}/event/{}", room, event);
        let user = self.clone();
        wait_for(format!("{event} at {}", self.id), move || {
            let (user, path) = (user.clone(), path.clone());
            async move {
                let reply = user.get(&path).await?;
                Ok((reply.status == 200).then_some(reply.json))
            }
        })
    }

    /// Waits until a state event has this content as far as it is given here.
    #[track_caller]
    pub fn see_state(
        &self,
        room: &str,
        kind: &str,
        key: &str,
        want: Value,
    ) -> impl Future<Output = Result<Value, Failure>> + Send {
        let path = v3!("rooms/{}/state/{}/{}", room, kind, key);
        let user = self.clone();
        wait_for(format!("{kind} {want} at {}", self.id), move || {
            let (user, path, want) = (user.clone(), path.clone(), want.clone());
            async move {
                let reply = user.get(&path).await?;
                let fits = want.as_object().into_iter().flatten().all(|(key, value)| reply.json[key] == *value);
                Ok((reply.status == 200 && fits).then_some(reply.json))
            }
        })
    }

    /// Waits until somebody's membership is this.
    #[track_caller]
    pub fn see_membership(
        &self,
        room: &str,
        who: &User,
        membership: &str,
    ) -> impl Future<Output = Result<Value, Failure>> + Send {
        self.see_state(room, "m.room.member", &who.id, json!({ "membership": membership }))
    }

    /// Waits until a section of the initial sync (`invite`, `knock`, `join`) has the room; gives what it says of it.
    #[track_caller]
    pub fn see_room(&self, section: &'static str, room: &str) -> impl Future<Output = Result<Value, Failure>> + Send {
        let (user, room) = (self.clone(), room.to_owned());
        wait_for(format!("{room} among rooms.{section} of {}", self.id), move || {
            let (user, room) = (user.clone(), room.clone());
            async move {
                let answer = user.first_sync().await?;
                let found = &answer["rooms"][section][&room];
                Ok(found.is_object().then(|| found.clone()))
            }
        })
    }
}
