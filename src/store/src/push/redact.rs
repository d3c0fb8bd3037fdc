//! What is redacted is no longer unread.

use diesel::prelude::*;

use super::{Count, contributions::highlights};
use crate::{
    Conn, Result,
    connection::both,
    receipts::{self, MAIN},
    schema::{events, own_notifications, redacted_notifications, rooms, thread_notifications, unread},
};

/// Takes an event out of what is unread. Called once for each event.
pub(crate) fn redact(conn: &mut Conn, room: i64, event: i64) -> Result<()> {
    let query = events::table.find(event).select((events::position, events::sender, events::push_rule));
    let Some((position, sender, push_rule)) = query.first::<(i64, String, i16)>(conn).optional()? else {
        return Ok(());
    };
    take_own(conn, room, event, position)?;
    if push_rule == 0 {
        return Ok(());
    }
    let thread: Option<String> = thread_notifications::table
        .find((room, position))
        .select(thread_notifications::thread)
        .get_result(conn)
        .optional()?;
    let row = (
        redacted_notifications::room.eq(room),
        redacted_notifications::position.eq(position),
        redacted_notifications::thread.eq(thread.as_deref().unwrap_or(MAIN)),
        redacted_notifications::sender.eq(&sender),
        redacted_notifications::highlight.eq(highlights(push_rule)),
    );
    both!(conn, c => diesel::insert_into(redacted_notifications::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    let behind = rooms::table.find(room).filter(rooms::redacted_upto.lt(position));
    diesel::update(behind).set(rooms::redacted_upto.eq(position)).execute(conn)?;
    Ok(())
}

/// What it did for single users is taken back: for them it has then done what it did for everybody.
fn take_own(conn: &mut Conn, room: i64, event: i64, position: i64) -> Result<()> {
    let of_event = own_notifications::table.filter(own_notifications::event.eq(event));
    let rows: Vec<(String, String, i16, i16)> = of_event
        .select((
            own_notifications::user_id,
            own_notifications::thread,
            own_notifications::notifications,
            own_notifications::highlights,
        ))
        .load(conn)?;
    if rows.is_empty() {
        return Ok(());
    }
    for (user, thread, notifications, highlights) in rows {
        let read = receipts::of_user(conn, &user, &[room])?
            .into_iter()
            .filter(|receipt| receipt.thread == thread)
            .map(|receipt| receipt.event_position)
            .max();
        if read.is_some_and(|read| read >= position) {
            continue;
        }
        let change = Count { notifications: notifications.into(), highlights: highlights.into() };
        let row = unread::table.find((&user, room)).filter(unread::position.lt(position));
        diesel::update(row)
            .set((
                unread::extra_notifications.eq(unread::extra_notifications - change.notifications),
                unread::extra_highlights.eq(unread::extra_highlights - change.highlights),
            ))
            .execute(conn)?;
    }
    diesel::delete(of_event).execute(conn)?;
    Ok(())
}
