//! Who and what is there before the storm.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::notes::Notes;
use super::person::Person;
use super::site::Site;
use super::story::PATIENCE;
use crate::federation::story::{join_via, until_membership};
use crate::kill::history::History;
use crate::random::Chance;
use crate::user::User;

/// The versions of the rooms, the first one's server first.
const VERSIONS: [&str; 3] = ["10", "11", "12"];
/// From this version on the power of creators is not written down.
const CREATORS_RULE: &str = "12";
/// How many visitors each server has.
const VISITORS: usize = 2;

/// A room and the server that made it.
#[derive(Clone)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// The server.
    pub via: String,
}

/// The people and their rooms.
pub struct Cast {
    /// One of each server: they have power that nobody takes from them, and never leave.
    pub residents: Vec<User>,
    /// Some of each server, in turn: they come and go, and have what power they are left.
    pub visitors: Vec<User>,
    /// A room of each server, with everybody in it.
    pub rooms: Vec<Room>,
    /// A room of the first server that only visitors enter, so that the others' servers leave it and come back.
    pub door: Room,
}

impl Cast {
    /// Registers everybody and lets them into their rooms.
    pub async fn assemble(sites: &[Site]) -> Self {
        let (mut residents, mut visitors) = (Vec::new(), Vec::new());
        for site in sites {
            residents.push(User::register(site.client(), "resident").await);
        }
        for number in 0..VISITORS * sites.len() {
            visitors.push(User::register(sites[number % sites.len()].client(), &format!("visitor{number}")).await);
        }
        let door = room(sites, &residents, &visitors, 0).await;
        let mut rooms = Vec::new();
        for number in 0..sites.len() {
            rooms.push(room(sites, &residents, &visitors, number).await);
        }
        let cast = Self { residents, visitors, rooms, door };
        cast.gather().await;
        cast
    }

    /// Everybody enters the rooms that are open to all, and is seen there by everybody, and residents see what was there
    /// before them: a Synapse that asks for old events in vain does not ask again for an hour.
    async fn gather(&self) {
        for room in &self.rooms {
            let everybody: Vec<&User> = self.residents.iter().chain(&self.visitors).collect();
            for user in &everybody {
                join_via(user, &room.id, &[room.via.as_str()]).await.ok();
            }
            for resident in &self.residents {
                for user in &everybody {
                    until_membership(resident, &room.id, &user.id, "join").await;
                }
                until_beginning(resident, &room.id).await;
            }
        }
    }

    /// Everybody, ready to begin.
    pub fn people(self: &Arc<Self>, sites: &[Site], notes: &Arc<Notes>, chance: &mut Chance) -> Vec<Person> {
        let mut people = Vec::new();
        for (number, user) in self.residents.iter().chain(&self.visitors).enumerate() {
            let site = number % sites.len();
            people.push(Person {
                user: user.clone(),
                site,
                is_ours: sites[site].is_ours(),
                is_resident: number < self.residents.len(),
                cast: self.clone(),
                notes: notes.clone(),
                chance: chance.branch(),
                done: 0,
                said: Vec::new(),
            });
        }
        people
    }
}

/// A room that a resident makes, with power for all residents, and some for visitors.
async fn room(sites: &[Site], residents: &[User], visitors: &[User], maker: usize) -> Room {
    let version = VERSIONS[maker % VERSIONS.len()];
    let mut users = json!({});
    for (number, user) in residents.iter().enumerate() {
        if number != maker || version != CREATORS_RULE {
            users[&user.id] = json!(100);
        }
    }
    visitors.iter().for_each(|user| users[&user.id] = Value::from(50));
    let options = json!({
        "preset": "public_chat", "room_version": version, "power_level_content_override": { "users": users },
    });
    let id = residents[maker].post("/createRoom", options).await.text_at("room_id");
    Room { id, via: sites[maker].name() }
}

/// Waits until somebody is shown a room from its create event on.
async fn until_beginning(user: &User, room: &str) {
    let started = Instant::now();
    loop {
        let history = History::read(user, room, "b").await;
        if history.is_ok_and(|history| history.events.iter().any(|event| event["type"] == "m.room.create")) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{} is not shown the beginning of {room}", user.id);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
