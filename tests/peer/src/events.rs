//! Events as servers exchange them: hashes, signatures and ids (server-server §signing-events).

use serde_json::{Value, json};

use crate::canonical::{hash, url_hash, without};
use crate::keys::{Identity, signed_by};
use crate::redact::redact;

/// A finished event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// What is sent.
    pub pdu: Value,
}

/// The content hash.
pub fn content_hash(pdu: &Value) -> String {
    hash(&without(pdu, &["unsigned", "signatures", "hashes"]))
}

/// The event id: the reference hash with its sigil.
pub fn event_id(pdu: &Value, version: u8) -> String {
    format!("${}", url_hash(&without(&redact(pdu, version), &["signatures", "unsigned", "age_ts"])))
}

/// The event with one more signature of a server, and otherwise as it is.
pub fn sign(mut pdu: Value, version: u8, by: &Identity) -> Value {
    let signature = by.signature(&redact(&pdu, version));
    by.put_signature(&mut pdu, signature);
    pdu
}

/// Hashes and signs an event, and gives it its id.
pub fn finish(mut pdu: Value, version: u8, by: &Identity) -> Event {
    pdu["hashes"] = json!({ "sha256": content_hash(&pdu) });
    let pdu = sign(pdu, version, by);
    Event { id: event_id(&pdu, version), pdu }
}

/// What is wrong with hash and signature of an event by a server with these published keys, if anything is.
pub fn fault(pdu: &Value, version: u8, server: &str, keys: &Value) -> Option<String> {
    if pdu["hashes"]["sha256"] != content_hash(pdu) {
        return Some(format!("its content hash should be {}: {pdu}", content_hash(pdu)));
    }
    (!signed_by(&redact(pdu, version), server, keys)).then(|| format!("{server} has not signed it: {pdu}"))
}

/// The server of the sender.
pub fn origin(pdu: &Value) -> &str {
    pdu["sender"].as_str().and_then(|sender| sender.split_once(':')).map(|(_, server)| server).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{event_id, fault, finish, origin};
    use crate::failure::Outcome;
    use crate::testing::domain;

    /// The first example of appendices §event-signing.
    #[test]
    fn smallest_event_of_the_specification() -> Outcome {
        let event = json!({
            "room_id": "!x:domain", "sender": "@a:domain", "origin": "domain", "origin_server_ts": 1000000,
            "signatures": {}, "hashes": {}, "type": "X", "content": {}, "prev_events": [], "auth_events": [],
            "depth": 3, "unsigned": { "age_ts": 1000000 },
        });
        let event = finish(event, 6, &domain()?).pdu;
        assert_eq!(event["hashes"]["sha256"], "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos");
        let want = "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg";
        assert_eq!(event["signatures"]["domain"]["ed25519:1"], want);
        Ok(())
    }

    /// The second example, whose content a redaction takes away.
    #[test]
    fn redactable_event_of_the_specification() -> Outcome {
        let event = json!({
            "content": { "body": "Here is the message content" }, "event_id": "$0:domain", "origin": "domain",
            "origin_server_ts": 1000000, "type": "m.room.message", "room_id": "!r:domain", "sender": "@u:domain",
            "signatures": {}, "unsigned": { "age_ts": 1000000 },
        });
        let event = finish(event, 6, &domain()?).pdu;
        assert_eq!(event["hashes"]["sha256"], "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g");
        let want = "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA";
        assert_eq!(event["signatures"]["domain"]["ed25519:1"], want);
        Ok(())
    }

    #[test]
    fn faults_are_found() -> Outcome {
        let draft = json!({ "type": "m.room.message", "sender": "@u:domain", "content": { "body": "x" } });
        let event = finish(draft, 11, &domain()?);
        let keys = domain()?.server_keys();
        assert_eq!(fault(&event.pdu, 11, origin(&event.pdu), &keys), None);
        let mut other = event.pdu.clone();
        other["content"]["body"] = json!("y");
        assert!(fault(&other, 11, "domain", &keys).is_some());
        assert_eq!(event_id(&other, 11), event.id, "the id covers what a redaction keeps");
        other["sender"] = json!("@v:domain");
        assert_ne!(event_id(&other, 11), event.id);
        Ok(())
    }
}
