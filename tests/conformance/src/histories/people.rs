//! Who is in a history: users of the two servers of the scripted peer, of different powers.

use serde_json::{Value, json};

use super::chance::Chance;
use crate::failure::Failure;
use crate::peer::create::founded;
use crate::peer::events::finish;
use crate::peer::{Identity, Peer, Room};

/// The powers of the first members. All others have none.
const POWERS: [u64; 3] = [75, 50, 25];
/// How many members there are beside the creator.
const MEMBERS: usize = 6;

/// The people of a room. The creator is of the peer's first server, stays, and keeps all powers: so that server can
/// always ask about the room, and close the history.
#[derive(Clone, Debug)]
pub struct People {
    /// Who made the room.
    pub creator: String,
    /// The others, the more powerful before the less.
    pub members: Vec<String>,
    servers: Vec<Identity>,
}

impl People {
    /// New people.
    pub fn new(peer: &Peer) -> Self {
        let servers = [peer.clone(), peer.second()];
        let members = servers.iter().cycle().take(MEMBERS).map(|server| server.user("member")).collect();
        People { creator: peer.user("creator"), members, servers: servers.map(|server| server.me).to_vec() }
    }

    /// The server of a user.
    pub fn server_of(&self, user: &str) -> Result<&Identity, Failure> {
        let mine = |server: &&Identity| user.ends_with(&format!(":{}", server.name));
        self.servers.iter().find(mine).ok_or_else(|| Failure::new(format!("{user} is of no server of the peer")))
    }

    /// A room of a version in which all of them are, with their powers.
    pub fn gather(&self, version: u8) -> Result<Room, Failure> {
        let mut room = founded(self.server_of(&self.creator)?, &self.creator, version, "public")?;
        let mut powers = room.content("m.room.power_levels", "");
        for (member, power) in self.members.iter().zip(POWERS) {
            powers["users"][member] = json!(power);
        }
        self.add(&mut room, &self.creator, "m.room.power_levels", "", powers)?;
        for member in &self.members {
            self.add(&mut room, member, "m.room.member", member, json!({ "membership": "join" }))?;
        }
        Ok(room)
    }

    fn add(&self, room: &mut Room, sender: &str, kind: &str, key: &str, content: Value) -> Result<(), Failure> {
        let draft = room.draft(sender, kind, Some(key), content);
        room.add(&finish(draft, room.version, self.server_of(sender)?));
        Ok(())
    }

    /// Somebody, most often somebody who is joined.
    pub fn somebody(&self, room: &Room, chance: &mut Chance) -> String {
        let all = [std::slice::from_ref(&self.creator), self.members.as_slice()].concat();
        let is_joined = |user: &&String| room.content("m.room.member", user)["membership"] == "join";
        let joined: Vec<String> = all.iter().filter(is_joined).cloned().collect();
        let from = if chance.one_in(8) { &all } else { &joined };
        chance.of(from).unwrap_or_else(|| self.creator.clone())
    }

    /// Somebody who most often has powers.
    pub fn somebody_powerful(&self, room: &Room, chance: &mut Chance) -> String {
        let powerful: Vec<String> = [&self.creator].into_iter().chain(self.members.iter().take(2)).cloned().collect();
        match chance.of(&powerful) {
            Some(user) if !chance.one_in(4) => user,
            _ => self.somebody(room, chance),
        }
    }

    /// One of those to whom things happen.
    pub fn target(&self, chance: &mut Chance) -> String {
        chance.of(&self.members).unwrap_or_else(|| self.creator.clone())
    }
}
