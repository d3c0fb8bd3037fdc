//! Pushers.

use diesel::{prelude::*, upsert::excluded};

use crate::{
    Conn, LogKind, Result, Tx,
    accounts::devices::{Which, delete_of_devices as delete_rows},
    connection::{ROWS_PER_INSERT, both},
    rooms::Membership,
    schema::{memberships, own_notifications, pushers},
};

/// A row of `pushers`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = pushers)]
pub struct PusherRow {
    /// Whose it is.
    pub user_id: String,
    /// The app.
    pub app_id: String,
    /// What the gateway knows the device by.
    pub pushkey: String,
    /// The device that set it.
    pub device_id: String,
    /// What `GET /pushers` says of it.
    pub json: String,
    /// When it was set, in milliseconds since 1970.
    pub set_at: i64,
    /// All up to this position is delivered; see `behind`.
    pub position: i64,
    /// Whether it does not keep up with the others: else all is delivered that [`push_progress`](super::push_progress)
    /// says, too.
    pub behind: bool,
}

/// The pushers of a user.
pub fn pushers_of(conn: &mut Conn, user_id: &str) -> Result<Vec<PusherRow>> {
    let query = pushers::table.filter(pushers::user_id.eq(user_id)).order((pushers::app_id, pushers::pushkey));
    Ok(query.select(PusherRow::as_select()).load(conn)?)
}

/// One pusher.
pub fn pusher(conn: &mut Conn, user_id: &str, app_id: &str, pushkey: &str) -> Result<Option<PusherRow>> {
    let query = pushers::table.find((user_id, app_id, pushkey)).select(PusherRow::as_select());
    Ok(query.get_result(conn).optional()?)
}

/// All pushers, in the order of their keys, from after this key on: (user, app, pushkey).
pub fn all_pushers(conn: &mut Conn, after: (&str, &str, &str), limit: i64) -> Result<Vec<PusherRow>> {
    let (user, app, key) = after;
    let query = pushers::table
        .filter(
            pushers::user_id.gt(user).or(pushers::user_id
                .eq(user)
                .and(pushers::app_id.gt(app).or(pushers::app_id.eq(app).and(pushers::pushkey.gt(key))))),
        )
        .order((pushers::user_id, pushers::app_id, pushers::pushkey))
        .limit(limit);
    Ok(query.select(PusherRow::as_select()).load(conn)?)
}

/// Users with pushers who are joined to one of these rooms.
pub fn users_in_rooms(conn: &mut Conn, rooms: &[i64]) -> Result<Vec<String>> {
    let query = memberships::table
        .inner_join(pushers::table.on(pushers::user_id.eq(memberships::user_id)))
        .filter(memberships::room.eq_any(rooms))
        .filter(memberships::membership.eq(Membership::Join as i16));
    Ok(query.select(memberships::user_id).distinct().load(conn)?)
}

/// Users with pushers for whom one of these events does something else than for everybody.
pub fn users_notified(conn: &mut Conn, events: &[i64]) -> Result<Vec<String>> {
    let mut users: Vec<String> = Vec::new();
    for events in events.chunks(ROWS_PER_INSERT) {
        let query = own_notifications::table
            .inner_join(pushers::table.on(pushers::user_id.eq(own_notifications::user_id)))
            .filter(own_notifications::event.eq_any(events))
            .filter(own_notifications::actions.ne(""));
        users.extend(query.select(own_notifications::user_id).distinct().load::<String>(conn)?);
    }
    Ok(users)
}

/// Sets a pusher, or changes it. It begins at the position of this write; one that was there goes on.
pub fn set_pusher(tx: &mut Tx<'_>, row: &PusherRow) -> Result<()> {
    let position = tx.log(LogKind::Pushers, None, Some(&row.user_id), None);
    let row = (
        pushers::user_id.eq(&row.user_id),
        pushers::app_id.eq(&row.app_id),
        pushers::pushkey.eq(&row.pushkey),
        pushers::device_id.eq(&row.device_id),
        pushers::json.eq(&row.json),
        pushers::set_at.eq(row.set_at),
        pushers::position.eq(position),
    );
    both!(tx.conn(), c => diesel::insert_into(pushers::table)
        .values(row)
        .on_conflict((pushers::user_id, pushers::app_id, pushers::pushkey))
        .do_update()
        .set((
            pushers::device_id.eq(excluded(pushers::device_id)),
            pushers::json.eq(excluded(pushers::json)),
            pushers::set_at.eq(excluded(pushers::set_at)),
        ))
        .execute(c))?;
    Ok(())
}

/// Deletes a pusher; one that is not there counts as deleted.
pub fn delete_pusher(tx: &mut Tx<'_>, user_id: &str, app_id: &str, pushkey: &str) -> Result<()> {
    let gone = diesel::delete(pushers::table.find((user_id, app_id, pushkey))).execute(tx.conn())?;
    if gone > 0 {
        tx.log(LogKind::Pushers, None, Some(user_id), None);
    }
    Ok(())
}

/// Deletes the pushers of others with this app and key.
pub fn delete_others(tx: &mut Tx<'_>, user_id: &str, app_id: &str, pushkey: &str) -> Result<()> {
    let others = pushers::table
        .filter(pushers::app_id.eq(app_id))
        .filter(pushers::pushkey.eq(pushkey))
        .filter(pushers::user_id.ne(user_id));
    let users: Vec<String> = others.select(pushers::user_id).load(tx.conn())?;
    for user in users {
        delete_pusher(tx, &user, app_id, pushkey)?;
    }
    Ok(())
}

/// Deletes the pushers that these devices have set.
pub(crate) fn delete_of_devices(tx: &mut Tx<'_>, user_id: &str, devices: Which<'_>) -> Result<()> {
    if delete_rows!(tx, pushers, user_id, devices) > 0 {
        tx.log(LogKind::Pushers, None, Some(user_id), None);
    }
    Ok(())
}
