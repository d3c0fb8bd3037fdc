//! The threads of a room.

use diesel::{dsl::exists, prelude::*};

use super::THREAD;
use crate::{
    Conn, Result,
    schema::{event_relations as relations, events, thread_roots as roots},
};

/// An event to which others relate as the root of their thread.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct ThreadRoot {
    /// Its Matrix id. The event need not be here.
    pub root: String,
    /// The depth of the newest event of the thread,
    pub depth: i64,
    /// and its position.
    pub position: i64,
}

/// The threads of a room by their newest events, the newest first.
///
/// * `upto`: the place (depth, position) of the newest event of the first one at most.
/// * `participant`: only threads whose root, or something in them, is by this user.
pub fn thread_roots(
    conn: &mut Conn,
    room: i64,
    upto: (i64, i64),
    participant: Option<&str>,
    limit: i64,
) -> Result<Vec<ThreadRoot>> {
    let query = roots::table
        .filter(roots::room.eq(room))
        .filter(roots::depth.le(upto.0))
        .filter(roots::depth.lt(upto.0).or(roots::position.le(upto.1)))
        .order((roots::depth.desc(), roots::position.desc()))
        .select((roots::root, roots::depth, roots::position))
        .limit(limit);
    let Some(user) = participant else { return Ok(query.load(conn)?) };
    let spoke = relations::table
        .filter(relations::room.eq(roots::room))
        .filter(relations::target.eq(roots::root))
        .filter(relations::sender.eq(user))
        .filter(relations::rel_type.eq(THREAD));
    let began = events::table
        .filter(events::room.eq(roots::room))
        .filter(events::event_id.eq(roots::root))
        .filter(events::sender.eq(user));
    Ok(query.filter(exists(spoke).or(exists(began))).load(conn)?)
}
