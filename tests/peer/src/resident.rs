//! The scripted peer as a server whose rooms others join, leave and knock upon, and as one that is invited.

use serde_json::{Value, json};

use crate::Peer;
use crate::answer::Answer;
use crate::events::{Event, event_id, fault, origin, sign};
use crate::request::Request;
use crate::room::Room;

/// The state that a server is shown that may not see the rest.
const STRIPPED: [&str; 6] =
    ["m.room.create", "m.room.join_rules", "m.room.name", "m.room.topic", "m.room.avatar", "m.room.encryption"];

impl Peer {
    /// Answers `make_join`, `make_leave` and `make_knock`.
    pub(super) fn template(&self, request: &Request, endpoint: &str, room: &str) -> Answer {
        let user = request.part(5);
        let Ok(room) = self.room(room) else { return Answer::not_found() };
        let supported = request.arguments("ver").any(|version| version == room.version.to_string());
        if endpoint != "make_leave" && !supported {
            let version = room.version.to_string();
            return Answer::error(400, "M_INCOMPATIBLE_ROOM_VERSION")
                .changed(|error| error["room_version"] = json!(version));
        }
        let membership = endpoint.trim_start_matches("make_");
        let mut content = json!({ "membership": membership });
        if membership == "join" && room.content("m.room.join_rules", "")["join_rule"] == "restricted" {
            content["join_authorised_via_users_server"] = json!(self.somebody(&room));
        }
        let draft = room.draft(user, "m.room.member", Some(user), content);
        Answer::ok(json!({ "room_version": room.version.to_string(), "event": draft }))
    }

    /// A joined user of this server.
    fn somebody(&self, room: &Room) -> String {
        let mine = |user: &&String| user.ends_with(&format!(":{}", self.me.name));
        let members = room.state.keys().filter(|(kind, _)| kind == "m.room.member").map(|(_, user)| user);
        members
            .filter(mine)
            .find(|user| room.content("m.room.member", user)["membership"] == "join")
            .cloned()
            .unwrap_or_default()
    }

    /// Answers `send_join`, `send_leave` and `send_knock`.
    pub(super) fn admit(&self, request: &Request, endpoint: &str, room: &str) -> Answer {
        let Ok(before) = self.room(room) else { return Answer::not_found() };
        let mut pdu = request.json.clone();
        if let Some(fault) = fault(&pdu, before.version, origin(&pdu), self.their_keys()) {
            return Answer::json(403, json!({ "errcode": "M_FORBIDDEN", "error": fault }));
        }
        if origin(&pdu) != self.under_test() || event_id(&pdu, before.version) != request.part(5) {
            return Answer::error(400, "M_INVALID_PARAM");
        }
        if pdu["content"]["join_authorised_via_users_server"].is_string() {
            pdu = sign(pdu, before.version, &self.me);
        }
        let event = Event { id: request.part(5).to_owned(), pdu };
        self.change(room, |room| room.add(&event));
        match endpoint {
            "send_leave" => Answer::ok(json!({})),
            "send_knock" => Answer::ok(json!({ "knock_room_state": before.stripped() })),
            _ => self.joined(&before, &event),
        }
    }

    /// The answer to a join: the room before it.
    fn joined(&self, before: &Room, event: &Event) -> Answer {
        let mut servers = before.servers();
        servers.insert(self.under_test().to_owned());
        Answer::ok(json!({
            "origin": self.me.name,
            "event": event.pdu,
            "state": before.pdus(before.state.values()),
            "auth_chain": before.pdus(&before.auth_chain(before.state.values())),
            "members_omitted": false,
            "servers_in_room": servers,
        }))
    }

    /// Answers `invite` of version 2: the event with a signature of the own.
    pub(super) fn take_invite(&self, request: &Request) -> Answer {
        let version = request.json["room_version"].as_str().and_then(|version| version.parse().ok()).unwrap_or(11);
        let pdu = &request.json["event"];
        if request.part(2) != "v2" {
            return Answer::error(404, "M_UNRECOGNIZED");
        }
        match fault(pdu, version, origin(pdu), self.their_keys()) {
            Some(fault) => Answer::json(403, json!({ "errcode": "M_FORBIDDEN", "error": fault })),
            None => Answer::ok(json!({ "event": sign(pdu.clone(), version, &self.me) })),
        }
    }
}

impl Room {
    /// What is shown of a room to those who are invited or knock: events as they are.
    pub fn stripped(&self) -> Vec<Value> {
        self.pdus(STRIPPED.iter().filter_map(|kind| self.state_id(kind, "")))
    }
}
