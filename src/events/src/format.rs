//! Size and shape of an event, the first check on receipt (server-server § Checks performed on receipt of a PDU).

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, room_version_rules::EventFormatRules, state_res::check_pdu_format,
};

use crate::{Error, Provenance, Result};

/// The greatest size of a whole event as canonical JSON, signatures included, in bytes (client-server § Size limits).
pub const MAX_PDU_BYTES: usize = 65_536;

/// The greatest length of `sender`, `room_id`, `state_key`, `type` and an event ID, in bytes.
pub(crate) const MAX_ID_BYTES: usize = 255;

/// Fields that are looked up in the database, or kept in columns of their own.
const NAMES: [&str; 6] = ["type", "sender", "room_id", "state_key", "prev_events", "auth_events"];

/// `prev_events` and `auth_events` are no longer than this in an event that is sent to us.
const MAX_PREV_EVENTS: usize = 20;
const MAX_AUTH_EVENTS: usize = 10;

/// Checks size and shape. Takes the object mutably only to set parts aside while ruma looks at the rest; it is
/// unchanged afterwards.
pub(crate) fn check(
    event: &mut CanonicalJsonObject,
    bytes: usize,
    rules: &EventFormatRules,
    provenance: Provenance,
) -> Result<()> {
    if bytes > MAX_PDU_BYTES {
        return Err(Error::TooLarge(format!("event has {bytes} bytes, more than the {MAX_PDU_BYTES} allowed")));
    }
    for field in ["type", "sender", "room_id", "state_key"] {
        if let Some(CanonicalJsonValue::String(value)) = event.get(field)
            && value.len() > MAX_ID_BYTES
        {
            return Err(Error::TooLarge(format!("`{field}` is longer than {MAX_ID_BYTES} bytes")));
        }
    }
    if let Some(field) = NAMES.iter().find(|field| event.get(**field).is_some_and(holds_zero)) {
        return Err(Error::Format(format!("a zero byte in `{field}`")));
    }
    if !event.get("content").is_some_and(CanonicalJsonValue::is_object) {
        return Err(Error::Format("`content` must be an object".to_owned()));
    }
    // ruma draws the line at 65,535 bytes, one short. It does not look at the signatures: without them an event of
    // 65,536 bytes passes its check of the size too.
    let signatures = event.remove("signatures");
    let long = match provenance {
        Provenance::Sent => None,
        Provenance::History => {
            Some((shorten(event, "prev_events", MAX_PREV_EVENTS), shorten(event, "auth_events", MAX_AUTH_EVENTS)))
        }
    };
    let verdict = check_pdu_format(event, rules);
    if let Some((prev_events, auth_events)) = long {
        restore(event, "prev_events", prev_events);
        restore(event, "auth_events", auth_events);
    }
    restore(event, "signatures", signatures);
    verdict.map_err(Error::Format)
}

/// Whether a text, or one in a list, has a zero byte. PostgreSQL keeps none, so an event with such a name could be
/// stored nowhere; none of the grammars allows it.
fn holds_zero(value: &CanonicalJsonValue) -> bool {
    match value {
        CanonicalJsonValue::String(text) => text.contains('\0'),
        CanonicalJsonValue::Array(texts) => texts.iter().any(holds_zero),
        _ => false,
    }
}

/// Leaves the first `limit` items of a too long array in the event and gives the whole one back.
fn shorten(event: &mut CanonicalJsonObject, field: &str, limit: usize) -> Option<CanonicalJsonValue> {
    let array = event.get_mut(field)?.as_array_mut()?;
    if array.len() <= limit {
        return None;
    }
    let whole = array.clone();
    array.truncate(limit);
    Some(whole.into())
}

fn restore(event: &mut CanonicalJsonObject, field: &str, value: Option<CanonicalJsonValue>) {
    if let Some(value) = value {
        event.insert(field.to_owned(), value);
    }
}
