//! Redaction: what is left of an event when its content must go (client-server § Redactions; rooms/vN).

use ruma::{canonical_json::redact_in_place, room_version_rules::RoomVersionRules};

use crate::{Error, Result, canonical};

/// The canonical text of an event after redaction. Its ID and signatures stay valid.
///
/// * `json`: the canonical text of the event.
///
/// Which event was the cause is told to clients in [`Unsigned::redacted_because`](crate::Unsigned), and is no part
/// of the stored text.
pub fn redacted(json: &str, rules: &RoomVersionRules) -> Result<String> {
    let mut event = canonical::object(json)?;
    redact_in_place(&mut event, &rules.redaction, None).map_err(|error| Error::Format(error.to_string()))?;
    canonical::text(&event)
}
