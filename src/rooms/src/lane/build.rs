//! An event of one of our users: from a proposal to a signed event on the room's head.

use std::collections::HashMap;

use events::{EventBuilder, Pdu, VerifiedPdu, auth};
use ruma::{
    CanonicalJsonValue, EventId, OwnedEventId,
    events::{StateEventType, TimelineEventType},
};
use store::rooms::{EventFlags, EventRow, events_by_txn};

use crate::{
    Error, Result,
    cache::event_id,
    lane::{At, NewEvent, Numbered, Placed, Proposal, Stand, Turn, chain::Building, head::Extremity, member::Standing},
};

/// How many previous events one of ours names (the specification allows 20).
const PREV_EVENTS: usize = 10;

/// What a new event is built on.
pub(super) struct Base {
    /// Its previous events: the newest of the room's extremities.
    prev_events: Vec<Extremity>,
    /// Root of the state there: the current state, unless there are too many extremities to name all.
    pub state: i64,
}

impl Building<'_> {
    /// Puts one proposal at the end of the chain. Changes nothing if it is refused.
    pub(crate) fn event(&mut self, proposal: &Proposal) -> Result<Placed> {
        if let Some(placed) = self.repetition(proposal)? {
            return Ok(placed);
        }
        let named = self.named(proposal)?;
        let proposal = named.as_ref().unwrap_or(proposal);
        let base = self.base()?;
        let replaced = match &proposal.state_key {
            Some(state_key) => self.state(base.state, &proposal.event_type.to_string().into(), state_key)?,
            None => None,
        };
        let membership = match proposal.event_type {
            TimelineEventType::RoomMember => Standing::of(replaced.as_ref())?.membership(),
            _ => None,
        };
        let turn = proposal.on_turn.map_or(Turn::Send, |on_turn| on_turn(membership));
        if let Turn::Refuse(reason) = turn {
            return Err(Error::Forbidden(reason.into()));
        }
        if let Some(replaced) = &replaced
            && (turn == Turn::Keep || is_same(proposal, &replaced.pdu)?)
        {
            return self.sent_before(replaced);
        }
        self.check_door(proposal, base.state, membership)?;
        let emptied = self.check_redaction(proposal, base.state)?;
        let (event, auth_events) = self.build(proposal, &base)?;
        let pdu = event.pdu();
        if *pdu.event_type() == TimelineEventType::RoomCreate {
            auth::check_auth_events(self.head.rules, pdu, |_| None)?;
        }
        self.check_state(pdu, base.state)??;
        self.check_relation(pdu)?;
        let pdu = self.recommended(event, proposal.signed.as_ref())?.into_pdu(false);
        let index = self.place(NewEvent {
            pdu: &pdu,
            nid: None,
            stand: Stand::End,
            state_before: base.state,
            flags: EventFlags::default(),
            passed: base.prev_events.iter().map(|extremity| extremity.nid).collect(),
            auth_events: &auth_events,
            origin: proposal.origin.as_ref(),
            redacted: None,
        })?;
        self.goes_out(index);
        if let Some(emptied) = emptied {
            self.redact(emptied, index);
        }
        Ok(Placed { event_id: pdu.event_id().to_owned(), room_id: pdu.room_id().to_owned(), at: At::New(index) })
    }

    /// The proposal with the user's name and picture, if it is to say them. They are read when its turn has come: of two
    /// proposals the later one says what holds.
    pub(super) fn named(&mut self, proposal: &Proposal) -> Result<Option<Proposal>> {
        let Some(user) = proposal.state_key.as_ref().filter(|_| proposal.with_profile) else { return Ok(None) };
        let (name, picture) = accounts::member_profile(self.nodes.conn(), user)?;
        let mut named = proposal.clone();
        for (field, text) in [("displayname", name), ("avatar_url", picture)] {
            match text {
                Some(text) => drop(named.content.insert(field.into(), CanonicalJsonValue::String(text))),
                None => drop(named.content.remove(field)),
            }
        }
        Ok(Some(named))
    }

    pub(super) fn base(&mut self) -> Result<Base> {
        let mut prev_events = self.head.extremities.clone();
        if prev_events.len() <= PREV_EVENTS {
            return Ok(Base { prev_events, state: self.head.room.state });
        }
        prev_events.sort_by_key(|extremity| -extremity.depth);
        prev_events.truncate(PREV_EVENTS);
        let state = self.resolve(prev_events.iter().map(|extremity| extremity.state).collect())?;
        Ok(Base { prev_events, state })
    }

    /// The event that the same request made before, if this is a repetition of one.
    fn repetition(&mut self, proposal: &Proposal) -> Result<Option<Placed>> {
        let Some(origin) = &proposal.origin else { return Ok(None) };
        let event_type = proposal.event_type.to_string();
        let same = |row: &EventRow| {
            row.sender == proposal.sender.as_str()
                && row.event_type == event_type
                && row.device_id.as_deref() == Some(origin.device_id.as_str())
                && row.txn_id.as_deref() == Some(&origin.txn_id)
                && proposal.redacts.as_ref().is_none_or(|target| redacts(row, target))
        };
        let new = self.append.events.iter().enumerate().find(|(_, row)| same(row));
        let found = match new {
            Some((index, row)) => Some((row.event_id.clone(), At::New(index))),
            None => {
                let (room, conn) = (self.head.room.nid, self.nodes.conn());
                events_by_txn(conn, proposal.sender.as_str(), origin.device_id.as_str(), &origin.txn_id)?
                    .into_iter()
                    .find(|event| event.room == room && same(event))
                    .map(|event| (event.event_id.clone(), At::Stored(event.position)))
            }
        };
        let Some((id, at)) = found else { return Ok(None) };
        let room_id = self.head.room_id().ok_or_else(|| Error::Internal("a room without an id".into()))?;
        Ok(Some(Placed { event_id: event_id(&id)?, room_id, at }))
    }

    /// The state event that already says the same.
    fn sent_before(&mut self, same: &Numbered) -> Result<Placed> {
        let new = self.append.events.iter().position(|row| row.nid == same.nid);
        let at = match new {
            Some(index) => At::New(index),
            None => At::Stored(self.rooms.inner.events.one(self.nodes.conn(), same.nid)?.position),
        };
        Ok(Placed { event_id: same.pdu.event_id().to_owned(), room_id: same.pdu.room_id().to_owned(), at })
    }

    /// Builds, hashes and signs the event; gives its auth events too.
    fn build(&mut self, proposal: &Proposal, base: &Base) -> Result<(VerifiedPdu, Vec<Numbered>)> {
        let (builder, auth_events) = self.builder(proposal, base)?;
        Ok((builder.build(self.head.rules, &self.rooms.inner.key)?, auth_events))
    }

    /// All that the event is made of.
    pub(super) fn builder(&mut self, proposal: &Proposal, base: &Base) -> Result<(EventBuilder, Vec<Numbered>)> {
        let rules = self.head.rules;
        let content = events::canonical::text(&proposal.content)?;
        let content = serde_json::value::RawValue::from_string(content)
            .map_err(|error| Error::Internal(format!("canonical JSON: {error}")))?;
        let mut auth_events = Vec::new();
        let (sender, state_key) = (&proposal.sender, proposal.state_key.as_deref());
        for (event_type, state_key) in auth::auth_types(rules, &proposal.event_type, sender, state_key, &content)? {
            auth_events.extend(self.state(base.state, &event_type, &state_key)?);
        }
        let deepest = base.prev_events.iter().map(|extremity| extremity.depth).max().unwrap_or(0);
        let builder = EventBuilder {
            room_id: self.head.room_id(),
            sender: proposal.sender.clone(),
            event_type: proposal.event_type.clone(),
            state_key: proposal.state_key.clone(),
            content: proposal.content.clone(),
            prev_events: base.prev_events.iter().map(|extremity| extremity.event_id.clone()).collect(),
            auth_events: auth_events
                .iter()
                .map(|holder| holder.pdu.event_id().to_owned())
                .collect::<Vec<OwnedEventId>>(),
            depth: deepest.saturating_add(1),
            origin_server_ts: proposal.timestamp.unwrap_or_else(|| self.rooms.inner.clock.now()),
            redacts: proposal.redacts.clone(),
        };
        Ok((builder, auth_events))
    }

    /// The auth rules that depend on a state, against the state of this root. The outer error is ours, the inner one
    /// says why the event is not allowed.
    pub(crate) fn check_state(&mut self, pdu: &Pdu, root: i64) -> Result<Result<(), events::Error>> {
        let rules = self.head.rules;
        let keys = match auth::needed_state(rules, pdu) {
            Ok(keys) => keys,
            Err(error) => return Ok(Err(error)),
        };
        let mut needed = HashMap::new();
        for key in keys {
            let holder = self.state(root, &key.0, &key.1)?;
            needed.insert(key, holder.map(|holder| holder.pdu));
        }
        let create = self.state(root, &StateEventType::RoomCreate, "")?.map(|create| create.pdu);
        let fetch = |event_type: &StateEventType, state_key: &str| {
            if *event_type == StateEventType::RoomCreate {
                return create.clone();
            }
            needed.get(&(event_type.clone(), state_key.to_owned())).cloned().flatten()
        };
        Ok(auth::check_state(rules, pdu, fetch))
    }
}

/// Whether a state event would say again what its key holds already, from the same sender.
fn is_same(proposal: &Proposal, known: &Pdu) -> Result<bool> {
    if known.sender() != proposal.sender || proposal.event_type == TimelineEventType::RoomCreate {
        return Ok(false);
    }
    Ok(events::canonical::object(known.content().get())? == proposal.content)
}

/// Whether a redaction that we made empties this event. In canonical JSON a quote inside a text is escaped, so the key
/// and its value stand there like this or not at all.
fn redacts(row: &EventRow, target: &EventId) -> bool {
    row.json.contains(&format!("\"redacts\":\"{target}\""))
}
