//! One of the two servers that are compared: the questions it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::history::History;
use crate::client::Server;
use crate::failure::Failure;
use crate::federation::stage::join_through;
use crate::interop::wait_for;
use crate::path::encode;
use crate::peer::Peer;
use crate::user::User;
use crate::{fed, v3};

/// How long an event that was sent may take until it counts as one that is not accepted.
const SOON: Duration = Duration::from_millis(400);
/// Between two questions about it.
const PAUSE: Duration = Duration::from_millis(20);

/// A server, a user there who is in every room, and the peer as it speaks with it.
#[derive(Clone, Debug)]
pub struct Side {
    /// A user of the server.
    pub user: User,
    /// The peer towards it.
    pub peer: Peer,
}

/// What is answered to `state_ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The state before the event.
    pub state: BTreeSet<String>,
    /// The events that authorise it, without the one that creates the room: in version 12 none names it.
    pub chain: BTreeSet<String>,
}

/// Everything a server says to a history: the answer about each event, nothing where it has none, and the state now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// By the events' numbers.
    pub before: Vec<Option<Answer>>,
    /// The id of each state event, by its type and key.
    pub current: BTreeMap<(String, String), String>,
}

impl Side {
    /// With a new user.
    pub async fn new(server: &Server, peer: Peer) -> Result<Self, Failure> {
        Ok(Side { user: server.user("witness").await?, peer })
    }

    /// The server's name.
    pub fn name(&self) -> &str {
        self.peer.under_test()
    }

    /// The user joins a room through the peer.
    pub async fn join(&self, room: &str) -> Result<(), Failure> {
        join_through(&self.user, &self.peer, room).await
    }

    /// The state before an event; nothing if the server has no such event, or has not accepted it.
    pub async fn ask(&self, room: &str, event: &str) -> Result<Option<Answer>, Failure> {
        let path = format!("{}?event_id={}", fed!("v1/state_ids/{}", room), encode(event));
        let reply = self.peer.get(path).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        let told = reply.ok()?;
        let ids = |list: &str| -> BTreeSet<String> {
            told[list].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (state, mut chain) = (ids("pdu_ids"), ids("auth_chain_ids"));
        chain.remove(&room.replacen('!', "$", 1));
        Ok(Some(Answer { state, chain }))
    }

    /// The same of an event that was just sent.
    pub async fn ask_soon(&self, room: &str, event: &str) -> Result<Option<Answer>, Failure> {
        let started = Instant::now();
        loop {
            let answer = self.ask(room, event).await?;
            if answer.is_some() || started.elapsed() > SOON {
                return Ok(answer);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until an event that cannot be refused is there.
    pub async fn await_event(&self, room: &str, event: &str) -> Result<(), Failure> {
        wait_for(format!("{event} at {}", self.name()), || self.ask(room, event)).await.map(drop)
    }

    /// Everything it says to a history.
    pub async fn tell(&self, history: &History) -> Result<Told, Failure> {
        let room = &history.room.id;
        let mut before = Vec::new();
        for made in &history.events {
            before.push(self.ask(room, &made.event.id).await?);
        }
        let mut current = BTreeMap::new();
        for event in self.user.get(v3!("rooms/{}/state", room)).await?.ok_array()? {
            let text = |member: &str| event[member].as_str().unwrap_or_default().to_owned();
            current.insert((text("type"), text("state_key")), text("event_id"));
        }
        Ok(Told { before, current })
    }

    /// Waits until the server answers again, to users and to servers.
    pub async fn awake(&self) -> Result<(), Failure> {
        wait_for(format!("{} after its restart", self.name()), || async {
            let (user, peer) = (self.user.get(v3!("account/whoami")).await, self.peer.get(fed!("v1/version")).await);
            let well = |reply: Result<crate::reply::Reply, Failure>| reply.is_ok_and(|reply| reply.status == 200);
            Ok((well(user) && well(peer)).then_some(()))
        })
        .await
    }
}
