//! Vectors of key bundles: a room's session, what was said with it, the bundle that gives it, and the attachment in which it
//! travels. Whoever opens the attachment must come to the same words.

use serde_json::{Value, json};
use vodozemac::megolm::{GroupSession, InboundGroupSession, SessionConfig};

use crate::device::random;
use crate::error::wrong;
use crate::json::{base64, bytes_of, text};
use crate::megolm::{Inbound, MEGOLM, Sessions};
use crate::{Bundle, EncryptedFile, Error, Result, open_attachment, seal_attachment};

const ROOM: &str = "!timeline:a.example";
const OTHER_ROOM: &str = "!other:a.example";

/// Makes new vectors, as `federation-spec/vectors/key_bundle.json` has them.
///
/// # Errors
/// There is no randomness.
pub fn make_vectors() -> Result<Value> {
    let (mut sessions, mut said) = (Sessions::default(), Vec::new());
    for (room_id, shared_history, text) in [
        (ROOM, true, "The tomatoes are in."),
        (ROOM, false, "Said while the history was not shared."),
        (OTHER_ROOM, true, "Said in another room."),
    ] {
        let mut session = GroupSession::new(SessionConfig::version_1());
        sessions.keep(Inbound {
            room_id: room_id.to_owned(),
            sender_key: base64(&random::<32>()?),
            claimed_ed25519: base64(&random::<32>()?),
            shared_history,
            shared_by: None,
            session: InboundGroupSession::new(&session.session_key(), SessionConfig::version_1()),
        });
        let content = json!({"msgtype": "m.text", "body": text});
        let clear = json!({"type": "m.room.message", "room_id": room_id, "content": content});
        let ciphertext = session.encrypt(clear.to_string()).to_base64();
        let encrypted = json!({"algorithm": MEGOLM, "session_id": session.session_id(), "ciphertext": ciphertext});
        said.push(
            json!({"event": {"type": "m.room.encrypted", "room_id": room_id, "content": encrypted}, "clear": clear}),
        );
    }
    let bundle = Bundle::of(ROOM, sessions.inbound.values());
    let content = serde_json::to_string(&bundle)?;
    let (sealed, file) = seal_attachment(content.as_bytes(), random()?, random()?, "mxc://a.example/bundle")?;
    Ok(json!({
        "room_id": ROOM,
        "bundle": content,
        "attachment": base64(&sealed),
        "m.room_key_bundle": {"room_id": ROOM, "file": file},
        "said": said,
    }))
}

/// Opens vectors and checks that each word comes out that should, and no other.
///
/// # Errors
/// What does not agree.
pub fn open_vectors(vectors: &Value) -> Result<()> {
    let message = vectors.get("m.room_key_bundle").ok_or_else(|| Error::wrong("no m.room_key_bundle"))?;
    let file = EncryptedFile(message.get("file").cloned().unwrap_or_default());
    let content = open_attachment(&bytes_of(text(vectors, "attachment")?)?, &file)?;
    if content != text(vectors, "bundle")?.as_bytes() {
        return Err(Error::wrong("the attachment is not the bundle"));
    }
    let room_id = text(vectors, "room_id")?;
    let mut sessions = Sessions::default();
    for inbound in Bundle::open(&content, room_id, "@inviter:a.example")? {
        sessions.keep(inbound);
    }
    let given: Bundle = serde_json::from_slice(&content).map_err(wrong)?;
    let said = vectors.get("said").and_then(Value::as_array).into_iter().flatten();
    for each in said {
        let event = each.get("event").unwrap_or(&Value::Null);
        let session_id = event.pointer("/content/session_id").and_then(Value::as_str).unwrap_or_default();
        let is_given = given.room_keys.iter().any(|key| key.session_id == session_id);
        let is_withheld =
            given.withheld.iter().any(|key| key.0.get("session_id").and_then(Value::as_str) == Some(session_id));
        let here = text(event, "room_id")? == room_id;
        let read = sessions.decrypt(text(event, "room_id")?, event);
        match (here && is_given, read) {
            (true, Ok((clear, Some(from)))) if Some(&clear) == each.get("clear") && from == "@inviter:a.example" => {}
            (false, Err(_)) if is_withheld || !here => {}
            (expected, read) => {
                return Err(Error::wrong(format!(
                    "{session_id}: readable: {expected}, but {:?}",
                    read.map(|(clear, _)| clear)
                )));
            }
        }
    }
    Ok(())
}
