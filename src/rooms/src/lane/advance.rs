//! The room's head moves to a new event: extremities, current state, members, counts.

use std::collections::{HashMap, HashSet};

use events::Pdu;
use ruma::events::StateEventType;
use store::{
    push::JoinedReader,
    rooms::{Membership, MembershipChange, StateChange},
    state::{self, Difference},
};

use crate::{
    Error, Result,
    lane::{Numbered, chain::Building, head::Extremity, member::Standing},
};

/// The head after an event, and how it differs.
pub(super) struct Advance {
    extremities: Vec<Extremity>,
    /// Root of the current state.
    state: i64,
    changes: Vec<StateChange>,
    memberships: Vec<MembershipChange>,
    joined: i64,
    invited: i64,
    holders: Vec<((StateEventType, String), Option<Numbered>)>,
    /// Members of ours who have come: the index of the event, and who.
    joins: Vec<(usize, String)>,
}

impl Building<'_> {
    /// Where the room stands once `extremity`, the new event of this index, comes after the `passed` ones.
    ///
    /// * `state_before`: root of the state before the event.
    /// * `own_key`: of a state event: the number of its key, and of the event that held it there.
    pub(super) fn advance(
        &mut self,
        index: usize,
        extremity: Extremity,
        passed: &HashSet<i64>,
        state_before: i64,
        own_key: Option<(i64, Option<i64>)>,
    ) -> Result<Advance> {
        let (nid, before) = (extremity.nid, self.head.room.state);
        let mut extremities = self.beyond(passed);
        let alone = extremities.is_empty();
        extremities.push(extremity);
        let state = self.resolve(extremities.iter().map(|extremity| extremity.state).collect())?;
        // On a room without forks the only change is the event's own.
        let changed = match own_key {
            Some((key, held)) if alone && state_before == before => vec![(key, held, Some(nid))],
            _ => state::diff(&mut self.nodes, before, state)?,
        };
        self.towards(index, extremities, state, changed)
    }

    /// Where the room stands once the new event of this index has shown that others come after the `passed` ones, although
    /// it is no extremity itself.
    pub(super) fn catch_up(&mut self, index: usize, passed: &HashSet<i64>) -> Result<Advance> {
        let mut extremities = self.beyond(passed);
        if extremities.is_empty() {
            extremities.clone_from(&self.head.extremities);
        }
        let state = self.resolve(extremities.iter().map(|extremity| extremity.state).collect())?;
        let changed = state::diff(&mut self.nodes, self.head.room.state, state)?;
        self.towards(index, extremities, state, changed)
    }

    /// The same for history, which changes no state: where it would, the extremities stay until something new comes after
    /// them.
    pub(super) fn drop_passed(&mut self, passed: &HashSet<i64>) -> Result<()> {
        let left = self.beyond(passed);
        if left.is_empty() || left.len() == self.head.extremities.len() {
            return Ok(());
        }
        if self.resolve(left.iter().map(|extremity| extremity.state).collect())? == self.head.room.state {
            self.head.extremities = left;
        }
        Ok(())
    }

    /// The extremities but for those that something comes after.
    fn beyond(&self, passed: &HashSet<i64>) -> Vec<Extremity> {
        self.head.extremities.iter().filter(|extremity| !passed.contains(&extremity.nid)).cloned().collect()
    }

    fn towards(
        &mut self,
        index: usize,
        extremities: Vec<Extremity>,
        state: i64,
        changed: Vec<Difference>,
    ) -> Result<Advance> {
        let mut advance = Advance {
            extremities,
            state,
            changes: Vec::new(),
            memberships: Vec::new(),
            joined: 0,
            invited: 0,
            holders: Vec::new(),
            joins: Vec::new(),
        };
        let pdus = self.holders(&changed)?;
        for (_, old, new) in changed {
            let find = |nid: Option<i64>| nid.and_then(|nid| Some(Numbered { nid, pdu: pdus.get(&nid)?.clone() }));
            self.change(&mut advance, index, find(old), find(new))?;
        }
        Ok(advance)
    }

    /// The events that held the keys, and those that hold them now.
    fn holders(&mut self, changed: &[Difference]) -> Result<HashMap<i64, Pdu>> {
        if let [(_, old, new)] = changed {
            let mut pdus = HashMap::new();
            for nid in [*old, *new].into_iter().flatten() {
                pdus.insert(nid, self.pdu(nid)?);
            }
            return Ok(pdus);
        }
        let nids: Vec<i64> = changed.iter().flat_map(|(_, old, new)| [*old, *new]).flatten().collect();
        self.pdu_map(&nids)
    }

    /// Notes that one key of the current state changes.
    fn change(&self, advance: &mut Advance, at: usize, old: Option<Numbered>, new: Option<Numbered>) -> Result<()> {
        let either = new.as_ref().or(old.as_ref());
        let pdu = either.map(|holder| &holder.pdu).ok_or_else(|| Error::Internal("a key that nothing holds".into()))?;
        let key: (StateEventType, String) =
            (pdu.event_type().to_string().into(), pdu.state_key().unwrap_or_default().to_owned());
        if key.0 == StateEventType::RoomMember {
            let (was, is) = (Standing::of(old.as_ref())?, Standing::of(new.as_ref())?);
            advance.joined += is.joined() - was.joined();
            advance.invited += is.invited() - was.invited();
            if new.is_none() {
                tracing::info!(room_id = %self.head.room.room_id, "state resolution took a membership away");
            }
            let membership = self.membership(at, old.as_ref(), new.as_ref())?;
            if is.joined() > was.joined() {
                let local = membership.iter().filter(|change| change.local);
                advance.joins.extend(local.map(|change| (at, change.user_id.clone())));
            }
            advance.memberships.extend(membership);
        }
        advance.changes.push(StateChange {
            at,
            event_type: key.0.to_string(),
            state_key: key.1.clone(),
            event: new.as_ref().map(|holder| holder.nid),
            replaced: old.map(|holder| holder.nid),
        });
        advance.holders.push((key, new));
        Ok(())
    }

    /// Moves the head there.
    pub(super) fn apply(&mut self, advance: Advance) {
        let head = &mut self.head;
        head.extremities = advance.extremities;
        head.room.state = advance.state;
        head.room.joined += advance.joined;
        head.room.invited += advance.invited;
        for (key, holder) in advance.holders {
            head.remember(key, holder);
        }
        head.shared |= advance.memberships.iter().any(|change| !change.local);
        let counted = head.room.counted;
        self.append.push.joins.extend(advance.joins.into_iter().map(|(at, user_id)| JoinedReader {
            at,
            user_id,
            notifications: counted.notifications,
            highlights: counted.highlights,
        }));
        if let Some(push) = &mut head.push {
            let local = advance.memberships.iter().filter(|change| change.local);
            push.moved.extend(local.map(|change| {
                let joined = change.membership == Membership::Join;
                (change.user_id.clone(), joined, change.display_name.clone())
            }));
        }
        self.append.changes.extend(advance.changes);
        self.append.memberships.extend(advance.memberships);
    }
}
