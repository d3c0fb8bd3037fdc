//! Rows leave the index.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use super::{edit_mark, room_mark};
use crate::{Conn, Result, connection::both, schema::search_again};

/// Takes the words of a redacted event out of the index. Where it was an edit, the event that it changed has words again
/// as soon as the index has been told so.
pub(crate) fn forget(conn: &mut Conn, event: i64) -> Result<()> {
    let changed = marked(conn, &edit_mark(event), 1)?;
    for nid in changed {
        delete(conn, nid)?;
        let again = search_again::event.eq(nid);
        both!(conn, c => diesel::insert_into(search_again::table).values(again).on_conflict_do_nothing().execute(c))?;
    }
    delete(conn, event)
}

/// Takes some of what is left of a room out of the index, at most `limit` rows; says how many.
pub(crate) fn forget_room(conn: &mut Conn, room: i64, limit: i64) -> Result<usize> {
    let found = marked(conn, &room_mark(room), limit)?;
    for nid in &found {
        delete(conn, *nid)?;
    }
    Ok(found.len())
}

fn marked(conn: &mut Conn, mark: &str, limit: i64) -> Result<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        event: i64,
    }
    let (sql, text) = match conn {
        Conn::Sqlite(_) => (
            "SELECT rowid AS event FROM search_index WHERE search_index MATCH ? LIMIT ?",
            format!("marks : \"{mark}\""),
        ),
        Conn::Pg(_) => ("SELECT event FROM search_index WHERE words @@ $1::tsquery LIMIT $2", format!("'{mark}'")),
    };
    let found = diesel::sql_query(sql).bind::<Text, _>(text).bind::<BigInt, _>(limit).load::<Found>(conn)?;
    Ok(found.into_iter().map(|found| found.event).collect())
}

fn delete(conn: &mut Conn, event: i64) -> Result<()> {
    let sql = match conn {
        Conn::Sqlite(_) => "DELETE FROM search_index WHERE rowid = ?",
        Conn::Pg(_) => "DELETE FROM search_index WHERE event = $1",
    };
    diesel::sql_query(sql).bind::<BigInt, _>(event).execute(conn)?;
    Ok(())
}
