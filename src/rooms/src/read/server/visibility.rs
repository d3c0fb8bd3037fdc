//! The filter through which history reaches other servers (client-server § Room history visibility, for servers).
//!
//! A server that is in the room may see what is `shared` or `world_readable`. Of the rest it may see what one of its
//! users may: the state before each event tells how they stood. Most such views follow from that of a neighbour in the
//! graph; the trie is asked only where the order has gaps.

use std::collections::{HashMap, HashSet};

use events::visibility::{Change, View, may_see};
use ruma::{
    UserId,
    events::room::{history_visibility::HistoryVisibility, member::MembershipState},
};
use serde_json::value::RawValue;
use store::{
    accounts::users::erased,
    rooms::{EventFlags, EventRow, Membership, StoredEvent, members_of_server},
};

use super::{ServerSight, pdu};
use crate::{
    Result,
    read::{
        content,
        holder::{holder, named_holder},
    },
};

const VISIBILITY: &str = "m.room.history_visibility";
const MEMBER: &str = "m.room.member";

/// How many members of a server are looked for in a state. A server of whom none of them was there was not there.
const MOST_MEMBERS: i64 = 2_000;

impl ServerSight<'_> {
    /// These events in their order: whole, or redacted where the server may not see them.
    pub fn write(&mut self, events: &[StoredEvent]) -> Result<Vec<Box<RawValue>>> {
        let seen = self.visible(events)?;
        let write = |event: &StoredEvent| match seen.contains(&event.nid) {
            true => pdu::whole(event),
            false => pdu::redacted(event, self.rules),
        };
        events.iter().map(write).collect()
    }

    /// The numbers of those of these events that the server may see.
    pub fn visible(&mut self, events: &[StoredEvent]) -> Result<HashSet<i64>> {
        let authors = events.iter().filter(|event| event.state_key.is_none()).map(|event| event.sender.clone());
        let authors: HashSet<String> = authors.collect();
        let erased: HashSet<String> = erased(self.conn, &Vec::from_iter(authors))?.into_iter().collect();
        let mut in_order: Vec<&StoredEvent> = events.iter().collect();
        in_order.sort_unstable_by_key(|event| (event.depth, event.position));
        let mut views = Views::new(self);
        let mut seen = HashSet::with_capacity(events.len());
        for event in in_order {
            if views.sees(event, &erased)? {
                seen.insert(event.nid);
            }
        }
        Ok(seen)
    }
}

/// What was found out about the states that were met, by root.
struct Views<'v, 'a> {
    sight: &'v mut ServerSight<'a>,
    visibilities: HashMap<i64, HistoryVisibility>,
    /// How the server's users stand, at best.
    standings: HashMap<i64, MembershipState>,
    /// Numbers of the state keys of the server's members, once they were needed.
    members: Option<Vec<i64>>,
}

impl<'v, 'a> Views<'v, 'a> {
    fn new(sight: &'v mut ServerSight<'a>) -> Self {
        Self { sight, visibilities: HashMap::new(), standings: HashMap::new(), members: None }
    }

    /// Whether the server may see an event.
    ///
    /// * `erased`: authors who had their account erased. What they said is only for servers that were there then.
    fn sees(&mut self, event: &StoredEvent, erased: &HashSet<String>) -> Result<bool> {
        if EventFlags(event.flags).has(EventFlags::OUTLIER) {
            // It has no place, so nobody knows who may see it. State is in the states that servers are given whole.
            return Ok(event.state_key.is_some());
        }
        let own = self.is_own(&event.sender);
        let visibility = self.visibility(event)?;
        let change = self.change(event);
        let is_erased = event.state_key.is_none() && erased.contains(&event.sender);
        if own || !is_erased && (is_open(&visibility) || matches!(&change, Change::Visibility(new) if is_open(new))) {
            return Ok(true);
        }
        let membership = self.standing(event)?;
        if is_erased && membership != MembershipState::Join {
            return Ok(false);
        }
        // The server is in the room, so whoever of its users asks has joined later.
        Ok(may_see(&View { visibility, membership, joined_later: true }, &change))
    }

    /// What an event changes for the server.
    fn change(&self, event: &EventRow) -> Change {
        match (event.event_type.as_str(), event.state_key.as_deref()) {
            (VISIBILITY, Some("")) => Change::Visibility(content::history_visibility(event)),
            (MEMBER, Some(user)) if self.is_own(user) => {
                Change::Membership(content::membership_state(content::membership(event)))
            }
            _ => Change::None,
        }
    }

    fn is_own(&self, user: &str) -> bool {
        <&UserId>::try_from(user).is_ok_and(|user| user.server_name() == self.sight.server)
    }

    /// The visibility before an event; notes the one after it.
    fn visibility(&mut self, event: &StoredEvent) -> Result<HistoryVisibility> {
        let visibility = match self.visibilities.get(&event.state_before) {
            Some(visibility) => visibility.clone(),
            None => {
                let sight = &mut *self.sight;
                let holder = named_holder(sight.rooms, sight.conn, event.state_before, VISIBILITY, "")?;
                let visibility = holder.map_or(HistoryVisibility::Shared, |event| content::history_visibility(&event));
                self.visibilities.insert(event.state_before, visibility.clone());
                visibility
            }
        };
        if event.state_after != event.state_before {
            let changed = match self.change(event) {
                Change::Visibility(changed) => changed,
                _ => visibility.clone(),
            };
            self.visibilities.entry(event.state_after).or_insert(changed);
        }
        Ok(visibility)
    }

    /// How the server's users stand before an event, at best; notes how after it, unless one of them has gone.
    fn standing(&mut self, event: &StoredEvent) -> Result<MembershipState> {
        let standing = match self.standings.get(&event.state_before) {
            Some(standing) => standing.clone(),
            None => {
                let standing = self.look_up(event.state_before)?;
                self.standings.insert(event.state_before, standing.clone());
                standing
            }
        };
        if event.state_after != event.state_before {
            let after = match self.change(event) {
                Change::Membership(MembershipState::Join) => Some(MembershipState::Join),
                Change::Membership(_) => None,
                _ => Some(standing.clone()),
            };
            if let Some(after) = after {
                self.standings.entry(event.state_after).or_insert(after);
            }
        }
        Ok(standing)
    }

    fn look_up(&mut self, root: i64) -> Result<MembershipState> {
        let mut best = MembershipState::Leave;
        for key in self.members()? {
            let Some(event) = holder(self.sight.rooms, self.sight.conn, root, key)? else { continue };
            match content::membership(&event) {
                Membership::Join => return Ok(MembershipState::Join),
                Membership::Invite => best = MembershipState::Invite,
                _ => {}
            }
        }
        Ok(best)
    }

    fn members(&mut self) -> Result<Vec<i64>> {
        if let Some(members) = &self.members {
            return Ok(members.clone());
        }
        let sight = &mut *self.sight;
        let users = members_of_server(sight.conn, sight.room.nid, sight.server.as_str(), MOST_MEMBERS)?;
        let mut keys = Vec::with_capacity(users.len());
        for user in users {
            keys.extend(sight.rooms.state_key(sight.conn, MEMBER, &user)?);
        }
        self.members = Some(keys.clone());
        Ok(keys)
    }
}

/// Whether everybody in the room may see it; what is not understood counts as `shared`.
fn is_open(visibility: &HistoryVisibility) -> bool {
    !matches!(visibility, HistoryVisibility::Joined | HistoryVisibility::Invited)
}
