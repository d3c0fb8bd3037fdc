//! `GET /rooms/{roomId}/members` and `/joined_members`.

use std::collections::{HashMap, HashSet};

use ruma::{RoomId, UserId};
use serde_json::value::RawValue;
use store::rooms::{
    JoinedProfile, Membership, StoredEvent, Stretch, history, joined_profiles, last_arrival, member,
    member_changes_since, member_event_nids, room_by_id,
};

use super::{
    content,
    lazy_members::member_events,
    reader::{Reader, Sight, no_member},
    state::state_events,
    token::Token,
    viewer::Standing,
};
use crate::{Result, Rooms};

const ALL: [Membership; 5] =
    [Membership::Join, Membership::Invite, Membership::Knock, Membership::Leave, Membership::Ban];

/// Which members are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct MembersRequest {
    /// At which point; now where it is absent.
    pub at: Option<Token>,
    /// Those who stand in this way, or
    pub only: Option<Membership>,
    /// those who do not stand in that way. All of them where both are absent.
    pub except: Option<Membership>,
}

impl MembersRequest {
    fn wants(&self, membership: Membership) -> bool {
        match (self.only, self.except) {
            (None, None) => true,
            (only, except) => only == Some(membership) || except.is_some_and(|except| except != membership),
        }
    }
}

impl Rooms {
    /// The membership events of a room: of its newest state that the reader may see, or at a point in time. A point at
    /// which the reader was not in the room counts as now.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) where the reader may see nothing of the room.
    pub async fn members(
        &self,
        reader: &Reader,
        room_id: &RoomId,
        request: MembersRequest,
    ) -> Result<Vec<Box<RawValue>>> {
        self.reading_room(reader, room_id, move |sight| {
            let events = match request.at {
                Some(at) => members_at(sight, &request, at)?,
                None => None,
            };
            let events = match events {
                Some(events) => events,
                None => newest_members(sight, &request)?,
            };
            sight.write_state(&events)
        })
        .await
    }

    /// The joined members of a room that the user is joined to.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for everybody else.
    pub async fn joined_members(&self, user_id: &UserId, room_id: &RoomId) -> Result<Vec<JoinedProfile>> {
        let (user_id, room_id) = (user_id.to_owned(), room_id.to_owned());
        self.reading(move |_, conn| {
            let room = room_by_id(conn, room_id.as_str())?.ok_or_else(no_member)?;
            let member = member(conn, room.nid, user_id.as_str())?;
            if member.is_none_or(|member| member.membership() != Membership::Join) {
                return Err(no_member());
            }
            Ok(joined_profiles(conn, room.nid)?)
        })
        .await
    }
}

/// The members of the newest state that the reader may see.
fn newest_members(sight: &mut Sight<'_>, request: &MembersRequest) -> Result<Vec<StoredEvent>> {
    if let Standing::Departed { left, .. } = &sight.viewer.standing {
        let root = left.state_after;
        return members_of_state(sight, request, root);
    }
    let wanted: Vec<Membership> = ALL.into_iter().filter(|membership| request.wants(*membership)).collect();
    let nids = held_now(sight, &wanted)?.into_iter().map(|(_, event)| event);
    sight.rooms.events().stored(sight.conn, &nids.collect::<Vec<_>>())
}

/// (member, number of the membership event) of those in the current state who stand in one of these ways. Whose join
/// state resolution took away is kept as having left by that join, and not in the state any more.
fn held_now(sight: &mut Sight<'_>, wanted: &[Membership]) -> Result<Vec<(String, i64)>> {
    let (left, others): (Vec<_>, Vec<_>) = wanted.iter().partition(|membership| **membership == Membership::Leave);
    let mut held = member_event_nids(sight.conn, sight.room.nid, &others)?;
    if !left.is_empty() {
        let left = member_event_nids(sight.conn, sight.room.nid, &left)?;
        let nids: Vec<i64> = left.iter().map(|(_, event)| *event).collect();
        let events = sight.rooms.events().stored_map(sight.conn, &nids)?;
        let has_left = |nid: &i64| events.get(nid).is_some_and(|event| content::membership(event) == Membership::Leave);
        held.extend(left.into_iter().filter(|(_, event)| has_left(event)));
    }
    Ok(held)
}

fn members_of_state(sight: &mut Sight<'_>, request: &MembersRequest, root: i64) -> Result<Vec<StoredEvent>> {
    let mut events = state_events(sight, root)?;
    events.retain(|event| event.event_type == "m.room.member" && request.wants(content::membership(event)));
    Ok(events)
}

/// The members at a point; `None` where the newest are to be shown.
fn members_at(sight: &mut Sight<'_>, request: &MembersRequest, at: Token) -> Result<Option<Vec<StoredEvent>>> {
    let (room, conn) = (sight.room.nid, &mut *sight.conn);
    let event = match at {
        Token::Arrival(position) if position >= sight.room.last_position => return Ok(None),
        Token::Arrival(position) if sight.viewer.is_joined() => return rolled_back(sight, request, position),
        Token::Arrival(position) => last_arrival(conn, room, position)?,
        Token::Place { depth, position } => {
            let upto = Stretch { upto: (depth, position), ..Stretch::WHOLE };
            history(conn, room, &upto, true, 1)?.pop()
        }
    };
    let Some(event) = event else { return Ok(None) };
    let event = sight.rooms.events().one(sight.conn, event)?;
    if sight.viewer.newest_position().is_some_and(|newest| event.position > newest) {
        return Ok(None);
    }
    let user_id = sight.viewer.user_id.clone();
    let own = member_events(sight.conn, sight.rooms, event.state_after, &[user_id.as_str()])?;
    if own.first().map(|event| content::membership(event)) != Some(Membership::Join) {
        return Ok(None);
    }
    Ok(Some(members_of_state(sight, request, event.state_after)?))
}

/// The members as they stood at an earlier position: those of now, less what has changed since.
fn rolled_back(sight: &mut Sight<'_>, request: &MembersRequest, position: i64) -> Result<Option<Vec<StoredEvent>>> {
    let changes = member_changes_since(sight.conn, sight.room.nid, position)?;
    if changes.is_empty() {
        return Ok(None);
    }
    let mut members: HashMap<String, i64> = held_now(sight, &ALL)?.into_iter().collect();
    let mut changed = HashSet::new();
    for (user, replaced) in changes {
        // The first change tells what was there before all of them.
        if !changed.insert(user.clone()) {
            continue;
        }
        match replaced {
            Some(replaced) => members.insert(user, replaced),
            None => members.remove(&user),
        };
    }
    let nids: Vec<i64> = members.into_values().collect();
    let mut events = sight.rooms.events().stored(sight.conn, &nids)?;
    let was_joined = events.iter().any(|event| {
        event.state_key.as_deref() == Some(sight.viewer.user_id.as_str())
            && content::membership(event) == Membership::Join
    });
    events.retain(|event| request.wants(content::membership(event)));
    Ok(was_joined.then_some(events))
}
