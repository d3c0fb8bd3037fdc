//! Who is in a history: users of the two servers of the scripted peer, of different powers.

use serde_json::{Value, json};

use super::chance::Chance;
use crate::failure::Failure;
use crate::peer::create::founded;
use crate::peer::events::finish;
use crate::peer::{Identity, Room, nonce};

/// The powers of the first members. All others have none.
const POWERS: [u64; 3] = [75, 50, 25];
/// The type of event by which servers join branches.
const DUMMY: &str = "org.matrix.dummy_event";
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
    /// New people of these servers.
    pub fn new(servers: [Identity; 2]) -> Self {
        let [first, _] = &servers;
        let user = |stem: &str, server: &Identity| format!("@{stem}-{}:{}", nonce(), server.name);
        let members = servers.iter().cycle().take(MEMBERS).map(|server| user("member", server)).collect();
        People { creator: user("creator", first), members, servers: servers.to_vec() }
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
        // Servers join many branches by an event of one of theirs, which would be one that the other does not have.
        powers["events"][DUMMY] = json!(100);
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

/// What the unit tests of this folder need.
#[cfg(test)]
pub mod testing {
    use super::People;
    use crate::failure::Failure;
    use crate::peer::Identity;

    /// People of two servers.
    pub fn people() -> Result<People, Failure> {
        let server = |name, seed| Identity::new(name, "ed25519:1", &[seed; 32]);
        Ok(People::new([server("a.example:1", 1)?, server("b.example:1", 2)?]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::testing::people;
    use crate::failure::Outcome;
    use crate::peer::events::fault;

    #[test]
    fn all_are_there_and_sign_what_they_do() -> Outcome {
        let people = people()?;
        for version in [6, 12] {
            let room = people.gather(version)?;
            let is_joined = |user: &String| room.content("m.room.member", user)["membership"] == "join";
            assert!(is_joined(&people.creator) && people.members.iter().all(is_joined));
            assert_eq!(room.servers().len(), 2);
            for pdu in room.pdus(&room.order) {
                let server = people.server_of(pdu["sender"].as_str().unwrap_or_default())?;
                assert_eq!(fault(&pdu, version, &server.name, &server.server_keys()), None);
            }
            let mut chance = Chance::new(1);
            let powerful: Vec<String> = (0..100).map(|_| people.somebody_powerful(&room, &mut chance)).collect();
            let creators = powerful.iter().filter(|user| **user == people.creator).count();
            assert!((15..60).contains(&creators), "{creators} of 100");
        }
        assert!(people.server_of("@x:c.example").is_err());
        Ok(())
    }
}
