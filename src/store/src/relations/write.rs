//! Writes relations with the events that they are of.

use std::collections::HashMap;

use diesel::{dsl::sql, prelude::*, sql_types::BigInt, upsert::excluded};

use super::{THREAD, relation::Relation};
use crate::{
    Conn, Result,
    connection::{ROWS_PER_INSERT, both},
    rooms::{Append, Appended, EventFlags, EventRow},
    schema::{event_relations, events, thread_roots},
};

/// Inserts the relations of these appends, whose events are written already. Gives the numbers of events whose flags
/// changed by that, with the flags that they have now.
pub(crate) fn insert(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<Vec<(i64, EventFlags)>> {
    let all: Vec<Written<'_>> = fresh.iter().flat_map(|(append, appended)| written(append, appended)).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = all
        .iter()
        .map(|Written { relation, event, position }| {
            (
                event_relations::child.eq(event.nid),
                event_relations::room.eq(event.room),
                event_relations::target.eq(&relation.target),
                event_relations::rel_type.eq(&relation.rel_type),
                event_relations::event_type.eq(&event.event_type),
                event_relations::sender.eq(&event.sender),
                event_relations::event_id.eq(&event.event_id),
                event_relations::origin_server_ts.eq(event.origin_server_ts),
                event_relations::depth.eq(event.depth),
                event_relations::position.eq(*position),
                event_relations::mark.eq(relation.mark),
            )
        })
        .collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(event_relations::table).values(rows).execute(c))?;
    }
    count_threads(conn, &all)?;
    let mut flagged = Vec::new();
    for (append, _) in fresh {
        flag_targets(conn, append, &mut flagged)?;
    }
    Ok(flagged)
}

/// A relation with its event.
struct Written<'a> {
    relation: &'a Relation,
    event: &'a EventRow,
    position: i64,
}

fn written<'a>(append: &'a Append, appended: &'a Appended) -> impl Iterator<Item = Written<'a>> {
    append.relations.iter().filter_map(|relation| {
        let event = append.events.get(relation.at)?;
        let position = *appended.positions.get(relation.at)?;
        Some(Written { relation, event, position })
    })
}

/// How many replies a thread gained, and the place (depth, position) of the newest.
type Thread = (i64, (i64, i64));

/// Counts what is new in threads, and moves their ends.
fn count_threads(conn: &mut Conn, all: &[Written<'_>]) -> Result<()> {
    let mut threads: HashMap<(i64, &str), Thread> = HashMap::new();
    for Written { relation, event, position } in all.iter().filter(|written| written.relation.rel_type == THREAD) {
        let place = (event.depth, *position);
        let thread = threads.entry((event.room, &relation.target)).or_insert((0, place));
        *thread = (thread.0 + 1, thread.1.max(place));
    }
    let rows: Vec<_> = threads
        .into_iter()
        .map(|((room, root), (replies, (depth, position)))| {
            (
                thread_roots::room.eq(room),
                thread_roots::root.eq(root),
                thread_roots::replies.eq(replies),
                thread_roots::depth.eq(depth),
                thread_roots::position.eq(position),
            )
        })
        .collect();
    let later = |column: &str| {
        sql::<BigInt>(&format!(
            "CASE WHEN (excluded.depth, excluded.position) > (thread_roots.depth, thread_roots.position)
             THEN excluded.{column} ELSE thread_roots.{column} END"
        ))
    };
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(thread_roots::table)
            .values(rows)
            .on_conflict((thread_roots::room, thread_roots::root))
            .do_update()
            .set((
                thread_roots::replies.eq(thread_roots::replies + excluded(thread_roots::replies)),
                thread_roots::depth.eq(later("depth")),
                thread_roots::position.eq(later("position")),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Flags the events to which those of an append relate, as far as they are here.
fn flag_targets(conn: &mut Conn, append: &Append, flagged: &mut Vec<(i64, EventFlags)>) -> Result<()> {
    let mut wanted: HashMap<&str, EventFlags> = HashMap::new();
    for relation in append.relations.iter().filter(|relation| relation.flag() != EventFlags::default()) {
        let flags = wanted.entry(&relation.target).or_default();
        *flags = flags.with(relation.flag());
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let targets = events::table.filter(events::room.eq(append.room.nid)).filter(events::event_id.eq_any(wanted.keys()));
    let found: Vec<(i64, String, i16)> = targets.select((events::nid, events::event_id, events::flags)).load(conn)?;
    for (nid, event_id, before) in found {
        let before = EventFlags(before);
        let now = wanted.get(event_id.as_str()).map_or(before, |flags| before.with(*flags));
        if now != before {
            diesel::update(events::table.find(nid)).set(events::flags.eq(now.0)).execute(conn)?;
            flagged.push((nid, now));
        }
    }
    Ok(())
}

/// Takes the relation of a redacted event away. The flag of its target stays: it says only where it pays to look.
pub(crate) fn remove(conn: &mut Conn, room: i64, child: i64) -> Result<()> {
    let row = event_relations::table.find(child);
    let columns = (event_relations::target, event_relations::rel_type);
    let found: Option<(String, String)> = row.select(columns).get_result(conn).optional()?;
    let Some((target, rel_type)) = found else { return Ok(()) };
    diesel::delete(row).execute(conn)?;
    if rel_type != THREAD {
        return Ok(());
    }
    let newest: Option<(i64, i64)> = event_relations::table
        .filter(event_relations::room.eq(room))
        .filter(event_relations::target.eq(&target))
        .filter(event_relations::rel_type.eq(THREAD))
        .order((event_relations::depth.desc(), event_relations::position.desc()))
        .select((event_relations::depth, event_relations::position))
        .first(conn)
        .optional()?;
    let thread = thread_roots::table.find((room, target));
    match newest {
        Some((depth, position)) => diesel::update(thread)
            .set((
                thread_roots::replies.eq(thread_roots::replies - 1),
                thread_roots::depth.eq(depth),
                thread_roots::position.eq(position),
            ))
            .execute(conn)?,
        None => diesel::delete(thread).execute(conn)?,
    };
    Ok(())
}
