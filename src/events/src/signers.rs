//! Whose signatures an event needs (server-server §validating-hashes-and-signatures-on-received-events).

use std::collections::BTreeSet;

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, OwnedServerName, UserId, canonical_json::RedactingSerializer,
    room_version_rules::RoomVersionRules,
};

use crate::{Error, PublicKey, Result};

/// Under this id policy servers sign. It is published nowhere, and checked elsewhere.
const POLICY_KEY: &str = "ed25519:policy_server";

/// The signatures of one server with more keys than these are not looked at.
const MAX_SIGNATURES: usize = 10;

/// The servers that must have signed an event. ruma's own list demands the second signature of a restricted join from
/// any event whose content has the field, even a message; other servers demand it from joins only, and to differ from them
/// would split rooms.
pub(crate) fn required(event: &CanonicalJsonObject, rules: &RoomVersionRules) -> Result<BTreeSet<OwnedServerName>> {
    let mut servers = BTreeSet::new();
    let membership = membership(event);
    let content = event.get("content").and_then(CanonicalJsonValue::as_object);
    let of_third_party =
        content.and_then(|content| content.get("third_party_invite")).is_some_and(CanonicalJsonValue::is_object);
    if membership != Some("invite") || !of_third_party {
        servers.insert(sender(event)?);
    }
    if membership == Some("join")
        && rules.signatures.check_join_authorised_via_users_server
        && let Some(authoriser) = content.and_then(|content| content.get("join_authorised_via_users_server"))
    {
        servers.insert(server_of(authoriser, "join_authorised_via_users_server")?);
    }
    Ok(servers)
}

/// The server of the sender.
pub(crate) fn sender(event: &CanonicalJsonObject) -> Result<OwnedServerName> {
    let sender = event.get("sender").ok_or_else(|| Error::Format("missing field `sender`".to_owned()))?;
    server_of(sender, "sender")
}

/// The signatures that a server made: key ids and base64.
pub(crate) fn signatures<'a>(
    event: &'a CanonicalJsonObject,
    server: &str,
) -> impl Iterator<Item = (&'a str, &'a CanonicalJsonValue)> {
    let all = event.get("signatures").and_then(CanonicalJsonValue::as_object);
    let made = all.and_then(|all| all.get(server)).and_then(CanonicalJsonValue::as_object);
    made.into_iter()
        .flatten()
        .map(|(key, signature)| (key.as_str(), signature))
        .filter(|(key, _)| key.starts_with("ed25519:") && *key != POLICY_KEY)
        .take(MAX_SIGNATURES)
}

/// What is signed of an event: its redacted form, in canonical JSON.
pub(crate) fn signed_text(event: &CanonicalJsonObject, rules: &RoomVersionRules) -> Result<String> {
    let serializer =
        RedactingSerializer::new().rules(&rules.redaction).custom_redacted_root_fields(&["signatures", "unsigned"]);
    serializer.serialize(event).map_err(|error| Error::Format(error.to_string()))
}

/// Checks that a server signed an event with a known key, and with none of those that are known wrongly.
pub(crate) fn check(
    event: &CanonicalJsonObject,
    text: &str,
    server: &str,
    key: impl Fn(&str) -> Option<PublicKey>,
) -> Result<()> {
    let mut checked = false;
    for (key_id, signature) in signatures(event, server) {
        let Some(key) = key(key_id) else { continue };
        let refused = |what: &str| Error::Signature(format!("of {server} with {key_id}: {what}"));
        let signature = signature.as_str().ok_or_else(|| refused("it is no text"))?;
        key.verify(text.as_bytes(), signature).map_err(|_| refused("it does not fit"))?;
        checked = true;
    }
    if checked { Ok(()) } else { Err(Error::Signature(format!("none of {server} with a known key"))) }
}

fn membership(event: &CanonicalJsonObject) -> Option<&str> {
    let kind = event.get("type").and_then(CanonicalJsonValue::as_str);
    let content =
        event.get("content").and_then(CanonicalJsonValue::as_object).filter(|_| kind == Some("m.room.member"));
    content?.get("membership")?.as_str()
}

fn server_of(user: &CanonicalJsonValue, field: &str) -> Result<OwnedServerName> {
    let user = user.as_str().and_then(|user| <&UserId>::try_from(user).ok());
    let user = user.ok_or_else(|| Error::Format(format!("`{field}` must be a user ID")))?;
    Ok(user.server_name().to_owned())
}
