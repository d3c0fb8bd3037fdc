//! Whose keys or devices changed when.

use diesel::{
    prelude::*,
    sql_types::{BigInt, SmallInt, Text},
    upsert::excluded,
};

use crate::{Conn, LogKind, Result, Tx, connection::both, rooms::Membership, schema::device_list_changes};

/// How many rooms are woken by one change. Members of further ones hear of it with the next thing that wakes them.
const ROOMS: usize = 1_000;

#[derive(QueryableByName)]
struct JoinedRoom {
    #[diesel(sql_type = BigInt)]
    room: i64,
}

/// Notes that the keys or devices of a user changed, and wakes the user and all of ours who share a room. Gives the position
/// of it. Of our users other servers must hear, too: see [`announce`](super::announce).
pub fn note(tx: &mut Tx<'_>, user_id: &str) -> Result<i64> {
    // With the limit as an argument, SQLite would make the plan anew each time.
    let rooms =
        diesel::sql_query(format!("SELECT room FROM memberships WHERE user_id = $1 AND membership = $2 LIMIT {ROOMS}"));
    let rooms = rooms.bind::<Text, _>(user_id).bind::<SmallInt, _>(Membership::Join as i16);
    let rooms: Vec<JoinedRoom> = rooms.load(tx.conn())?;
    let position = tx.log(LogKind::DeviceList, None, Some(user_id), None);
    if rooms.len() == ROOMS {
        // There may be more of them: it may concern anybody.
        tx.log(LogKind::DeviceList, None, None, None);
    }
    for JoinedRoom { room } in rooms {
        tx.log(LogKind::DeviceList, Some(room), Some(user_id), None);
    }
    let row = (
        device_list_changes::user_id.eq(user_id),
        device_list_changes::position.eq(position),
        device_list_changes::stream_id.eq(0),
    );
    both!(tx.conn(), c => diesel::insert_into(device_list_changes::table)
        .values(row)
        .on_conflict(device_list_changes::user_id)
        .do_update()
        .set(device_list_changes::position.eq(excluded(device_list_changes::position)))
        .execute(c))?;
    Ok(position)
}

/// Whose keys or devices changed after a position.
pub fn since(conn: &mut Conn, since: i64) -> Result<Vec<String>> {
    let query = device_list_changes::table.filter(device_list_changes::position.gt(since));
    Ok(query.select(device_list_changes::user_id).load(conn)?)
}

/// The newest change of a user's devices that other servers may have been told of; 0 where there was none.
pub fn stream_id(conn: &mut Conn, user_id: &str) -> Result<i64> {
    let row = device_list_changes::table.find(user_id).select(device_list_changes::stream_id);
    Ok(row.first(conn).optional()?.unwrap_or(0))
}

/// Sets what [`stream_id`] tells.
pub(super) fn set_stream_id(tx: &mut Tx<'_>, user_id: &str, stream_id: i64) -> Result<()> {
    let row = device_list_changes::table.find(user_id);
    diesel::update(row).set(device_list_changes::stream_id.eq(stream_id)).execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::{schema::log, testing::each};

    #[tokio::test]
    async fn all_are_told_where_there_are_too_many_rooms_to_name() {
        each(async |database| {
            let store = database.open();
            let write = store.write(|tx| {
                tx.conn().batch_execute(&format!(
                    "INSERT INTO memberships WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {ROOMS})
                     SELECT i, '@many:test', 1, i, i, '@many:test', NULL, NULL, FALSE FROM n;
                     INSERT INTO memberships SELECT room, '@few:test', 1, event, position, '@few:test', NULL, NULL, FALSE
                     FROM memberships WHERE room < 3;"
                ))?;
                note(tx, "@few:test")?;
                note(tx, "@many:test")
            });
            write.await.unwrap();
            let rows = store.read(|conn| {
                let rows = log::table.filter(log::kind.eq(LogKind::DeviceList as i16));
                Ok(rows.select(log::user_id).load::<Option<String>>(conn)?)
            });
            let rows = rows.await.unwrap();
            let of = |user: Option<&str>| rows.iter().filter(|row| row.as_deref() == user).count();
            assert_eq!(of(Some("@few:test")), 1 + 2);
            assert_eq!(of(Some("@many:test")), 1 + ROOMS);
            assert_eq!(of(None), 1, "those of the rooms that are not named are told as well");
        })
        .await;
    }
}
