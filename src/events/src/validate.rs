//! Checks of what our own clients send, beyond the authorization rules. They are not applied to events of other
//! servers, which may have been accepted by everyone else.

use ruma::{CanonicalJsonObject, CanonicalJsonValue, UserId, events::TimelineEventType};
use serde_json::value::RawValue;

use crate::{Error, MAX_PDU_BYTES, Result, canonical};

/// Reads the content that a client sends for an event, and refuses what would be accepted and then be of harm: text
/// that is no canonical JSON in every room version, and for some types of state fields of the wrong type.
pub fn client_content(
    event_type: &TimelineEventType,
    state_key: Option<&str>,
    content: &RawValue,
) -> Result<CanonicalJsonObject> {
    let bytes = content.get().len();
    let content = canonical::object(content.get())?;
    // What fits into no event need not wait for its room. Spaces do not count.
    if bytes > MAX_PDU_BYTES && canonical::text(&content)?.len() > MAX_PDU_BYTES {
        return Err(Error::TooLarge(format!("a content of {bytes} bytes fits into no event")));
    }
    match event_type {
        TimelineEventType::RoomPowerLevels if state_key.is_some() => power_levels(&content)?,
        // Clients encrypt from the first such event on and never stop, so one without an algorithm breaks the room.
        TimelineEventType::RoomEncryption if state_key.is_some() => string(&content, "algorithm")?,
        // Other servers look for a signature of the server that it names, and drop what names none.
        TimelineEventType::RoomMember => user_id(&content, "join_authorised_via_users_server")?,
        _ => {}
    }
    Ok(content)
}

/// All levels are integers. Room versions up to 9 accept texts and more, which few clients can read.
fn power_levels(content: &CanonicalJsonObject) -> Result<()> {
    for field in ["ban", "events_default", "invite", "kick", "redact", "state_default", "users_default"] {
        if let Some(value) = content.get(field) {
            integer(field, value)?;
        }
    }
    for field in ["events", "notifications", "users"] {
        match content.get(field) {
            None => {}
            Some(CanonicalJsonValue::Object(levels)) => {
                levels.iter().try_for_each(|(key, value)| integer(&format!("{field}.{key}"), value))?;
            }
            Some(_) => return Err(Error::BadJson(format!("`{field}` must be an object"))),
        }
    }
    if let Some(CanonicalJsonValue::Object(users)) = content.get("users") {
        for user in users.keys() {
            <&UserId>::try_from(user.as_str())
                .map_err(|_| Error::BadJson("the keys of `users` must be user IDs".to_owned()))?;
        }
    }
    Ok(())
}

/// A user ID, if the field is there at all.
fn user_id(content: &CanonicalJsonObject, field: &str) -> Result<()> {
    let Some(value) = content.get(field) else { return Ok(()) };
    match value.as_str().map(UserId::parse) {
        Some(Ok(_)) => Ok(()),
        _ => Err(Error::BadJson(format!("`{field}` must be a user ID"))),
    }
}

fn integer(field: &str, value: &CanonicalJsonValue) -> Result<()> {
    if value.is_integer() { Ok(()) } else { Err(Error::BadJson(format!("`{field}` must be an integer"))) }
}

fn string(content: &CanonicalJsonObject, field: &str) -> Result<()> {
    match content.get(field) {
        Some(CanonicalJsonValue::String(_)) => Ok(()),
        _ => Err(Error::BadJson(format!("`{field}` must be a string"))),
    }
}
