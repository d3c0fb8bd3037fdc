//! Bad input: each gets the right error, nothing changes, and the server goes on within its bounds.

mod access;
mod appetite;
mod bodies;
mod bounds;
mod endpoints;
mod events;
mod floods;
mod full_disk;
mod ids;
mod outages;
mod replays;
mod unfinished;

use serde_json::Value;

use crate::database::Database;
use crate::server::Server;
use crate::user::User;

/// A server with two users in a room, and how all of it looked before the bad input.
pub struct Calm {
    pub server: Server,
    pub alice: User,
    pub bob: User,
    pub room: String,
    before: Value,
}

impl Calm {
    /// Sets it up.
    pub async fn new(database: &Database) -> Self {
        let server = Server::start(database).await;
        let (alice, bob) = (server.register("alice").await, server.register("bob").await);
        let room = alice.public_room("Calm").await;
        bob.join(&room).await;
        alice.say(&room, "first", "all is calm").await;
        let before = alice.everything(&[&room]).await;
        Self { server, alice, bob, room, before }
    }

    /// Asserts that nothing has changed and the server runs.
    pub async fn is_undisturbed(&mut self) {
        self.server.is_sound();
        let after = self.alice.everything(&[&self.room]).await;
        assert_eq!(after, self.before, "bad input changed something");
    }
}
