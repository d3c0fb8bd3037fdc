//! The honest answers: who asks is made sure of, then each endpoint has its own.

use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::events::{self, Event, origin};
use crate::keys::signed_by;
use crate::request::Request;
use crate::{Peer, locked};

impl Peer {
    /// Answers a request of the server under test.
    pub(super) fn handle(&self, request: &Request) -> Answer {
        let peer = self.addressed(request);
        if !["key", "federation", "policy"].contains(&request.part(1)) {
            return Answer::error(404, "M_UNRECOGNIZED");
        }
        locked(&self.inner.asked).push(request.clone());
        if request.part(1) == "key" {
            let honest = match request.part(3) {
                "server" => Answer::ok(peer.me.server_keys()),
                "query" => peer.notarised(request),
                _ => Answer::error(404, "M_UNRECOGNIZED"),
            };
            return peer.twist(request, honest);
        }
        let honest = match peer.is_signed(request) {
            true => {
                locked(&self.inner.watching).retain(|watcher| watcher.send(request.clone()).is_ok());
                peer.answer(request)
            }
            false => Answer::error(401, "M_UNAUTHORIZED"),
        };
        peer.twist(request, honest)
    }

    /// The one of the servers that is asked: whose name the request was signed for, or else its host. It speaks with the
    /// one that asks.
    fn addressed(&self, request: &Request) -> Peer {
        let named = |name: &str| self.inner.servers.iter().find(|server| server.name == name);
        let me = named(request.signed("destination")).or_else(|| named(request.header("host")));
        let tested = locked(&self.inner.tested);
        let them = tested.iter().find(|them| them.name == request.signed("origin")).unwrap_or(&self.them);
        Peer { me: me.unwrap_or(&self.me).clone(), them: them.clone(), inner: self.inner.clone() }
    }

    /// Whether the server under test has signed a request, for this server.
    pub fn is_signed(&self, request: &Request) -> bool {
        let (origin, key) = (request.signed("origin"), request.signed("key"));
        let mut covered = json!({
            "method": request.method, "uri": request.uri, "origin": origin, "destination": self.me.name,
            "signatures": { origin: { key: request.signed("sig") } },
        });
        if !request.body.is_empty() {
            covered["content"] = request.json.clone();
        }
        origin == self.under_test() && signed_by(&covered, origin, self.their_keys())
    }

    fn answer(&self, request: &Request) -> Answer {
        let (endpoint, subject) = request.about();
        match endpoint {
            "version" => Answer::ok(json!({ "server": { "name": "Scripted", "version": "1" } })),
            "send" => self.take_in(request),
            "make_join" | "make_leave" | "make_knock" => self.template(request, endpoint, subject),
            "send_join" | "send_leave" | "send_knock" => self.admit(request, endpoint, subject),
            "invite" => self.take_invite(request),
            "event" | "state" | "state_ids" | "event_auth" | "backfill" | "get_missing_events"
            | "timestamp_to_event" => self.read(request, endpoint, subject),
            "keys" | "claim" => self.device_keys(request, endpoint),
            "policy" => self.recommend(request),
            "download" | "thumbnail" => self.media(subject),
            _ => self.told(endpoint, subject),
        }
    }

    /// As a notary: the keys of the servers that are played here, with a signature of this one beside their own.
    fn notarised(&self, request: &Request) -> Answer {
        let wanted = |name: &str| request.json["server_keys"][name].is_object();
        let known = self.inner.servers.iter().filter(|server| wanted(&server.name));
        let keys: Vec<Value> = known.map(|server| self.me.sign(server.server_keys())).collect();
        Answer::ok(json!({ "server_keys": keys }))
    }

    /// What a test has put there.
    fn told(&self, endpoint: &str, subject: &str) -> Answer {
        match locked(&self.inner.told).get(&(endpoint.to_owned(), subject.to_owned())) {
            Some(value) => Answer::ok(value.clone()),
            None => Answer::not_found(),
        }
    }

    /// A transaction: signed events of rooms that are known get their place.
    fn take_in(&self, request: &Request) -> Answer {
        let mut results = json!({});
        for pdu in request.json["pdus"].as_array().into_iter().flatten() {
            let id = pdu["room_id"].as_str().unwrap_or_default();
            let Some(version) = self.change(id, |room| room.version) else { continue };
            let event = Event { id: events::event_id(pdu, version), pdu: pdu.clone() };
            let fault = match origin(pdu) == self.under_test() {
                true => events::fault(pdu, version, self.under_test(), self.their_keys()),
                false => None,
            };
            results[&event.id] = fault.map_or(json!({}), |fault| json!({ "error": fault }));
            if results[&event.id].as_object().is_some_and(|result| result.is_empty()) {
                self.change(id, |room| room.add(&event));
            }
        }
        Answer::ok(json!({ "pdus": results }))
    }

    /// A file (server-server §content-repository).
    fn media(&self, id: &str) -> Answer {
        let Some((kind, bytes)) = locked(&self.inner.files).get(id).cloned() else { return Answer::not_found() };
        let head = "--part\r\ncontent-type: application/json\r\n\r\n{}\r\n--part\r\n";
        let mut body = format!("{head}content-type: {kind}\r\n\r\n").into_bytes();
        body.extend(bytes);
        body.extend(b"\r\n--part--\r\n");
        Answer { content_type: "multipart/mixed; boundary=part".to_owned(), ..Answer::of(200, Body::Whole(body)) }
    }

    /// The events among values, in their order, as an object for an answer.
    pub(super) fn transaction(&self, pdus: Vec<Value>) -> Answer {
        Answer::ok(json!({ "origin": self.me.name, "origin_server_ts": crate::now(), "pdus": pdus }))
    }
}
