//! A writer: does one thing after another, repeats what was not answered, and notes what was acknowledged.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::ledger::{Breach, Fact, Ledger};
use crate::client::{Client, encode};
use crate::random::Chance;
use crate::user::{PASSWORD, User, message, message_path};

/// A writer and what it works with.
pub struct Writer {
    /// Its number.
    pub number: usize,
    /// As whom it writes.
    pub user: User,
    /// Somebody without a token.
    pub anybody: Client,
    /// The rooms that all are in.
    pub rooms: Vec<String>,
    /// The room to leave and enter.
    pub revolving_door: String,
    /// Where acknowledgements are noted.
    pub ledger: Arc<Ledger>,
    /// Its dice.
    pub chance: Chance,
    /// What it did so far, as a number: nothing it writes is ever written twice.
    pub done: u64,
    /// Its messages that are not redacted.
    pub messages: Vec<(String, String)>,
    /// Whether it is in the room with the revolving door.
    pub inside: bool,
}

impl Writer {
    /// Writes until the end.
    pub async fn write(mut self) {
        while !self.ledger.is_over() && !self.ledger.is_ruined() {
            self.done += 1;
            // What fails has been noted.
            let _noted = match self.chance.among(0..100) {
                0..60 => self.send().await,
                60..72 => self.set_state().await,
                72..80 => self.set_data().await,
                80..84 => self.redact().await,
                84..88 => self.create_room().await,
                88..92 => self.turn_the_door().await,
                92..96 => self.bring_somebody().await,
                _ => self.log_in_and_out().await,
            };
            tokio::time::sleep(Duration::from_millis(self.chance.among(0..8))).await;
        }
    }

    /// Asks with the writer's own token for what must succeed.
    async fn must(&self, method: Method, path: &str, body: &Value) -> Option<(Value, u64)> {
        self.ledger.success(&self.user, method, path, body).await
    }

    fn a_room(&mut self) -> String {
        let room = self.chance.among(0..self.rooms.len() as u64) as usize;
        self.rooms[room].clone()
    }

    async fn send(&mut self) -> Option<()> {
        let (room, tag) = (self.a_room(), format!("message {} of writer {}", self.done, self.number));
        let path = message_path(&room, &self.done.to_string());
        let (reply, tries) = self.must(Method::PUT, &path, &message(&tag)).await?;
        let event = text(&reply, "event_id");
        // Now and then the answer is thrown away, as a client does that dies.
        if tries == 1 && self.chance.among(0..20) == 0 {
            let (again, _) = self.must(Method::PUT, &path, &message(&tag)).await?;
            if text(&again, "event_id") != event {
                self.ledger.breach(Breach::Twice(format!("{path} made {event} and {again}")));
            }
        }
        self.messages.push((room.clone(), event.clone()));
        self.ledger.add(Fact::Message { writer: self.number, room, tag, event });
        Some(())
    }

    async fn set_state(&mut self) -> Option<()> {
        let (room, value) = (self.a_room(), self.done);
        let path = format!("/rooms/{}/state/org.example.kill/{}", encode(&room), self.number);
        let (reply, tries) = self.must(Method::PUT, &path, &json!({ "value": value })).await?;
        self.ledger.add(Fact::State { writer: self.number, room, value, event: text(&reply, "event_id"), tries });
        Some(())
    }

    async fn set_data(&mut self) -> Option<()> {
        let kind = format!("org.example.kill{}", self.chance.among(0..4));
        let path = format!("/user/{}/account_data/{kind}", encode(&self.user.id));
        self.must(Method::PUT, &path, &json!({ "value": self.done })).await?;
        self.ledger.add(Fact::Data { writer: self.number, kind, value: self.done });
        Some(())
    }

    async fn redact(&mut self) -> Option<()> {
        let (room, event) = self.messages.pop()?;
        let path = format!("/rooms/{}/redact/{}/{}", encode(&room), encode(&event), self.done);
        self.must(Method::PUT, &path, &json!({})).await?;
        self.ledger.add(Fact::Redacted { event });
        Some(())
    }

    async fn create_room(&mut self) -> Option<()> {
        let name = format!("room {} of writer {}", self.done, self.number);
        let (reply, tries) = self.must(Method::POST, "/createRoom", &json!({ "name": name, "topic": name })).await?;
        self.ledger.add(Fact::Room { writer: self.number, room: text(&reply, "room_id"), name, tries });
        Some(())
    }

    async fn turn_the_door(&mut self) -> Option<()> {
        let (room, method) = (self.revolving_door.clone(), Method::POST);
        let action = if self.inside { "leave" } else { "join" };
        let path = format!("/rooms/{}/{action}", encode(&room));
        let (reply, tries) = self.ledger.answer(&self.user, method, &path, &json!({})).await?;
        // Who repeats a leave that was done may hear that there is nothing to leave.
        if reply.status != 200 && !(self.inside && tries > 1 && reply.code() == "M_FORBIDDEN") {
            self.ledger.breach(Breach::Unexpected(format!("{path} in try {tries}: {}", reply.text)));
            return None;
        }
        self.inside = !self.inside;
        let membership = if self.inside { "join" } else { "leave" };
        self.ledger.add(Fact::Membership { writer: self.number, membership });
        Some(())
    }

    async fn bring_somebody(&mut self) -> Option<()> {
        let name = format!("guest{}of{}", self.done, self.number);
        let auth = json!({ "type": "m.login.dummy" });
        let account = json!({ "username": name, "password": PASSWORD, "auth": auth });
        let (mut reply, tries) = self.ledger.answer(&self.anybody, Method::POST, "/register", &account).await?;
        if tries > 1 && reply.code() == "M_USER_IN_USE" {
            // The answer was lost, not the account.
            (reply, _) = self.ledger.answer(&self.anybody, Method::POST, "/login", &password_login(&name)).await?;
        }
        if reply.status != 200 {
            self.ledger.breach(Breach::Unexpected(format!("register {name} in try {tries}: {}", reply.text)));
            return None;
        }
        let guest = self.anybody.with_token(&text(&reply.json, "access_token"));
        let room = self.a_room();
        self.ledger.success(&guest, Method::POST, &format!("/join/{}", encode(&room)), &json!({})).await?;
        self.ledger.add(Fact::Person { name, room });
        Some(())
    }

    async fn log_in_and_out(&mut self) -> Option<()> {
        let credentials = password_login(&format!("writer{}", self.number));
        let (reply, _) = self.ledger.success(&self.anybody, Method::POST, "/login", &credentials).await?;
        let token = text(&reply, "access_token");
        if self.chance.among(0..2) == 0 {
            self.ledger.add(Fact::LoggedIn { token });
            return Some(());
        }
        let device = self.anybody.with_token(&token);
        let (reply, tries) = self.ledger.answer(&device, Method::POST, "/logout", &json!({})).await?;
        if reply.status != 200 && !(tries > 1 && reply.code() == "M_UNKNOWN_TOKEN") {
            self.ledger.breach(Breach::Lost(format!("a fresh device cannot log out: {}", reply.text)));
        }
        self.ledger.add(Fact::LoggedOut { token });
        Some(())
    }
}

fn password_login(name: &str) -> Value {
    let identifier = json!({ "type": "m.id.user", "user": name });
    json!({ "type": "m.login.password", "identifier": identifier, "password": PASSWORD })
}

/// A string in an answer; empty, and so found nowhere later, where there is none.
fn text(reply: &Value, key: &str) -> String {
    reply[key].as_str().unwrap_or_default().to_owned()
}
