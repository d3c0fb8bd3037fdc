//! The scripted peer as a policy server of rooms: it recommends every event that it is asked about (server-server
//! §policy-servers).

use serde_json::{Value, json};

use crate::Peer;
use crate::answer::Answer;
use crate::events::sign;
use crate::failure::Failure;
use crate::keys::Identity;
use crate::request::Request;

/// The id of the key of every policy server.
pub const KEY: &str = "ed25519:policy_server";

impl Peer {
    /// The key with which this server recommends events. It is none of those that it publishes.
    pub fn policy(&self) -> Result<Identity, Failure> {
        Identity::new(&self.me.name, KEY, &[0x50; 32])
    }

    /// The content of the `m.room.policy` of a room that names this server.
    pub fn policy_content(&self) -> Result<Value, Failure> {
        Ok(json!({ "via": self.me.name, "public_keys": { "ed25519": self.policy()?.public() } }))
    }

    /// An event of a room of a version with the recommendation, beside the signatures that it has.
    pub fn recommended(&self, pdu: Value, version: u8) -> Result<Value, Failure> {
        Ok(sign(pdu, version, &self.policy()?))
    }

    /// Answers `sign`.
    pub(super) fn recommend(&self, request: &Request) -> Answer {
        let room = request.json["room_id"].as_str().unwrap_or_default();
        let version = self.room(room).map_or(11, |room| room.version);
        match self.recommended(request.json.clone(), version) {
            Ok(signed) => {
                let signature = &signed["signatures"][&self.me.name][KEY];
                Answer::ok(json!({ &self.me.name: { KEY: signature } }))
            }
            Err(_) => Answer::error(403, "M_FORBIDDEN"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KEY;
    use crate::Request;
    use crate::events::finish;
    use crate::failure::Outcome;
    use crate::keys::signed_by;
    use crate::redact::redact;
    use crate::testing::peer;

    #[test]
    fn the_recommendation_fits_the_key_of_the_room() -> Outcome {
        let peer = peer()?;
        let draft = json!({ "type": "m.room.message", "room_id": "!r:domain", "sender": "@u:other", "content": {} });
        let event = finish(draft, 11, &peer.second().me);
        let body = event.pdu.to_string().into_bytes();
        let request = Request::new("POST", "/_matrix/policy/v1/sign", Vec::new(), body);
        assert_eq!(request.about(), ("policy", "!r:domain"));
        let mut recommended = redact(&event.pdu, 11);
        recommended["signatures"] = peer.recommend(&request).value();
        let key = peer.policy_content()?["public_keys"]["ed25519"].clone();
        assert!(signed_by(&recommended, "domain", &json!({ "verify_keys": { KEY: { "key": key } } })));
        assert!(!signed_by(&recommended, "domain", &peer.me.server_keys()));
        Ok(())
    }
}
