//! With whom a user shares rooms, at the end of a stretch of positions and at its start.
//!
//! Read are the changes of membership in that stretch, never who shared what at each moment: a room without changes was
//! then as it is now.

use std::collections::{HashMap, HashSet};

use rooms::Rooms;
use serde::Deserialize;
use store::{
    Conn,
    e2ee::{joined_rooms_of, joined_users_of, member_deltas},
    rooms::{Membership, rooms_of_user},
    sync::{changed_rooms, own_deltas},
};

use super::changes::Users;
use crate::{Error, Result};

/// What is known of the rooms that a user is or was joined to.
pub(super) struct Sharing {
    user_id: String,
    /// The rooms that the user is joined to at the end, and those at the start.
    now: HashSet<i64>,
    before: HashSet<i64>,
    /// Whether somebody whose membership changed in one of those rooms was joined at the start: by user and room.
    changed: HashMap<String, HashMap<i64, bool>>,
}

impl Sharing {
    pub fn read(conn: &mut Conn, rooms: &Rooms, user_id: &str, since: i64, upto: i64) -> Result<Self> {
        let joined = rooms_of_user(conn, user_id, &[Membership::Join])?;
        let now: HashSet<i64> = joined.iter().map(|row| row.room).collect();
        let touched = changed_rooms(conn, user_id, since)?;
        let own: Vec<i64> =
            touched.iter().filter(|(member, _)| member.position > since).map(|(_, room)| room.nid).collect();
        let mut before = now.clone();
        if !own.is_empty() {
            let deltas = own_deltas(conn, &own, user_id, since, upto)?;
            let first = first_by(deltas.into_iter().map(|delta| (delta.room, delta.replaced)));
            let replaced: Vec<i64> = first.values().flatten().copied().collect();
            let joins = joins(conn, rooms, &replaced)?;
            for (room, replaced) in first {
                if replaced.is_some_and(|nid| joins.contains(&nid)) {
                    before.insert(room)
                } else {
                    before.remove(&room)
                };
            }
        }
        let concerned: Vec<i64> = touched
            .iter()
            .map(|(_, room)| room.nid)
            .filter(|room| now.contains(room) || before.contains(room))
            .collect();
        let mut changed: HashMap<String, HashMap<i64, bool>> = HashMap::new();
        if !concerned.is_empty() {
            let deltas = member_deltas(conn, &concerned, since, upto)?;
            let deltas = deltas.into_iter().filter(|delta| delta.state_key != user_id);
            let first = first_by(deltas.map(|delta| ((delta.state_key, delta.room), delta.replaced)));
            let replaced: Vec<i64> = first.values().flatten().copied().collect();
            let joins = joins(conn, rooms, &replaced)?;
            for ((user, room), replaced) in first {
                let was_joined = replaced.is_some_and(|nid| joins.contains(&nid));
                changed.entry(user).or_default().insert(room, was_joined);
            }
        }
        Ok(Self { user_id: user_id.to_owned(), now, before, changed })
    }

    /// Everybody with whom the user may share rooms otherwise than before: (user, whether one was shared at the start,
    /// whether one is shared at the end).
    pub fn moved(&self, conn: &mut Conn) -> Result<Vec<(String, bool, bool)>> {
        let mut users: Users = self.changed.keys().cloned().collect();
        // All who are in a room that the user has come to or left; those who went meanwhile are known already.
        for room in self.now.symmetric_difference(&self.before) {
            users.extend(joined_users_of(conn, *room)?);
        }
        users.remove(&self.user_id);
        let users: Vec<String> = users.into_iter().collect();
        let mut rooms: HashMap<String, HashSet<i64>> = HashMap::new();
        for (user, room) in joined_rooms_of(conn, &users)? {
            rooms.entry(user).or_default().insert(room);
        }
        let nowhere = HashSet::new();
        let moved = users.into_iter().map(|user| {
            let joined = rooms.get(&user).unwrap_or(&nowhere);
            let (before, now) = (self.shared_before(&user, joined), !joined.is_disjoint(&self.now));
            (user, before, now)
        });
        Ok(moved.collect())
    }

    /// * `joined`: the rooms that the other is joined to at the end.
    fn shared_before(&self, user: &str, joined: &HashSet<i64>) -> bool {
        let changed = self.changed.get(user);
        let known = |room: &i64| changed.and_then(|rooms| rooms.get(room)).copied();
        let stayed = joined.iter().any(|room| self.before.contains(room) && known(room).unwrap_or(true));
        stayed || changed.is_some_and(|rooms| rooms.iter().any(|(room, was)| *was && self.before.contains(room)))
    }

    /// Those of these users who share a room with the user now.
    pub fn shared_now(&self, conn: &mut Conn, users: &[String]) -> Result<Users> {
        if users.is_empty() || self.now.is_empty() {
            return Ok(Users::new());
        }
        let rooms = joined_rooms_of(conn, users)?.into_iter();
        Ok(rooms.filter(|(_, room)| self.now.contains(room)).map(|(user, _)| user).collect())
    }
}

/// The first value of each key.
fn first_by<K: std::hash::Hash + Eq, V>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, V> {
    let mut first = HashMap::new();
    for (key, value) in pairs {
        first.entry(key).or_insert(value);
    }
    first
}

/// Those of these membership events that say "joined".
fn joins(conn: &mut Conn, rooms: &Rooms, nids: &[i64]) -> Result<HashSet<i64>> {
    #[derive(Deserialize)]
    struct Event<'e> {
        #[serde(borrow)]
        content: Content<'e>,
    }
    #[derive(Deserialize)]
    struct Content<'e> {
        #[serde(borrow)]
        membership: std::borrow::Cow<'e, str>,
    }
    let mut joins = HashSet::new();
    for (nid, event) in rooms.events().stored_map(conn, nids)? {
        let event: Event<'_> = serde_json::from_str(&event.json)
            .map_err(|error| Error::Internal(format!("membership event number {nid}: {error}")))?;
        if event.content.membership == Membership::Join.as_str() {
            joins.insert(nid);
        }
    }
    Ok(joins)
}
