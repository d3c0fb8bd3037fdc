//! With which users of other servers rooms are shared, and what becomes of their devices when none is any more.

use diesel::{dsl::exists, prelude::*};

use super::remote_device_lists;
use crate::{
    Conn, Result,
    connection::ROWS_PER_INSERT,
    meta,
    rooms::{Append, Appended, Membership, ending::ends_with, joined_of_server},
    schema::{device_list_changes as changes, memberships, remote_device_lists as lists},
};

/// Those of these users who are in a room in which one of ours is.
pub fn sharing(conn: &mut Conn, users: &[String]) -> Result<Vec<String>> {
    const JOIN: i16 = Membership::Join as i16;
    let Some(end) = ending(conn)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for users in users.chunks(ROWS_PER_INSERT) {
        let ours = diesel::alias!(memberships as ours);
        let (room, membership) = (ours.field(memberships::room), ours.field(memberships::membership));
        let is_ours = ends_with!(ours.field(memberships::user_id), end.clone());
        let one_of_ours = ours.filter(room.eq(memberships::room)).filter(membership.eq(JOIN)).filter(is_ours);
        let query = memberships::table
            .filter(memberships::user_id.eq_any(users))
            .filter(memberships::membership.eq(JOIN))
            .filter(exists(one_of_ours));
        found.extend(query.select(memberships::user_id).distinct().load::<String>(conn)?);
    }
    Ok(found)
}

/// Forgets the devices of those with whom no room is shared any more, after appends that have changed members. The table of
/// members must be as it is afterwards.
pub(crate) fn forget_unshared(conn: &mut Conn, fresh: &[(&Append, Appended)]) -> Result<()> {
    let mut doubtful = Vec::new();
    for (append, _) in fresh {
        let gone = append.memberships.iter().filter(|change| change.membership != Membership::Join);
        let (ours, theirs): (Vec<_>, Vec<_>) = gone.partition(|change| change.local);
        doubtful.extend(theirs.iter().map(|change| change.user_id.clone()));
        if !ours.is_empty() && is_left(conn, append.room.nid)? {
            doubtful.extend(followed_in(conn, append.room.nid)?);
        }
    }
    forget_of(conn, &doubtful)
}

/// Forgets the devices of those among these users with whom no room is shared.
fn forget_of(conn: &mut Conn, users: &[String]) -> Result<()> {
    for users in users.chunks(ROWS_PER_INSERT) {
        let followed: Vec<String> =
            lists::table.filter(lists::user_id.eq_any(users)).select(lists::user_id).load(conn)?;
        if followed.is_empty() {
            continue;
        }
        let shared = sharing(conn, &followed)?;
        let gone: Vec<String> = followed.into_iter().filter(|user| !shared.contains(user)).collect();
        remote_device_lists::delete(conn, &gone)?;
        diesel::delete(changes::table.filter(changes::user_id.eq_any(&gone))).execute(conn)?;
    }
    Ok(())
}

/// How user ids of ours end.
fn ending(conn: &mut Conn) -> Result<Option<String>> {
    Ok(meta::get(conn, "server_name")?.map(|name| format!(":{name}")))
}

/// Whether none of ours is in a room.
fn is_left(conn: &mut Conn, room: i64) -> Result<bool> {
    let Some(name) = meta::get(conn, "server_name")? else { return Ok(false) };
    Ok(joined_of_server(conn, room, &name, 1)?.is_empty())
}

/// The members of a room whose devices are known.
fn followed_in(conn: &mut Conn, room: i64) -> Result<Vec<String>> {
    let query = memberships::table
        .inner_join(lists::table.on(lists::user_id.eq(memberships::user_id)))
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq(Membership::Join as i16));
    Ok(query.select(memberships::user_id).load(conn)?)
}
