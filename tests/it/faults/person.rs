//! Somebody who does one thing after another while the storm goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::cast::{Cast, Room};
use super::notes::{Fact, Notes};
use crate::client::{Reply, encode};
use crate::random::Chance;
use crate::user::{User, message, message_path};

/// How long a server of theirs may be away, or not answer as it should.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long they wait between two things, in milliseconds.
const REST: std::ops::Range<u64> = 200..1_500;

/// Somebody and what they work with.
pub struct Person {
    /// As whom they act.
    pub user: User,
    /// The number of their server.
    pub site: usize,
    /// Whether it is one of ours.
    pub is_ours: bool,
    /// Whether they can do everything and stay.
    pub is_resident: bool,
    /// The others, and the rooms.
    pub cast: Arc<Cast>,
    /// Where acknowledgements are noted.
    pub notes: Arc<Notes>,
    /// Their dice.
    pub chance: Chance,
    /// What they did so far, as a number: nothing they write is ever written twice.
    pub done: u64,
    /// Their messages that are not redacted: room and event.
    pub said: Vec<(String, String)>,
}

impl Person {
    /// Acts until the end.
    pub async fn live(mut self) {
        while !self.notes.is_over() {
            self.done += 1;
            // What fails has been noted.
            let _noted = if self.is_resident { self.reside().await } else { self.visit().await };
            tokio::time::sleep(Duration::from_millis(self.chance.among(REST))).await;
        }
    }

    /// A room that is open to all.
    pub fn a_room(&mut self) -> Room {
        let which = self.chance.among(0..self.cast.rooms.len() as u64) as usize;
        self.cast.rooms[which].clone()
    }

    /// Says something that nobody else says.
    pub async fn say(&mut self, room: &str) -> Option<()> {
        let text = format!("{} of {}", self.done, self.user.id);
        let path = message_path(room, &self.done.to_string());
        let event = self.write(Method::PUT, room, &path, message(&text), Some(&text)).await?;
        self.said.push((room.to_owned(), event));
        Some(())
    }

    /// Takes back what they said last.
    pub async fn redact(&mut self) -> Option<()> {
        let (room, event) = self.said.pop()?;
        let path = format!("/rooms/{}/redact/{}/{}", encode(&room), encode(&event), self.done);
        self.write(Method::PUT, &room, &path, json!({}), None).await.map(drop)
    }

    /// Sets a name or a topic, over which all quarrel, or state of their own.
    pub async fn set(&mut self, room: &str) -> Option<()> {
        let value = format!("{} by {}", self.done, self.user.id);
        let (kind, key, content) = match self.chance.among(0..4) {
            0 => ("m.room.name", "", json!({ "name": value })),
            1 => ("m.room.topic", "", json!({ "topic": value })),
            2 => ("org.example.shelf", "shared", json!({ "value": value })),
            _ => ("org.example.shelf", self.user.id.trim_start_matches('@'), json!({ "value": value })),
        };
        self.state(room, kind, key, content).await
    }

    /// Sets state.
    pub async fn state(&self, room: &str, kind: &str, key: &str, content: Value) -> Option<()> {
        let path = format!("/rooms/{}/state/{kind}/{}", encode(room), encode(key));
        self.write(Method::PUT, room, &path, content, None).await.map(drop)
    }

    /// Writes an event, and notes it. Visitors may be refused, residents never.
    async fn write(&self, method: Method, room: &str, path: &str, body: Value, text: Option<&str>) -> Option<String> {
        let reply =
            if self.is_resident { self.must(method, path, body).await? } else { self.ask(method, path, body).await? };
        let event = reply.json["event_id"].as_str()?.to_owned();
        let (room, text) = (room.to_owned(), text.map(str::to_owned));
        self.notes.add(Fact { site: self.site, everywhere: self.is_resident, room, event: event.clone(), text });
        Some(event)
    }

    /// Asks for what must succeed.
    pub async fn must(&self, method: Method, path: &str, body: Value) -> Option<Reply> {
        let started = Instant::now();
        loop {
            let told = match self.ask(method.clone(), path, body.clone()).await {
                Some(reply) if reply.status == 200 => return Some(reply),
                // A Synapse that has too much to do may say so.
                Some(reply) if reply.status >= 500 && !self.is_ours && started.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                Some(reply) => format!("{} {}", reply.status, reply.text),
                None => "no answer".to_owned(),
            };
            self.notes.breach(format!("{} should do {method} {path}: {told}", self.user.id));
            return None;
        }
    }

    /// Asks until there is an answer, the same each time; none if there is none in time.
    pub async fn ask(&self, method: Method, path: &str, body: Value) -> Option<Reply> {
        let (started, body) = (Instant::now(), (method != Method::GET).then_some(body));
        while started.elapsed() < PATIENCE {
            match self.user.ask(method.clone(), path, body.as_ref()).await {
                Ok(reply) => {
                    // Others may fail, and then it is 502 or 504.
                    if reply.status == 500 && self.is_ours {
                        self.notes.breach(format!("{} of {}: {}", reply.asked, self.user.id, reply.text));
                    }
                    return Some(reply);
                }
                Err(error) if error.is_timeout() => break,
                // The server is dead just now.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        None
    }
}
