//! Writes what an append says of notifications.

use std::collections::HashMap;

use diesel::{prelude::*, upsert::excluded};

use super::rows::{JoinedReader, MuteChange, PushRows};
use crate::{
    Conn, Result,
    connection::{ROWS_PER_INSERT, both},
    rooms::append::{Append, Appended},
    schema::{own_notifications, thread_notifications, unread},
};

/// One append: the room's number, its rows, the positions of its events.
struct Part<'a> {
    room: i64,
    rows: &'a PushRows,
    positions: &'a [i64],
}

impl Part<'_> {
    fn position(&self, at: usize) -> i64 {
        self.positions.get(at).copied().unwrap_or_default()
    }
}

/// Writes all of it, with one statement per table but for the few whose rules have become silent.
pub(crate) fn append(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let parts: Vec<Part<'_>> = fresh
        .iter()
        .filter(|(append, _)| !append.push.is_empty())
        .map(|(append, appended)| Part { room: append.room.nid, rows: &append.push, positions: &appended.positions })
        .collect();
    if parts.is_empty() {
        return Ok(());
    }
    let joined = write_joins(conn, &parts)?;
    for part in &parts {
        for mute in &part.rows.mutes {
            write_mute(conn, part.room, mute, part.position(mute.at))?;
        }
    }
    write_counts(conn, &parts, &joined)?;
    write_notifications(conn, &parts)
}

/// Gives the index of the event with which each of them has come.
fn write_joins<'a>(conn: &mut Conn, parts: &[Part<'a>]) -> Result<HashMap<(i64, &'a str), usize>> {
    let mut last: HashMap<(i64, &'a str), (&'a JoinedReader, i64)> = HashMap::new();
    for part in parts {
        for join in &part.rows.joins {
            last.insert((part.room, &join.user_id), (join, part.position(join.at)));
        }
    }
    let rows: Vec<_> = last
        .iter()
        .map(|((room, user), (join, position))| {
            (
                unread::user_id.eq(*user),
                unread::room.eq(*room),
                unread::joined.eq(*position),
                unread::position.eq(*position),
                unread::notifications.eq(join.notifications),
                unread::highlights.eq(join.highlights),
                unread::extra_notifications.eq(0_i64),
                unread::extra_highlights.eq(0_i64),
                unread::muted.eq(false),
                unread::muted_since.eq(*position),
                unread::changed.eq(0_i64),
            )
        })
        .collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(unread::table)
            .values(rows)
            .on_conflict((unread::user_id, unread::room))
            .do_update()
            .set((
                unread::joined.eq(excluded(unread::joined)),
                unread::position.eq(excluded(unread::position)),
                unread::notifications.eq(excluded(unread::notifications)),
                unread::highlights.eq(excluded(unread::highlights)),
                unread::extra_notifications.eq(0_i64),
                unread::extra_highlights.eq(0_i64),
                unread::muted.eq(false),
                unread::muted_since.eq(excluded(unread::muted_since)),
            ))
            .execute(c))?;
    }
    Ok(last.into_iter().map(|(key, (join, _))| (key, join.at)).collect())
}

/// Folds what counted until now into the extras, or begins to count anew.
fn write_mute(conn: &mut Conn, room: i64, mute: &MuteChange, position: i64) -> Result<()> {
    let row = unread::table.find((&mute.user_id, room)).filter(unread::muted.eq(!mute.muted));
    if mute.muted {
        diesel::update(row)
            .set((
                unread::extra_notifications
                    .eq(unread::extra_notifications + mute.notifications - unread::notifications),
                unread::extra_highlights.eq(unread::extra_highlights + mute.highlights - unread::highlights),
                unread::muted.eq(true),
                unread::muted_since.eq(position - 1),
            ))
            .execute(conn)?;
    } else {
        diesel::update(row)
            .set((
                unread::notifications.eq(mute.notifications),
                unread::highlights.eq(mute.highlights),
                unread::muted.eq(false),
                unread::muted_since.eq(position - 1),
            ))
            .execute(conn)?;
    }
    Ok(())
}

fn write_counts(conn: &mut Conn, parts: &[Part<'_>], joined: &HashMap<(i64, &str), usize>) -> Result<()> {
    struct Sum {
        notifications: i64,
        highlights: i64,
        before: (i64, i64),
        position: i64,
    }
    let mut sums: HashMap<(i64, &str), Sum> = HashMap::new();
    for part in parts {
        for count in &part.rows.counts {
            let key = (part.room, count.user_id.as_str());
            if joined.get(&key).is_some_and(|at| count.at < *at) {
                continue;
            }
            let new =
                || Sum { notifications: 0, highlights: 0, before: count.before, position: part.position(count.at) };
            let sum = sums.entry(key).or_insert_with(new);
            sum.notifications += count.notifications;
            sum.highlights += count.highlights;
        }
    }
    let mut rows: Vec<_> = sums.into_iter().collect();
    // In one order, or two processes could wait for each other one day.
    rows.sort_unstable_by_key(|(key, _)| *key);
    let rows: Vec<_> = rows
        .iter()
        .map(|((room, user), sum)| {
            (
                unread::user_id.eq(*user),
                unread::room.eq(*room),
                unread::joined.eq(sum.position - 1),
                unread::position.eq(sum.position - 1),
                unread::notifications.eq(sum.before.0),
                unread::highlights.eq(sum.before.1),
                unread::extra_notifications.eq(sum.notifications),
                unread::extra_highlights.eq(sum.highlights),
                unread::muted.eq(false),
                unread::muted_since.eq(sum.position - 1),
                unread::changed.eq(0_i64),
            )
        })
        .collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(unread::table)
            .values(rows)
            .on_conflict((unread::user_id, unread::room))
            .do_update()
            .set((
                unread::extra_notifications.eq(unread::extra_notifications + excluded(unread::extra_notifications)),
                unread::extra_highlights.eq(unread::extra_highlights + excluded(unread::extra_highlights)),
            ))
            .execute(c))?;
    }
    Ok(())
}

fn write_notifications(conn: &mut Conn, parts: &[Part<'_>]) -> Result<()> {
    let threads: Vec<_> = parts
        .iter()
        .flat_map(|part| part.rows.threads.iter().map(move |row| (part, row)))
        .map(|(part, row)| {
            (
                thread_notifications::room.eq(part.room),
                thread_notifications::position.eq(part.position(row.at)),
                thread_notifications::thread.eq(&row.thread),
                thread_notifications::sender.eq(&row.sender),
                thread_notifications::highlight.eq(row.highlight),
            )
        })
        .collect();
    for rows in threads.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(thread_notifications::table).values(rows).execute(c))?;
    }
    let own: Vec<_> = parts
        .iter()
        .flat_map(|part| part.rows.own.iter().map(move |row| (part, row)))
        .map(|(part, row)| {
            (
                own_notifications::user_id.eq(&row.user_id),
                own_notifications::room.eq(part.room),
                own_notifications::position.eq(part.position(row.at)),
                own_notifications::event.eq(row.event),
                own_notifications::thread.eq(&row.thread),
                own_notifications::notifications.eq(row.notifications),
                own_notifications::highlights.eq(row.highlights),
                own_notifications::actions.eq(&row.actions),
                own_notifications::highlight.eq(row.highlight),
            )
        })
        .collect();
    for rows in own.chunks(ROWS_PER_INSERT) {
        both!(conn, c => diesel::insert_into(own_notifications::table).values(rows).execute(c))?;
    }
    Ok(())
}
