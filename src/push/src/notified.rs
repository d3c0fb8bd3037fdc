//! What a user was notified of: the events that notify everybody, and what differs for this user.

use std::collections::{BTreeMap, HashMap};

use events::push::Default as DefaultRule;
use serde_json::Value;
use store::{
    Conn,
    push::{UnreadRow, joined_unread, notified, own_notified, thread_of},
    receipts::MAIN,
    rooms::{ForeignMember, Membership, foreign_changes},
    sync::Span,
};

use crate::counts::{read_threads, read_up_to};

/// One notification.
#[derive(Clone, Debug)]
pub(crate) struct Notified {
    /// The room's number.
    pub room: i64,
    /// The event's position.
    pub position: i64,
    /// The event's number.
    pub event: i64,
    pub actions: Vec<Value>,
    pub highlight: bool,
    /// Whether the user has read it.
    pub read: bool,
    /// Whether the user is not joined: an invitation.
    pub outside: bool,
    /// An invitation to a room that is not here: room and event have no numbers, and what is done is yet to be found out.
    pub invite: Option<ForeignMember>,
}

impl Notified {
    fn invite(invite: ForeignMember) -> Self {
        let (position, actions) = (invite.position, Vec::new());
        Self {
            room: 0,
            position,
            event: 0,
            actions,
            highlight: false,
            read: false,
            outside: true,
            invite: Some(invite),
        }
    }
}

/// A part of them.
pub(crate) struct Part {
    /// In the order asked for.
    pub list: Vec<Notified>,
    /// The position up to which the part goes; none if it goes to the end.
    pub reached: Option<i64>,
}

/// Reads notifications of a user at positions after `after` and up to `upto`: the newest, newest first, or the oldest,
/// oldest first. It looks at `count` of either kind.
pub(crate) fn read(
    conn: &mut Conn,
    user_id: &str,
    (after, upto): (i64, i64),
    count: usize,
    newest: bool,
) -> store::Result<Part> {
    let joined = joined_unread(conn, user_id)?;
    // Where nothing is newer there is nothing to look for.
    let spans: Vec<Span> = joined
        .iter()
        .filter(|(.., newest)| *newest > after)
        .map(|(row, ..)| Span { room: row.room, after: after.max(row.joined), upto })
        .collect();
    let rows: HashMap<i64, UnreadRow> = joined.into_iter().map(|(row, ..)| (row.room, row)).collect();
    let mut usual = notified(conn, user_id, &spans, count, newest)?;
    let mut reached: Option<i64> = None;
    if usual.len() >= count {
        usual.truncate(count);
        reached = usual.last().map(|row| row.position);
    }
    let own = own_notified(conn, user_id, (after, upto), count, newest)?;
    if own.len() >= count {
        let last = own.last().map(|row| row.position);
        let nearer = |one: i64, two: i64| if newest { one.max(two) } else { one.min(two) };
        reached = match (reached, last) {
            (Some(one), Some(two)) => Some(nearer(one, two)),
            (one, two) => one.or(two),
        };
    }
    let within = |position: i64| reached.is_none_or(|end| if newest { position >= end } else { position <= end });
    let mut found: BTreeMap<i64, (Notified, Option<String>)> = BTreeMap::new();
    for row in usual.iter().filter(|row| within(row.position)) {
        if !rows.get(&row.room).is_some_and(|unread| unread.follows(row.position)) {
            continue;
        }
        let rule = DefaultRule::from_number(row.push_rule);
        let (actions, highlight) = (rule.outcome().actions, rule.highlights());
        let one = Notified {
            room: row.room,
            position: row.position,
            event: row.nid,
            actions,
            highlight,
            read: false,
            outside: false,
            invite: None,
        };
        found.insert(row.position, (one, None));
    }
    for row in own.into_iter().filter(|row| within(row.position)) {
        found.remove(&row.position);
        let Ok(actions) = serde_json::from_str::<Vec<Value>>(&row.actions) else { continue };
        let joined = rows.get(&row.room);
        let one = Notified {
            room: row.room,
            position: row.position,
            event: row.event,
            actions,
            highlight: row.highlight,
            read: false,
            outside: joined.is_none_or(|unread| unread.joined > row.position),
            invite: None,
        };
        found.insert(row.position, (one, Some(row.thread)));
    }
    for invite in foreign_changes(conn, user_id, after, upto)? {
        if invite.membership() == Membership::Invite && within(invite.position) {
            found.insert(invite.position, (Notified::invite(invite), None));
        }
    }
    let mut list: Vec<(Notified, Option<String>)> = found.into_values().collect();
    note_read(conn, user_id, &rows, &mut list)?;
    if newest {
        list.reverse();
    }
    Ok(Part { list: list.into_iter().map(|(one, _)| one).collect(), reached })
}

fn note_read(
    conn: &mut Conn,
    user_id: &str,
    rows: &HashMap<i64, UnreadRow>,
    list: &mut [(Notified, Option<String>)],
) -> store::Result<()> {
    let mut rooms: Vec<i64> = list.iter().map(|(one, _)| one.room).collect();
    rooms.sort_unstable();
    rooms.dedup();
    let read = read_threads(conn, user_id, &rooms)?;
    let places: Vec<(i64, i64)> =
        list.iter().filter(|(_, thread)| thread.is_none()).map(|(one, _)| (one.room, one.position)).collect();
    let threads: HashMap<(i64, i64), String> =
        thread_of(conn, &places)?.into_iter().map(|(room, position, thread)| ((room, position), thread)).collect();
    for (one, thread) in list {
        let Some(row) = rows.get(&one.room) else { continue };
        let thread = thread.as_deref().or_else(|| threads.get(&(one.room, one.position)).map(String::as_str));
        // What was before a join is no longer of interest.
        one.read = one.position <= read_up_to(&read, row, thread.unwrap_or(MAIN));
    }
    Ok(())
}
