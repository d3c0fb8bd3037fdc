//! Visitors: they come and go, are thrown out and lose their power. What they do is allowed or not according to what has
//! arrived where; only what follows from it for the state must be the same everywhere.

use reqwest::Method;
use serde_json::json;

use super::person::Person;
use crate::client::encode;

impl Person {
    /// One thing that a visitor does.
    pub async fn visit(&mut self) -> Option<()> {
        let room = match self.chance.among(0..4) {
            0 => self.cast.door.clone(),
            _ => self.a_room(),
        };
        match self.chance.among(0..100) {
            0..40 => self.say(&room.id).await,
            40..46 => self.redact().await,
            46..66 => self.set(&room.id).await,
            66..90 => {
                let path = format!("/join/{}?via={}", encode(&room.id), encode(&room.via));
                self.ask(Method::POST, &path, json!({})).await.map(drop)
            }
            _ => self.ask(Method::POST, &format!("/rooms/{}/leave", encode(&room.id)), json!({})).await.map(drop),
        }
    }
}
