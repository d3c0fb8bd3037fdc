//! Who and what is there before the first death.

use serde_json::json;

use crate::client::{Client, encode};
use crate::user::User;

/// How many write at the same time.
const WRITERS: usize = 12;
/// How many rooms they write into.
const ROOMS: usize = 3;

/// The people and their rooms.
pub struct Cast {
    /// Those who write.
    pub writers: Vec<User>,
    /// Those who only sync.
    pub followers: Vec<User>,
    /// Rooms that all of them are in.
    pub rooms: Vec<String>,
    /// A room that writers leave and enter.
    pub revolving_door: String,
}

impl Cast {
    /// Registers everybody and lets them into their rooms. A broken server that answers before it commits has committed what
    /// it answered to the last request but one, so nothing here builds on the very last.
    pub async fn assemble(client: &Client) -> Self {
        let mut cast =
            Self { writers: Vec::new(), followers: Vec::new(), rooms: Vec::new(), revolving_door: String::new() };
        // Somebody stays in that room, for nobody enters a room in which nobody is.
        let keeper = User::register(client, "doorkeeper").await;
        for number in 0..WRITERS {
            cast.writers.push(User::register(client, &format!("writer{number}")).await);
        }
        for number in 0..2 {
            cast.followers.push(User::register(client, &format!("follower{number}")).await);
        }
        cast.revolving_door = keeper.public_room("revolving door").await;
        for number in 0..ROOMS {
            // Everybody may set state of their own kind, and redact their own messages.
            let levels = json!({ "events": { "org.example.kill": 0 } });
            let room = json!({ "preset": "public_chat", "name": format!("room {number}"), "power_level_content_override": levels });
            cast.rooms.push(cast.writers[0].post("/createRoom", room).await.text_at("room_id"));
        }
        for (number, user) in cast.writers.iter().enumerate() {
            // The first one has made these.
            for room in cast.rooms.iter().filter(|_| number > 0) {
                user.join(room).await;
            }
            user.join(&cast.revolving_door).await;
        }
        for user in &cast.followers {
            for room in &cast.rooms {
                user.post(&format!("/join/{}", encode(room)), json!({})).await.ok();
            }
        }
        cast
    }
}
