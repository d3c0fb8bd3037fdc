//! Residents: nothing they do can be forbidden by what others do at the same time, so all of it must be everywhere.

use reqwest::Method;
use serde_json::{Value, json};

use super::person::Person;
use crate::client::encode;

impl Person {
    /// One thing that a resident does.
    pub async fn reside(&mut self) -> Option<()> {
        // The door stands on the first server, whose resident is always there.
        let room = match self.chance.among(0..6) {
            0 if self.site == 0 => self.cast.door.clone(),
            _ => self.a_room(),
        };
        match self.chance.among(0..100) {
            0..58 => self.say(&room.id).await,
            58..66 => self.redact().await,
            66..84 => self.set(&room.id).await,
            84..92 => self.shift_power(&room.id).await,
            _ => self.throw_out(&room.id).await,
        }
    }

    /// Gives a visitor power or takes it, or makes topics a matter of power.
    async fn shift_power(&mut self, room: &str) -> Option<()> {
        let path = format!("/rooms/{}/state/m.room.power_levels", encode(room));
        let mut levels = self.must(Method::GET, &path, Value::Null).await?.json;
        let level = [0, 50][self.chance.among(0..2) as usize];
        if self.chance.among(0..4) == 0 {
            levels["events"]["m.room.topic"] = json!(level + 50);
        } else {
            let visitor = self.a_visitor();
            levels["users"][visitor] = json!(level);
        }
        self.state(room, "m.room.power_levels", "", levels).await
    }

    /// Kicks a visitor, or bans them and lets them in again.
    async fn throw_out(&mut self, room: &str) -> Option<()> {
        let visitor = json!({ "user_id": self.a_visitor() });
        let path = |verb: &str| format!("/rooms/{}/{verb}", encode(room));
        if self.chance.among(0..2) == 0 {
            // Who is not there cannot be kicked.
            return self.ask(Method::POST, &path("kick"), visitor).await.map(drop);
        }
        self.must(Method::POST, &path("ban"), visitor.clone()).await?;
        // Another may have done so already.
        self.ask(Method::POST, &path("unban"), visitor).await.map(drop)
    }

    fn a_visitor(&mut self) -> String {
        let which = self.chance.among(0..self.cast.visitors.len() as u64) as usize;
        self.cast.visitors[which].id.clone()
    }
}
