//! The history of a room in its own order: by depth, then by position.

use diesel::prelude::*;

use crate::{Conn, Result, connection::at_most, rooms::EventFlags, schema::events};

/// How many neighbours in the order of arrival tell where a position lies in the order of depth. Forks that lie further
/// apart than this many events are told apart no more.
const NEIGHBOURS: i64 = 32;

/// A stretch of a room's history. Places are (depth, position).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Events behind this place,
    pub after: (i64, i64),
    /// up to this one,
    pub upto: (i64, i64),
    /// that arrived after this position
    pub arrived_after: i64,
    /// and not after this one.
    pub arrived_upto: i64,
}

impl Stretch {
    /// All of the history. Outliers have no place in it.
    pub const WHOLE: Self =
        Self { after: (0, i64::MIN), upto: (i64::MAX, i64::MAX), arrived_after: i64::MIN, arrived_upto: i64::MAX };
}

/// The numbers of the first events of a stretch, or of the last ones, the last first.
pub fn history(conn: &mut Conn, room: i64, stretch: &Stretch, backward: bool, limit: i64) -> Result<Vec<i64>> {
    let Stretch { after, upto, arrived_after, arrived_upto } = *stretch;
    // The sums keep the databases from using the index of arrival, which would mean to sort all that arrived.
    let query = events::table
        .filter(events::room.eq(room))
        .filter(events::depth.ge(after.0))
        .filter(events::depth.le(upto.0))
        .filter(events::depth.gt(after.0).or(events::position.gt(after.1)))
        .filter(events::depth.lt(upto.0).or(events::position.le(upto.1)))
        .filter((events::position + 0).gt(arrived_after))
        .filter((events::position + 0).le(arrived_upto))
        .select(events::nid);
    Ok(if backward {
        at_most!(conn, limit, query.order((events::depth.desc(), events::position.desc())))?
    } else {
        at_most!(conn, limit, query.order((events::depth.asc(), events::position.asc())))?
    })
}

/// The greatest depth among the last events that had arrived up to a position; `None` if there are none.
pub fn highest_depth_before(conn: &mut Conn, room: i64, position: i64) -> Result<Option<i64>> {
    let depths: Vec<i64> = events::table
        .filter(events::room.eq(room))
        .filter(events::position.le(position))
        .order(events::position.desc())
        .limit(NEIGHBOURS)
        .select(events::depth)
        .load(conn)?;
    Ok(depths.into_iter().max())
}

/// The depth of the first event that arrived after a position, if history was missing before it then: what has come of
/// that since lies below this depth.
pub fn depth_of_gap_after(conn: &mut Conn, room: i64, position: i64) -> Result<Option<i64>> {
    let next: Option<(i64, i16)> = events::table
        .filter(events::room.eq(room))
        .filter(events::position.gt(position))
        .order(events::position.asc())
        .select((events::depth, events::flags))
        .first(conn)
        .optional()?;
    Ok(next.filter(|(_, flags)| EventFlags(*flags).has(EventFlags::AFTER_GAP)).map(|(depth, _)| depth))
}

/// The least depth among the first events that arrived after a position; `None` if there are none.
pub fn lowest_depth_after(conn: &mut Conn, room: i64, position: i64) -> Result<Option<i64>> {
    let depths: Vec<i64> = events::table
        .filter(events::room.eq(room))
        .filter(events::position.gt(position))
        .order(events::position.asc())
        .limit(NEIGHBOURS)
        .select(events::depth)
        .load(conn)?;
    Ok(depths.into_iter().min())
}

/// The number of the last event that had arrived up to a position. What came late had not.
pub fn last_arrival(conn: &mut Conn, room: i64, position: i64) -> Result<Option<i64>> {
    Ok(events::table
        .filter(events::room.eq(room))
        .filter(events::position.gt(0))
        .filter(events::position.le(position))
        .order(events::position.desc())
        .select(events::nid)
        .first(conn)
        .optional()?)
}

/// The numbers of the events next to a time (milliseconds since 1970), the closest first: of those not before it, or
/// of those not after it (`backward`).
pub fn events_near(conn: &mut Conn, room: i64, ts: i64, backward: bool, limit: i64) -> Result<Vec<i64>> {
    // Outliers have no place; the sum keeps the databases from using the index of depths.
    let placed = events::table.filter(events::room.eq(room)).filter((events::depth + 0).ge(0));
    let query = placed.select(events::nid).limit(limit);
    Ok(if backward {
        query
            .filter(events::origin_server_ts.le(ts))
            .order((events::origin_server_ts.desc(), events::depth.desc(), events::position.desc()))
            .load(conn)?
    } else {
        query
            .filter(events::origin_server_ts.ge(ts))
            .order((events::origin_server_ts.asc(), events::depth.asc(), events::position.asc()))
            .load(conn)?
    })
}
