//! What a server is told while it is there, and not later: who types, what was read, who is online. What is newer takes the
//! place of what is older.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json, value::RawValue};
use sync::PresenceContent;

/// Things of one kind that wait for one server; more are not told.
const MOST: usize = 500;
/// Users of one `m.presence`.
const USERS: usize = 100;

/// A receipt as others are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub room_id: String,
    pub user_id: String,
    /// The root of the thread, or `main`; none of a receipt for the whole room.
    pub thread_id: Option<String>,
    pub event_id: String,
    pub ts: i64,
}

/// All that waits for one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// By room and user.
    typing: BTreeMap<(String, String), bool>,
    /// By room, user and thread: the event and the time.
    receipts: BTreeMap<(String, String, Option<String>), (String, i64)>,
    presence: BTreeMap<String, PresenceContent>,
}

impl Queue {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.typing.is_empty() && self.receipts.is_empty() && self.presence.is_empty()
    }

    /// That a user types in a room, or does not any more.
    pub fn typing(&mut self, room_id: &str, user_id: &str, typing: bool) {
        put(&mut self.typing, (room_id.to_owned(), user_id.to_owned()), typing);
    }

    /// How far a user has read.
    pub fn receipt(&mut self, receipt: &Receipt) {
        let Receipt { room_id, user_id, thread_id, event_id, ts } = receipt.clone();
        put(&mut self.receipts, (room_id, user_id, thread_id), (event_id, ts));
    }

    /// Whether a user is online.
    pub fn presence(&mut self, user_id: &str, content: &PresenceContent) {
        put(&mut self.presence, user_id.to_owned(), content.clone());
    }

    /// Takes as much as goes into so many EDUs.
    pub fn take(&mut self, most: usize) -> Vec<Box<RawValue>> {
        let mut edus = Vec::new();
        while edus.len() < most {
            let next = self.next_typing().or_else(|| self.next_receipts()).or_else(|| self.next_presence());
            let Some((edu_type, content)) = next else { break };
            let edu = json!({ "edu_type": edu_type, "content": content });
            edus.extend(serde_json::value::to_raw_value(&edu).ok());
        }
        edus
    }

    fn next_typing(&mut self) -> Option<(&'static str, Value)> {
        let ((room_id, user_id), typing) = self.typing.pop_first()?;
        Some(("m.typing", json!({ "room_id": room_id, "user_id": user_id, "typing": typing })))
    }

    /// One receipt of each user in each room; those in further threads are left for the next.
    fn next_receipts(&mut self) -> Option<(&'static str, Value)> {
        let mut rooms: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        let mut left = BTreeMap::new();
        for ((room_id, user_id, thread_id), (event_id, ts)) in std::mem::take(&mut self.receipts) {
            let users = rooms.entry(room_id.clone()).or_default();
            if users.contains_key(&user_id) {
                left.insert((room_id, user_id, thread_id), (event_id, ts));
                continue;
            }
            let mut data = Map::from_iter([("ts".to_owned(), Value::from(ts))]);
            data.extend(thread_id.map(|thread_id| ("thread_id".to_owned(), Value::from(thread_id))));
            users.insert(user_id, json!({ "data": data, "event_ids": [event_id] }));
        }
        self.receipts = left;
        let of_room = |(room_id, users): (String, Map<String, Value>)| (room_id, json!({ "m.read": users }));
        (!rooms.is_empty()).then(|| ("m.receipt", Value::Object(rooms.into_iter().map(of_room).collect())))
    }

    fn next_presence(&mut self) -> Option<(&'static str, Value)> {
        let mut push = Vec::new();
        while push.len() < USERS
            && let Some((user_id, content)) = self.presence.pop_first()
        {
            let mut told = json!({
                "user_id": user_id,
                "presence": content.presence,
                "last_active_ago": content.last_active_ago.unwrap_or(0),
                "currently_active": content.currently_active.unwrap_or(false),
            });
            if let (Some(text), Some(told)) = (content.status_msg, told.as_object_mut()) {
                told.insert("status_msg".into(), text.into());
            }
            push.push(told);
        }
        (!push.is_empty()).then(|| ("m.presence", json!({ "push": push })))
    }
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) {
    if map.len() < MOST || map.contains_key(&key) {
        map.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(room_id: &str, user_id: &str, thread_id: Option<&str>, event_id: &str) -> Receipt {
        let thread_id = thread_id.map(str::to_owned);
        Receipt { room_id: room_id.into(), user_id: user_id.into(), thread_id, event_id: event_id.into(), ts: 7 }
    }

    fn taken(queue: &mut Queue, most: usize) -> Vec<Value> {
        queue.take(most).iter().map(|edu| serde_json::from_str(edu.get()).unwrap()).collect()
    }

    #[test]
    fn what_is_newer_takes_the_place_of_what_is_older() {
        let mut queue = Queue::default();
        queue.typing("!r", "@a:test", true);
        queue.typing("!r", "@a:test", false);
        queue.receipt(&receipt("!r", "@a:test", None, "$1"));
        queue.receipt(&receipt("!r", "@a:test", None, "$2"));
        queue.receipt(&receipt("!r", "@a:test", Some("main"), "$3"));
        queue.receipt(&receipt("!s", "@a:test", None, "$4"));
        queue.presence("@a:test", &PresenceContent::default());
        queue.presence("@a:test", &PresenceContent { status_msg: Some("here".into()), ..Default::default() });
        let typing = json!({ "room_id": "!r", "user_id": "@a:test", "typing": false });
        let read = |event: &str| json!({ "data": { "ts": 7 }, "event_ids": [event] });
        let first = json!({
            "!r": { "m.read": { "@a:test": read("$2") } },
            "!s": { "m.read": { "@a:test": read("$4") } },
        });
        let in_thread = json!({ "data": { "ts": 7, "thread_id": "main" }, "event_ids": ["$3"] });
        let presence = json!({ "push": [{
            "user_id": "@a:test", "presence": "offline", "last_active_ago": 0, "currently_active": false,
            "status_msg": "here",
        }] });
        assert_eq!(
            taken(&mut queue, 2),
            [
                json!({ "edu_type": "m.typing", "content": typing }),
                json!({ "edu_type": "m.receipt", "content": first }),
            ]
        );
        assert_eq!(
            taken(&mut queue, 100),
            [
                json!({ "edu_type": "m.receipt", "content": { "!r": { "m.read": { "@a:test": in_thread } } } }),
                json!({ "edu_type": "m.presence", "content": presence }),
            ]
        );
        assert!(queue.is_empty());
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut queue = Queue::default();
        for n in 0..MOST * 3 {
            queue.typing("!r", &format!("@{n}:test"), true);
            queue.presence(&format!("@{n}:test"), &PresenceContent::default());
        }
        assert_eq!(taken(&mut queue, usize::MAX).len(), MOST + MOST / USERS);
    }
}
