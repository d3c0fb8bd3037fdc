//! Aliases that a room claims must be its own (client-server §mroomcanonical_alias).

use ruma::{CanonicalJsonObject, CanonicalJsonValue, OwnedRoomAliasId, events::StateEventType};
use store::rooms::{current_event, room_by_alias};

use crate::{Error, Result, Rooms};

impl Rooms {
    /// Checks the aliases that were not there before.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for what is no alias, [`Error::BadAlias`] for one that does not point to this room.
    pub(super) async fn check_canonical_alias(&self, room: i64, content: &CanonicalJsonObject) -> Result<()> {
        let wanted = aliases_in(content)?;
        let local: Vec<OwnedRoomAliasId> =
            wanted.into_iter().filter(|alias| alias.server_name() == self.inner.server_name).collect();
        if local.is_empty() {
            return Ok(());
        }
        let known = self.inner.store.read(move |conn| {
            let event_type = StateEventType::RoomCanonicalAlias.to_string();
            let before = current_event(conn, room, &event_type, "")?.map(|event| event.json.clone());
            let mut wrong = None;
            for alias in local {
                let target = room_by_alias(conn, alias.as_str())?;
                if target.is_none_or(|(target, _)| target.nid != room) {
                    wrong = Some(alias);
                    break;
                }
            }
            Ok((before, wrong))
        });
        let (before, wrong) = known.await?;
        let Some(wrong) = wrong else { return Ok(()) };
        // An alias that was named before may stay, even if it has gone meanwhile.
        let before = match before {
            Some(json) => aliases_in_event(&json)?,
            None => Vec::new(),
        };
        if before.contains(&wrong) {
            return Ok(());
        }
        Err(Error::BadAlias(format!("{wrong} does not point to this room")))
    }
}

fn aliases_in_event(json: &str) -> Result<Vec<OwnedRoomAliasId>> {
    let event = events::canonical::object(json)?;
    match event.get("content") {
        Some(CanonicalJsonValue::Object(content)) => Ok(aliases_in(content).unwrap_or_default()),
        _ => Ok(Vec::new()),
    }
}

/// The aliases that an `m.room.canonical_alias` names.
///
/// # Errors
/// [`Error::InvalidParam`] for what is no alias.
pub(crate) fn aliases_in(content: &CanonicalJsonObject) -> Result<Vec<OwnedRoomAliasId>> {
    let wrong = || Error::InvalidParam("`alias` and `alt_aliases` hold room aliases".into());
    let mut named = Vec::new();
    match content.get("alias") {
        None | Some(CanonicalJsonValue::Null) => {}
        Some(alias) => named.push(alias.as_str().ok_or_else(wrong)?),
    }
    match content.get("alt_aliases") {
        None | Some(CanonicalJsonValue::Null) => {}
        Some(CanonicalJsonValue::Array(aliases)) => {
            for alias in aliases {
                named.push(alias.as_str().ok_or_else(wrong)?);
            }
        }
        Some(_) => return Err(wrong()),
    }
    let named = named.into_iter().filter(|alias| !alias.is_empty());
    named.map(|alias| OwnedRoomAliasId::try_from(alias).map_err(|_| wrong())).collect()
}
