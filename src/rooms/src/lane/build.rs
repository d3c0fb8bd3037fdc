//! One event: from a proposal to a finished row and all that follows from it.

use events::{EventBuilder, Pdu, VerifiedPdu, auth};
use ruma::events::{StateEventType, TimelineEventType};
use serde::Deserialize;
use store::{
    rooms::{EventRow, Membership, MembershipChange, StateChange, events_by_txn},
    state,
};

use crate::{
    Error, Result,
    cache::event_id,
    lane::{
        Proposal, Sent,
        chain::Building,
        head::{Extremity, Numbered},
    },
};

/// How many previous events one of ours names (the specification allows 20).
const PREV_EVENTS: usize = 10;

impl Building<'_> {
    /// Puts one proposal at the end of the chain. Changes nothing if it is refused.
    pub(super) fn event(&mut self, proposal: &Proposal) -> Result<Sent> {
        if let Some(sent) = self.repetition(proposal)? {
            return Ok(sent);
        }
        let replaced = match &proposal.state_key {
            Some(state_key) => self.state(&proposal.event_type.to_string().into(), state_key)?,
            None => None,
        };
        if let Some(replaced) = &replaced
            && is_same(proposal, &replaced.pdu)?
        {
            return self.sent_before(replaced);
        }
        let emptied = self.check_redaction(proposal)?;
        let pdu = self.build(proposal)?.into_pdu(false);
        self.check_auth(&pdu)?;
        let index = self.place(proposal, &pdu, replaced)?;
        if let Some(emptied) = emptied {
            self.redact(emptied, index);
        }
        // Below zero: the place is known only when it is written.
        let position = -1 - i64::try_from(index).unwrap_or(i64::MAX - 1);
        Ok(Sent { event_id: pdu.event_id().to_owned(), room_id: pdu.room_id().to_owned(), position })
    }

    /// The event that the same request made before, if this is a repetition of one.
    fn repetition(&mut self, proposal: &Proposal) -> Result<Option<Sent>> {
        let Some(origin) = &proposal.origin else { return Ok(None) };
        let event_type = proposal.event_type.to_string();
        let same = |row: &EventRow| {
            row.sender == proposal.sender.as_str()
                && row.event_type == event_type
                && row.device_id.as_deref() == Some(origin.device_id.as_str())
                && row.txn_id.as_deref() == Some(&origin.txn_id)
        };
        let new = self.append.events.iter().enumerate().find(|(_, row)| same(row));
        let found = match new {
            Some((index, row)) => Some((row.event_id.clone(), -1 - i64::try_from(index).unwrap_or(i64::MAX - 1))),
            None => {
                let (room, conn) = (self.head.room.nid, self.nodes.conn());
                events_by_txn(conn, proposal.sender.as_str(), origin.device_id.as_str(), &origin.txn_id)?
                    .into_iter()
                    .find(|event| event.room == room && same(event))
                    .map(|event| (event.event_id.clone(), event.position))
            }
        };
        let Some((id, position)) = found else { return Ok(None) };
        let room_id = self.head.room_id().ok_or_else(|| Error::Internal("a room without an id".into()))?;
        Ok(Some(Sent { event_id: event_id(&id)?, room_id, position }))
    }

    /// The state event that already says the same.
    fn sent_before(&mut self, same: &Numbered) -> Result<Sent> {
        let new = self.append.events.iter().position(|row| row.nid == same.nid);
        let position = match new {
            Some(index) => -1 - i64::try_from(index).unwrap_or(i64::MAX - 1),
            None => self.rooms.inner.events.one(self.nodes.conn(), same.nid)?.position,
        };
        Ok(Sent { event_id: same.pdu.event_id().to_owned(), room_id: same.pdu.room_id().to_owned(), position })
    }

    /// Builds, hashes and signs the event on the head.
    fn build(&mut self, proposal: &Proposal) -> Result<VerifiedPdu> {
        let rules = self.head.rules;
        let content = events::canonical::text(&proposal.content)?;
        let content = serde_json::value::RawValue::from_string(content)
            .map_err(|error| Error::Internal(format!("canonical JSON: {error}")))?;
        let mut auth_events = Vec::new();
        let (sender, state_key) = (&proposal.sender, proposal.state_key.as_deref());
        for (event_type, state_key) in auth::auth_types(rules, &proposal.event_type, sender, state_key, &content)? {
            if let Some(holder) = self.state(&event_type, &state_key)? {
                auth_events.push(holder.pdu.event_id().to_owned());
            }
        }
        let mut newest: Vec<&Extremity> = self.head.extremities.iter().collect();
        newest.sort_by_key(|extremity| -extremity.depth);
        newest.truncate(PREV_EVENTS);
        let builder = EventBuilder {
            room_id: self.head.room_id(),
            sender: proposal.sender.clone(),
            event_type: proposal.event_type.clone(),
            state_key: proposal.state_key.clone(),
            content: proposal.content.clone(),
            prev_events: newest.iter().map(|extremity| extremity.event_id.clone()).collect(),
            auth_events,
            depth: newest.first().map_or(1, |extremity| extremity.depth.saturating_add(1)),
            origin_server_ts: proposal.timestamp.unwrap_or_else(|| self.rooms.inner.clock.now()),
            redacts: proposal.redacts.clone(),
        };
        Ok(builder.build(rules, &self.rooms.inner.key)?)
    }

    /// The auth rules, against the state here.
    fn check_auth(&mut self, pdu: &Pdu) -> Result<()> {
        let rules = self.head.rules;
        let mut needed = std::collections::HashMap::new();
        for key in auth::needed_state(rules, pdu)? {
            let holder = self.state(&key.0, &key.1)?;
            needed.insert(key, holder.map(|holder| holder.pdu));
        }
        let create = self.state(&StateEventType::RoomCreate, "")?.map(|create| create.pdu);
        if *pdu.event_type() == TimelineEventType::RoomCreate {
            auth::check_auth_events(rules, pdu, |_| None)?;
        }
        let fetch = |event_type: &StateEventType, state_key: &str| {
            if *event_type == StateEventType::RoomCreate {
                return create.clone();
            }
            needed.get(&(event_type.clone(), state_key.to_owned())).cloned().flatten()
        };
        Ok(auth::check_state(rules, pdu, fetch)?)
    }

    /// Makes the row, moves the head, and notes what follows for state, members and the auth chain index.
    fn place(&mut self, proposal: &Proposal, pdu: &Pdu, replaced: Option<Numbered>) -> Result<usize> {
        let nid = self.rooms.inner.store.next_nid();
        let state_before = self.head.room.state;
        let mut state_after = state_before;
        if let Some(state_key) = pdu.state_key() {
            let event_type = pdu.event_type().to_string();
            let key = self.rooms.intern_state_key(self.nodes.conn(), &event_type, state_key)?;
            state_after = state::set(&mut self.nodes, state_before, &[(key, nid)])?;
        }
        let row = EventRow {
            nid,
            room: self.head.room.nid,
            depth: pdu.depth(),
            origin_server_ts: pdu.origin_server_ts().get().into(),
            event_id: pdu.event_id().to_string(),
            event_type: pdu.event_type().to_string(),
            sender: pdu.sender().to_string(),
            state_key: pdu.state_key().map(str::to_owned),
            replaces: replaced.as_ref().map(|replaced| replaced.nid),
            state_before,
            state_after,
            flags: 0,
            redacted_by: None,
            device_id: proposal.origin.as_ref().map(|origin| origin.device_id.to_string()),
            txn_id: proposal.origin.as_ref().map(|origin| origin.txn_id.clone()),
            json: pdu.json().to_owned(),
        };
        if *pdu.event_type() == TimelineEventType::RoomCreate {
            self.head.room.room_id = pdu.room_id().to_string();
        }
        let member = self.member(nid, pdu, replaced.as_ref())?;
        if pdu.state_key().is_some() {
            self.index_auth_chain(nid, pdu, replaced.as_ref())?;
        }
        // Nothing fails from here on.
        if *pdu.event_type() == TimelineEventType::RoomCreate {
            self.head.room.room_id = pdu.room_id().to_string();
        }
        let index = self.push(row, pdu.event_id().to_owned());
        self.head.extremities = vec![Extremity { nid, event_id: pdu.event_id().to_owned(), depth: pdu.depth() }];
        self.head.room.state = state_after;
        if let Some(member) = member {
            self.count(&member);
            self.append.memberships.push(MembershipChange { at: index, ..member.change });
        }
        if let Some(state_key) = pdu.state_key() {
            self.change_state(index, nid, pdu, state_key, replaced);
        }
        Ok(index)
    }

    fn change_state(&mut self, at: usize, nid: i64, pdu: &Pdu, state_key: &str, replaced: Option<Numbered>) {
        let event_type: StateEventType = pdu.event_type().to_string().into();
        self.append.changes.push(StateChange {
            at,
            event_type: event_type.to_string(),
            state_key: state_key.to_owned(),
            event: Some(nid),
            replaced: replaced.map(|replaced| replaced.nid),
        });
        self.pdus.insert(nid, pdu.clone());
        self.head.remember((event_type, state_key.to_owned()), Some(Numbered { nid, pdu: pdu.clone() }));
    }

    /// What a membership event changes.
    fn member(&self, nid: i64, pdu: &Pdu, replaced: Option<&Numbered>) -> Result<Option<MemberStep>> {
        let (TimelineEventType::RoomMember, Some(user_id)) = (pdu.event_type(), pdu.state_key()) else {
            return Ok(None);
        };
        let content: MemberContent = pdu.content_as()?;
        let before = match replaced {
            Some(replaced) => Membership::from_word(&replaced.pdu.content_as::<MemberContent>()?.membership),
            None => None,
        };
        let membership = Membership::from_word(&content.membership)
            .ok_or_else(|| Error::InvalidParam(format!("there is no membership {:?}", content.membership)))?;
        let text = |value: Option<serde_json::Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        let change = MembershipChange {
            at: 0,
            user_id: user_id.to_owned(),
            membership,
            event: nid,
            sender: pdu.sender().to_string(),
            display_name: text(content.displayname),
            avatar_url: text(content.avatar_url),
            local: ruma::UserId::parse(user_id).is_ok_and(|user| self.rooms.is_local(&user)),
        };
        Ok(Some(MemberStep { before, change }))
    }

    fn count(&mut self, member: &MemberStep) {
        let now = member.change.membership;
        let change = |which| i64::from(now == which) - i64::from(member.before == Some(which));
        self.head.room.joined += change(Membership::Join);
        self.head.room.invited += change(Membership::Invite);
    }
}

/// A membership that changes, and what it was before.
struct MemberStep {
    before: Option<Membership>,
    change: MembershipChange,
}

/// What we read of an `m.room.member`; names of a wrong type count as none.
#[derive(Deserialize)]
struct MemberContent {
    membership: String,
    displayname: Option<serde_json::Value>,
    avatar_url: Option<serde_json::Value>,
}

/// Whether a state event would say again what its key holds already, from the same sender.
fn is_same(proposal: &Proposal, known: &Pdu) -> Result<bool> {
    if known.sender() != proposal.sender || proposal.event_type == TimelineEventType::RoomCreate {
        return Ok(false);
    }
    Ok(events::canonical::object(known.content().get())? == proposal.content)
}
