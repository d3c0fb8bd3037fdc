//! What is kept of a room that went away: who of ours must still hear that they are not in it.

use diesel::{dsl::max, prelude::*, upsert::excluded};

use crate::{
    Conn, LogKind, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    rooms::{MemberRow, Membership},
    schema::departures,
};

/// How many are kept: the newest.
const KEPT: i64 = 100_000;

/// Keeps that these members are gone: since they left, or, where they could not, since now.
pub(super) fn note_departures(tx: &mut Tx<'_>, room_id: &str, members: &[MemberRow]) -> Result<()> {
    let mut rows = Vec::with_capacity(members.len());
    for member in members {
        let gone = matches!(member.membership(), Membership::Leave | Membership::Ban);
        // The entry also tells those who remember the newest departure.
        let now = tx.log(LogKind::RoomGone, Some(member.room), (!gone).then_some(&*member.user_id), None);
        rows.push((
            departures::user_id.eq(&member.user_id),
            departures::room_id.eq(room_id),
            departures::position.eq(if gone { member.position } else { now }),
        ));
    }
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(tx.conn(), c => diesel::insert_into(departures::table)
            .values(rows)
            .on_conflict((departures::user_id, departures::room_id))
            .do_update()
            .set(departures::position.eq(excluded(departures::position)))
            .execute(c))?;
    }
    forget_oldest(tx.conn())
}

fn forget_oldest(conn: &mut Conn) -> Result<()> {
    let newest = departures::table.order(departures::position.desc()).select(departures::position);
    let oldest: Option<i64> = newest.offset(KEPT).limit(1).first(conn).optional()?;
    if let Some(oldest) = oldest {
        diesel::delete(departures::table.filter(departures::position.le(oldest))).execute(conn)?;
    }
    Ok(())
}

/// The rooms that went away and in which a user was until after `since`, but not at `upto`.
pub fn departures(conn: &mut Conn, user_id: &str, since: i64, upto: i64) -> Result<Vec<String>> {
    let query = departures::table
        .filter(departures::user_id.eq(user_id))
        .filter(departures::position.gt(since))
        .filter(departures::position.le(upto))
        .order(departures::position);
    Ok(query.select(departures::room_id).load(conn)?)
}

/// The position of the newest departure; 0 where there is none.
pub fn newest_departure(conn: &mut Conn) -> Result<i64> {
    let newest: Option<i64> = departures::table.select(max(departures::position)).get_result(conn)?;
    Ok(newest.unwrap_or(0))
}
