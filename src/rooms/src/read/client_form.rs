//! Events as clients get them, with all that the server adds.

use std::collections::{BTreeSet, HashMap};

use events::{ClientFormat, Unsigned, client_event::client_event};
use ruma::{DeviceId, EventId, RoomId, UserId, room_version_rules::RoomVersionRules};
use serde_json::value::RawValue;
use store::{
    Conn,
    rooms::{Membership, StoredEvent},
};

use super::content;
use crate::{Error, EventCache, Result};

/// What is written beside an event, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct ClientForm<'a> {
    /// The rules of the room.
    pub rules: &'a RoomVersionRules,
    /// The room, where each event must name it; `None` in `/sync`.
    pub room_id: Option<&'a RoomId>,
    /// Who reads.
    pub user_id: &'a UserId,
    /// With which device: it is told the transaction ids of its own requests.
    pub device_id: Option<&'a DeviceId>,
    /// The time of now in milliseconds since 1970, for `age`.
    pub now: i64,
}

/// Events that others refer to: the states they replaced, the redactions that emptied them. Read for a whole answer
/// at once, of any number of rooms, so that writing it asks the database nothing.
#[derive(Debug, Default)]
pub struct Related {
    events: HashMap<i64, StoredEvent>,
}

impl Related {
    /// Reads what these events refer to.
    pub fn load<'e>(
        conn: &mut Conn,
        cache: &EventCache,
        events: impl IntoIterator<Item = &'e StoredEvent>,
    ) -> Result<Self> {
        let nids: BTreeSet<i64> =
            events.into_iter().flat_map(|event| [event.replaces, event.redacted_by]).flatten().collect();
        if nids.is_empty() {
            return Ok(Self::default());
        }
        let nids: Vec<i64> = nids.into_iter().collect();
        Ok(Self { events: cache.stored_map(conn, &nids)? })
    }

    /// Reads the redactions only: for whole states, whose history nobody asked for.
    pub fn redactions<'e>(
        conn: &mut Conn,
        cache: &EventCache,
        events: impl IntoIterator<Item = &'e StoredEvent>,
    ) -> Result<Self> {
        let nids: BTreeSet<i64> = events.into_iter().filter_map(|event| event.redacted_by).collect();
        let nids: Vec<i64> = nids.into_iter().collect();
        Ok(Self { events: cache.stored_map(conn, &nids)? })
    }

    /// Writes one event.
    ///
    /// * `membership`: the reader's at the event, where it is known.
    pub fn write(
        &self,
        event: &StoredEvent,
        membership: Option<Membership>,
        form: &ClientForm<'_>,
    ) -> Result<Box<RawValue>> {
        self.write_with(event, membership, None, form)
    }

    /// The same with what is bundled with the event ([`Bundles::json`](crate::relations::Bundles::json)).
    pub fn write_with(
        &self,
        event: &StoredEvent,
        membership: Option<Membership>,
        relations: Option<&RawValue>,
        form: &ClientForm<'_>,
    ) -> Result<Box<RawValue>> {
        let replaced = event.replaces.and_then(|nid| self.events.get(&nid));
        let redaction = event.redacted_by.and_then(|nid| self.events.get(&nid));
        let redacted_because = match redaction {
            Some(redaction) => Some(client_event(
                &redaction.json,
                &ClientFormat {
                    event_id: id(redaction)?,
                    room_id: form.room_id,
                    rules: form.rules,
                    unsigned: Unsigned { age: age(redaction, form.now), ..Unsigned::default() },
                },
            )?),
            None => None,
        };
        let unsigned = Unsigned {
            age: age(event, form.now),
            membership: membership.map(Membership::as_str),
            prev_content: replaced.and_then(|event| content::raw(event)),
            prev_sender: replaced.map(|event| event.sender.as_str()),
            redacted_because: redacted_because.as_deref(),
            relations,
            replaces_state: replaced.map(|event| id(event)).transpose()?,
            transaction_id: own_transaction(event, form),
        };
        let format = ClientFormat { event_id: id(event)?, room_id: form.room_id, rules: form.rules, unsigned };
        Ok(client_event(&event.json, &format)?)
    }
}

/// The transaction id, for the device that sent the event.
fn own_transaction<'e>(event: &'e StoredEvent, form: &ClientForm<'_>) -> Option<&'e str> {
    let own = event.sender == form.user_id.as_str() && event.device_id.as_deref() == Some(form.device_id?.as_str());
    if own { event.txn_id.as_deref() } else { None }
}

/// Clocks differ: an event from the future is of no age.
fn age(event: &StoredEvent, now: i64) -> Option<i64> {
    Some(now.saturating_sub(event.origin_server_ts).max(0))
}

fn id(event: &StoredEvent) -> Result<&EventId> {
    <&EventId>::try_from(event.event_id.as_str())
        .map_err(|_| Error::Internal(format!("stored event id {:?}", event.event_id)))
}
