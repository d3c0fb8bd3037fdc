//! The one filter through which events reach clients (client-server § Room history visibility).
//!
//! What counts is the state before each event. Between two states lies one event at a time, so most views follow from
//! their neighbour; the trie is asked only where the order has gaps.

use std::collections::{HashMap, HashSet};

use events::visibility::{Change, View, may_see};
use ruma::{
    OwnedUserId, UserId,
    events::room::{history_visibility::HistoryVisibility, member::MembershipState},
};
use store::{
    Conn,
    accounts::users::erased,
    rooms::{EventFlags, EventRow, Membership, StoredEvent},
};

use super::{
    content::{self, membership_state},
    holder::named_holder,
    viewer::{Standing, Viewer},
};
use crate::{Result, Rooms};

const VISIBILITY: &str = "m.room.history_visibility";
const MEMBER: &str = "m.room.member";

/// An event that the user may see.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The event.
    pub event: StoredEvent,
    /// The user's membership at the event, counting what the event itself changes (`unsigned.membership`, MSC4115).
    pub membership: Membership,
}

/// Those of one room's events that the user may see, in the order in which they came. What [is not for
/// clients](is_for_clients) is never seen, nor what is no state and comes from who is `ignored`.
///
/// Whether the user may read the room at all is another question: [`Viewer::require_read`].
pub fn visible(
    conn: &mut Conn,
    rooms: &Rooms,
    viewer: &Viewer,
    ignored: &HashSet<OwnedUserId>,
    events: Vec<StoredEvent>,
) -> Result<Vec<Seen>> {
    let newest_first = matches!((events.first(), events.last()), (Some(a), Some(b)) if a.position > b.position);
    let mut views = Views::new(conn, rooms, viewer);
    let mut judge = |event: StoredEvent| -> Result<Option<Seen>> {
        let view = views.at(&event)?;
        let shown = is_for_clients(&event) && !is_ignored(&event, viewer, ignored);
        let membership = view.after(&event, viewer);
        Ok((shown && sees(viewer, &view, &event)).then_some(Seen { event, membership }))
    };
    let mut seen = Vec::with_capacity(events.len());
    if newest_first {
        for event in events.into_iter().rev() {
            seen.extend(judge(event)?);
        }
        seen.reverse();
    } else {
        for event in events {
            seen.extend(judge(event)?);
        }
    }
    hide_erased(conn, &mut seen)?;
    Ok(seen)
}

/// The type of an event that says nothing: servers send it to join the branches of a room.
pub const DUMMY_EVENT: &str = "org.matrix.dummy_event";

/// Whether an event is for clients at all, whoever asks: part of the room, and not only there for its graph.
pub fn is_for_clients(event: &EventRow) -> bool {
    EventFlags(event.flags).is_visible() && !(event.event_type == DUMMY_EVENT && event.state_key.is_none())
}

/// Takes out what users wrote who had their account erased, as far as the viewer was not there to read it then
/// (client-server §account-deactivation).
fn hide_erased(conn: &mut Conn, seen: &mut Vec<Seen>) -> Result<()> {
    let missed = |seen: &Seen| seen.membership != Membership::Join && seen.event.state_key.is_none();
    let authors: HashSet<String> =
        seen.iter().filter(|seen| missed(seen)).map(|seen| seen.event.sender.clone()).collect();
    if authors.is_empty() {
        return Ok(());
    }
    let erased: HashSet<String> = erased(conn, &Vec::from_iter(authors))?.into_iter().collect();
    seen.retain(|seen| !(missed(seen) && erased.contains(&seen.event.sender)));
    Ok(())
}

fn is_ignored(event: &EventRow, viewer: &Viewer, ignored: &HashSet<OwnedUserId>) -> bool {
    !ignored.is_empty()
        && event.state_key.is_none()
        && event.sender != viewer.user_id.as_str()
        && <&UserId>::try_from(event.sender.as_str()).is_ok_and(|sender| ignored.contains(sender))
}

/// What counts of a state for one user.
#[derive(Clone, Debug)]
struct AtEvent {
    visibility: HistoryVisibility,
    membership: Membership,
}

impl AtEvent {
    /// The user's membership once the event has happened.
    fn after(&self, event: &EventRow, viewer: &Viewer) -> Membership {
        if is_own_membership(event, viewer) { content::membership(event) } else { self.membership }
    }
}

fn is_own_membership(event: &EventRow, viewer: &Viewer) -> bool {
    event.event_type == MEMBER && event.state_key.as_deref() == Some(viewer.user_id.as_str())
}

fn is_visibility(event: &EventRow) -> bool {
    event.event_type == VISIBILITY && event.state_key.as_deref() == Some("")
}

fn sees(viewer: &Viewer, at: &AtEvent, event: &StoredEvent) -> bool {
    let joined_later = match &viewer.standing {
        Standing::Joined => true,
        Standing::Departed { joined_at, left } if event.position <= left.position => event.position < *joined_at,
        // After leaving, or without ever having joined, nothing but what is world-readable.
        _ => {
            let view =
                View { visibility: at.visibility.clone(), membership: MembershipState::Leave, joined_later: false };
            let change = if is_visibility(event) {
                Change::Visibility(content::history_visibility(event))
            } else {
                Change::None
            };
            return may_see(&view, &change);
        }
    };
    let view = View { visibility: at.visibility.clone(), membership: membership_state(at.membership), joined_later };
    let change = if is_visibility(event) {
        Change::Visibility(content::history_visibility(event))
    } else if is_own_membership(event, viewer) {
        Change::Membership(membership_state(content::membership(event)))
    } else {
        Change::None
    };
    may_see(&view, &change)
}

/// The views of the states that were met, by root.
struct Views<'a> {
    conn: &'a mut Conn,
    rooms: &'a Rooms,
    viewer: &'a Viewer,
    by_root: HashMap<i64, AtEvent>,
}

impl<'a> Views<'a> {
    fn new(conn: &'a mut Conn, rooms: &'a Rooms, viewer: &'a Viewer) -> Self {
        Self { conn, rooms, viewer, by_root: HashMap::new() }
    }

    /// The view before an event; notes the one after it.
    fn at(&mut self, event: &StoredEvent) -> Result<AtEvent> {
        let view = match self.by_root.get(&event.state_before) {
            Some(view) => view.clone(),
            None => {
                let view = self.look_up(event.state_before)?;
                self.by_root.insert(event.state_before, view.clone());
                view
            }
        };
        if event.state_after != event.state_before {
            let mut after = view.clone();
            if is_visibility(event) {
                after.visibility = content::history_visibility(event);
            }
            after.membership = view.after(event, self.viewer);
            self.by_root.entry(event.state_after).or_insert(after);
        }
        Ok(view)
    }

    fn look_up(&mut self, root: i64) -> Result<AtEvent> {
        let visibility = named_holder(self.rooms, self.conn, root, VISIBILITY, "")?;
        let membership = named_holder(self.rooms, self.conn, root, MEMBER, self.viewer.user_id.as_str())?;
        Ok(AtEvent {
            visibility: visibility.map_or(HistoryVisibility::Shared, |event| content::history_visibility(&event)),
            membership: membership.map_or(Membership::Leave, |event| content::membership(&event)),
        })
    }
}
