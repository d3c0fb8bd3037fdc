//! The members of a room who have push rules of their own, as the room's head remembers them. All others are asked once,
//! together.

use std::sync::Arc;

use store::push::{HolderRow, holders, holders_among};

use crate::{Result, lane::chain::Building};

/// What a head remembers.
#[derive(Clone, Default)]
pub(crate) struct Holders {
    /// How many changes of rules there were when it was read.
    serial: u64,
    members: Arc<Vec<HolderRow>>,
    /// Members of ours who have come, gone, or changed their name since: whether they are joined, and the name.
    pub moved: Vec<(String, bool, Option<String>)>,
}

impl Building<'_> {
    /// Those who are joined and have rules of their own, or a room that is muted.
    pub(super) fn rule_holders(&mut self) -> Result<Arc<Vec<HolderRow>>> {
        let cache = self.rooms.inner.events.rules();
        let serial = cache.serial();
        let known = self.head.push.take();
        let known = match known {
            Some(known) if known.serial == serial && known.moved.is_empty() => known,
            Some(known) => match cache.changed_since(known.serial) {
                Some(changed) => self.refresh(known, changed)?,
                None => self.load_holders()?,
            },
            None => self.load_holders()?,
        };
        let members = known.members.clone();
        self.head.push = Some(Holders { serial, ..known });
        Ok(members)
    }

    fn load_holders(&mut self) -> Result<Holders> {
        let mut members = Vec::new();
        // A new room has no rows yet.
        if self.head.room.revision > 0 {
            for row in holders(self.nodes.conn(), self.head.room.nid)? {
                if self.holds(&row)? {
                    members.push(row);
                }
            }
        }
        Ok(Holders { members: Arc::new(members), ..Holders::default() })
    }

    /// Asks again only of those of whom something has changed.
    fn refresh(&mut self, known: Holders, changed: Vec<String>) -> Result<Holders> {
        let mut members = (*known.members).clone();
        if !changed.is_empty() {
            for mut row in holders_among(self.nodes.conn(), self.head.room.nid, &changed)? {
                let place = members.iter().position(|member| member.user_id == row.user_id);
                if let Some(old) = place.map(|place| members.swap_remove(place)) {
                    row.muted = old.muted;
                }
                if self.holds(&row)? {
                    members.push(row);
                }
            }
        }
        for (user_id, joined, display_name) in known.moved {
            let place = members.iter().position(|member| member.user_id == user_id);
            let old = place.map(|place| members.swap_remove(place));
            let row = HolderRow { user_id, display_name, muted: old.is_some_and(|old| old.muted) };
            if joined && self.holds(&row)? {
                members.push(row);
            }
        }
        Ok(Holders { members: Arc::new(members), ..Holders::default() })
    }

    fn holds(&mut self, row: &HolderRow) -> Result<bool> {
        Ok(row.muted || !self.rooms.inner.events.rules().get(self.nodes.conn(), &row.user_id)?.are_usual())
    }

    /// Remembers whether the room is muted for a member.
    pub(super) fn remember_muted(&mut self, user_id: &str, muted: bool) {
        let Some(known) = &mut self.head.push else { return };
        let members = Arc::make_mut(&mut known.members);
        if let Some(member) = members.iter_mut().find(|member| member.user_id == user_id) {
            member.muted = muted;
        }
    }
}
