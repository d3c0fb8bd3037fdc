//! A room as the scripted peer knows it: its events, its state, its heads. It is believed without a check: the tests
//! decide what gets in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::events::Event;
use crate::now;

/// Event ids by type and state key.
pub type State = BTreeMap<(String, String), String>;

/// A room.
#[derive(Clone, Debug)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u8,
    /// Every event by its id.
    pub events: HashMap<String, Value>,
    /// Event ids in the order of their coming.
    pub order: Vec<String>,
    /// The state now.
    pub state: State,
    /// The state before each event.
    pub before: HashMap<String, State>,
    /// The events that the next one follows.
    pub heads: Vec<String>,
}

impl Room {
    /// A room without events.
    pub fn new(id: &str, version: u8) -> Self {
        Room {
            id: id.to_owned(),
            version,
            events: HashMap::new(),
            order: Vec::new(),
            state: State::new(),
            before: HashMap::new(),
            heads: Vec::new(),
        }
    }

    /// The id of a state event now.
    pub fn state_id(&self, kind: &str, key: &str) -> Option<&String> {
        self.state.get(&(kind.to_owned(), key.to_owned()))
    }

    /// The content of a state event now; null if there is none.
    pub fn content(&self, kind: &str, key: &str) -> Value {
        self.state_id(kind, key).map(|id| self.pdu(id)["content"].clone()).unwrap_or_default()
    }

    /// An event by its id; null if it is not here.
    pub fn pdu(&self, id: &str) -> Value {
        self.events.get(id).cloned().unwrap_or_default()
    }

    /// Events by their ids, without those that are not here.
    pub fn pdus<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Vec<Value> {
        ids.into_iter().filter_map(|id| self.events.get(id)).cloned().collect()
    }

    /// An event that follows all heads, not yet hashed and signed.
    pub fn draft(&self, sender: &str, kind: &str, key: Option<&str>, content: Value) -> Value {
        let depth = self.heads.iter().filter_map(|id| self.pdu(id)["depth"].as_u64()).max().unwrap_or(0);
        let mut pdu = json!({
            "type": kind,
            "sender": sender,
            "content": content,
            "origin_server_ts": now(),
            "depth": depth + 1,
            "prev_events": self.heads,
            "auth_events": self.auth_events(sender, kind, key, &content),
        });
        if let Some(key) = key {
            pdu["state_key"] = json!(key);
        }
        if self.version < 12 || kind != "m.room.create" {
            pdu["room_id"] = json!(self.id);
        }
        pdu
    }

    /// The auth events of an event (server-server §auth-events-selection), chosen from the state now.
    pub fn auth_events(&self, sender: &str, kind: &str, key: Option<&str>, content: &Value) -> Vec<String> {
        if kind == "m.room.create" {
            return Vec::new();
        }
        let mut wanted = vec![("m.room.power_levels", ""), ("m.room.member", sender)];
        if self.version < 12 {
            wanted.push(("m.room.create", ""));
        }
        if let ("m.room.member", Some(target)) = (kind, key) {
            wanted.push(("m.room.member", target));
            let membership = content["membership"].as_str().unwrap_or_default();
            if ["join", "invite", "knock"].contains(&membership) {
                wanted.push(("m.room.join_rules", ""));
            }
            if let Some(token) = content["third_party_invite"]["signed"]["token"].as_str() {
                wanted.push(("m.room.third_party_invite", token));
            }
            if let Some(user) = content["join_authorised_via_users_server"].as_str() {
                wanted.push(("m.room.member", user));
            }
        }
        let ids: BTreeSet<&String> = wanted.into_iter().filter_map(|(kind, key)| self.state_id(kind, key)).collect();
        ids.into_iter().cloned().collect()
    }

    /// Puts an event at the end.
    pub fn add(&mut self, event: &Event) {
        if self.events.contains_key(&event.id) {
            return;
        }
        let follows = |id: &String| event.pdu["prev_events"].as_array().is_some_and(|prev| prev.contains(&json!(id)));
        self.heads.retain(|head| !follows(head));
        self.heads.push(event.id.clone());
        self.before.insert(event.id.clone(), self.state.clone());
        self.know(event);
        self.set(event);
    }

    /// Keeps an event without giving it a place.
    pub fn know(&mut self, event: &Event) {
        if self.events.insert(event.id.clone(), event.pdu.clone()).is_none() {
            self.order.push(event.id.clone());
        }
    }

    /// Makes a state event that of the state now; any other changes nothing.
    pub fn set(&mut self, event: &Event) {
        if let (Some(kind), Some(key)) = (event.pdu["type"].as_str(), event.pdu["state_key"].as_str()) {
            self.state.insert((kind.to_owned(), key.to_owned()), event.id.clone());
        }
    }

    /// The ids of all events that authorise these, directly or through others.
    pub fn auth_chain<'a>(&self, of: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
        let mut chain = BTreeSet::new();
        let mut waiting: Vec<String> = of.into_iter().flat_map(|id| self.links(id, "auth_events")).collect();
        if self.version >= 12 {
            waiting.push(self.id.replacen('!', "$", 1));
        }
        while let Some(id) = waiting.pop() {
            if chain.insert(id.clone()) {
                waiting.extend(self.links(&id, "auth_events"));
            }
        }
        chain.retain(|id| self.events.contains_key(id));
        chain
    }

    /// The event ids in a list of an event such as `prev_events`.
    pub fn links(&self, id: &str, list: &str) -> Vec<String> {
        let pdu = self.pdu(id);
        pdu[list].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The servers with a joined user.
    pub fn servers(&self) -> BTreeSet<String> {
        let joined = |id: &&String| self.pdu(id)["content"]["membership"] == "join";
        let members = self.state.iter().filter(|((kind, _), _)| kind == "m.room.member");
        members
            .filter(|(_, id)| joined(id))
            .filter_map(|((_, user), _)| user.split_once(':').map(|(_, server)| server.to_owned()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Room;
    use crate::create::founded;
    use crate::events::finish;
    use crate::failure::Outcome;
    use crate::testing::domain;

    #[test]
    fn a_message_follows_the_heads_and_is_authorised() -> Outcome {
        let room: Room = founded(&domain()?, "@a:domain", 11, "public")?;
        let draft = room.draft("@a:domain", "m.room.message", None, json!({}));
        assert_eq!(draft["prev_events"], json!(room.heads));
        assert_eq!(draft["auth_events"].as_array().map(Vec::len), Some(3));
        let join = room.draft("@b:domain", "m.room.member", Some("@b:domain"), json!({ "membership": "join" }));
        assert_eq!(join["auth_events"].as_array().map(Vec::len), Some(3), "create, power levels and join rules");
        Ok(())
    }

    #[test]
    fn heads_state_and_chain() -> Outcome {
        let mut room = founded(&domain()?, "@a:domain", 12, "public")?;
        let topic = finish(room.draft("@a:domain", "m.room.topic", Some(""), json!({})), 12, &domain()?);
        room.add(&topic);
        assert_eq!(room.heads, vec![topic.id.clone()]);
        assert_eq!(room.state_id("m.room.topic", ""), Some(&topic.id));
        let chain = room.auth_chain([&topic.id]);
        assert!(chain.contains(&room.id.replacen('!', "$", 1)) && !chain.contains(&topic.id));
        assert_eq!(room.servers().into_iter().collect::<Vec<_>>(), vec!["domain"]);
        Ok(())
    }
}
