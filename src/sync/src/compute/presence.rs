//! From where on a reader was in a room without a gap, as far as that shows without looking into states.

use store::rooms::Membership;

use super::Work;
use crate::{events::ClientEvent, follow::Reach};

/// A walk from the end of a room back through its events. It goes on as long as each of them stands on the one before
/// it: what comes from another branch may have been sent where the reader was not in the room, however late it arrived.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Presence {
    /// Root of the state behind the next older event; none where a branch has ended the walk.
    state: Option<i64>,
    /// Whether the reader is joined in that state; if not, that is not known.
    joined: bool,
}

impl Presence {
    /// Begins at the end of a room in which the reader is joined there.
    ///
    /// * `root`: root of the state there.
    pub fn at_end(root: i64) -> Self {
        Self { state: Some(root), joined: true }
    }

    /// Goes on through older events: the position from which on the reader was joined at each one that is told.
    pub fn walk(&mut self, work: &Work<'_>, reach: &Reach) -> Option<i64> {
        let user = work.question.user.as_str();
        let mut from = None;
        for (position, nid) in &reach.events {
            match work.loaded.get(*nid).and_then(|event| self.step(event, user)) {
                None => {
                    self.state = None;
                    return from;
                }
                Some(true) => from = Some(*position),
                Some(false) => {}
            }
        }
        from
    }

    /// Takes the next older event: whether the reader was joined at it and at all that were newer; none where the walk
    /// ends.
    fn step(&mut self, event: &ClientEvent, user: &str) -> Option<bool> {
        // What is not told (rejected, say) needs no answer, and is missed where others stand on it.
        if !event.visible {
            return Some(false);
        }
        if self.state != Some(event.state_after) {
            return None;
        }
        self.state = Some(event.state_before);
        if event.is_member_of(user) {
            if event.membership != Some(Membership::Join) {
                return None;
            }
            // They may have been joined before, too: an older join says so.
            self.joined = false;
            return Some(true);
        }
        Some(self.joined)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ruma::room_version_rules::RoomVersionRules;
    use store::rooms::{EventRow, StoredEvent};

    use super::*;

    const BOB: &str = "@bob:b";
    const REJECTED: i16 = 2;

    /// An event between two states; with a membership it is Bob's.
    fn event(state_before: i64, state_after: i64, membership: Option<&str>, flags: i16) -> ClientEvent {
        let (event_type, state_key) = match membership {
            Some(_) => ("m.room.member", Some(BOB)),
            None => ("m.room.message", None),
        };
        let content = membership.map_or(String::new(), |word| format!(r#""membership":"{word}""#));
        let key = state_key.map_or(String::new(), |key| format!(r#","state_key":"{key}""#));
        let json = format!(
            r#"{{"content":{{{content}}},"origin_server_ts":1,"room_id":"!r:b","sender":"{BOB}"{key},"type":"{event_type}"}}"#
        );
        let row = EventRow {
            nid: 1,
            room: 1,
            depth: 1,
            origin_server_ts: 1,
            event_id: "$e".into(),
            event_type: event_type.into(),
            sender: BOB.into(),
            state_key: state_key.map(Into::into),
            replaces: None,
            state_before,
            state_after,
            flags,
            redacted_by: None,
            device_id: None,
            txn_id: None,
            json,
            counted: Default::default(),
        };
        ClientEvent::new(&StoredEvent { position: 1, row: Arc::new(row) }, &RoomVersionRules::V11).unwrap()
    }

    fn steps(events: &[ClientEvent]) -> Vec<Option<bool>> {
        let mut presence = Presence::at_end(9);
        events.iter().map(|event| presence.step(event, BOB)).collect()
    }

    #[test]
    fn the_walk_ends_where_a_branch_begins() {
        let events = [event(9, 9, None, 0), event(8, 9, None, 0), event(3, 3, None, 0)];
        assert_eq!(steps(&events), [Some(true), Some(true), None]);
        // It came last and stands somewhere else.
        assert_eq!(steps(&[event(3, 3, None, 0)]), [None]);
    }

    #[test]
    fn what_stands_before_a_join_counts_once_an_older_one_is_found() {
        let (said, joined) = (event(9, 9, None, 0), event(8, 9, Some("join"), 0));
        let (before, older) = (event(8, 8, None, 0), event(7, 8, Some("join"), 0));
        let left = event(6, 7, Some("leave"), 0);
        assert_eq!(
            steps(&[said, joined, before, older, left]),
            [Some(true), Some(true), Some(false), Some(true), None]
        );
    }

    #[test]
    fn a_rejected_join_says_nothing() {
        let (joined, before) = (event(8, 9, Some("join"), 0), event(8, 8, None, 0));
        let rejected = event(8, 8, Some("join"), REJECTED);
        assert_eq!(steps(&[joined, before, rejected]), [Some(true), Some(false), Some(false)]);
    }
}
