//! Finds the children of events.

use diesel::prelude::*;

use super::relation::flag_of;
use crate::{
    Conn, Result,
    rooms::{EventFlags, Stretch},
    schema::event_relations as relations,
};

/// Which children are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// Those that relate in this way; all without.
    pub rel_type: Option<String>,
    /// Those of this event type; all without.
    pub event_type: Option<String>,
}

/// Where a child stands.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Place {
    /// The number of the event.
    pub nid: i64,
    /// Its Matrix id.
    pub event_id: String,
    /// Its depth,
    pub depth: i64,
    /// and its position.
    pub position: i64,
}

/// The numbers of the first children of an event within a stretch of its room, or of the last ones, the last first.
pub fn children(
    conn: &mut Conn,
    room: i64,
    target: &str,
    kind: &Kind,
    stretch: &Stretch,
    backward: bool,
    limit: i64,
) -> Result<Vec<i64>> {
    let Stretch { after, upto, arrived_after, arrived_upto } = *stretch;
    let mut query = relations::table
        .filter(relations::room.eq(room))
        .filter(relations::target.eq(target))
        .filter(relations::depth.ge(after.0))
        .filter(relations::depth.le(upto.0))
        .filter(relations::depth.gt(after.0).or(relations::position.gt(after.1)))
        .filter(relations::depth.lt(upto.0).or(relations::position.le(upto.1)))
        .filter(relations::position.gt(arrived_after))
        .filter(relations::position.le(arrived_upto))
        .select(relations::child)
        .limit(limit)
        .into_boxed();
    if let Some(rel_type) = &kind.rel_type {
        query = query.filter(relations::rel_type.eq(rel_type));
    }
    if let Some(event_type) = &kind.event_type {
        query = query.filter(relations::event_type.eq(event_type));
    }
    Ok(if backward {
        query.order((relations::depth.desc(), relations::position.desc())).load(conn)?
    } else {
        query.order((relations::depth.asc(), relations::position.asc())).load(conn)?
    })
}

/// The children of any of these events up to a place (depth, position): the first ones, or the last ones first.
///
/// * `targets`: at most 10,000.
pub fn children_of_many(
    conn: &mut Conn,
    room: i64,
    targets: &[String],
    kind: &Kind,
    upto: (i64, i64),
    backward: bool,
    limit: i64,
) -> Result<Vec<Place>> {
    let mut query = relations::table
        .filter(relations::room.eq(room))
        .filter(relations::target.eq_any(targets))
        .filter(relations::depth.le(upto.0))
        .filter(relations::depth.lt(upto.0).or(relations::position.le(upto.1)))
        .select((relations::child, relations::event_id, relations::depth, relations::position))
        .limit(limit)
        .into_boxed();
    if let Some(rel_type) = &kind.rel_type {
        query = query.filter(relations::rel_type.eq(rel_type));
    }
    if let Some(event_type) = &kind.event_type {
        query = query.filter(relations::event_type.eq(event_type));
    }
    Ok(if backward {
        query.order((relations::depth.desc(), relations::position.desc())).load(conn)?
    } else {
        query.order((relations::depth.asc(), relations::position.asc())).load(conn)?
    })
}

/// The numbers of the annotations of an event by this sender, of this event type, with this mark.
pub fn annotations_of(
    conn: &mut Conn,
    room: i64,
    target: &str,
    sender: &str,
    event_type: &str,
    mark: i64,
) -> Result<Vec<i64>> {
    Ok(relations::table
        .filter(relations::room.eq(room))
        .filter(relations::target.eq(target))
        .filter(relations::sender.eq(sender))
        .filter(relations::rel_type.eq(super::ANNOTATION))
        .filter(relations::event_type.eq(event_type))
        .filter(relations::mark.eq(mark))
        .select(relations::child)
        .load(conn)?)
}

/// The flags that an event has of the children that came before it.
pub fn flags_of_children(conn: &mut Conn, room: i64, target: &str) -> Result<EventFlags> {
    let kinds: Vec<String> = relations::table
        .filter(relations::room.eq(room))
        .filter(relations::target.eq(target))
        .filter(relations::rel_type.eq_any([super::REPLACE, super::REFERENCE, super::THREAD]))
        .select(relations::rel_type)
        .distinct()
        .load(conn)?;
    Ok(kinds.iter().fold(EventFlags::default(), |flags, kind| flags.with(flag_of(kind))))
}
