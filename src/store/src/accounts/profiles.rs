//! Profiles of users, field by field (MSC4133).

use diesel::{prelude::*, upsert::excluded};

use crate::{Conn, LogKind, Result, Tx, connection::both, schema::profiles};

/// All fields of a profile with their values as JSON, in the order of their names.
pub fn get(conn: &mut Conn, user_id: &str) -> Result<Vec<(String, String)>> {
    let query = profiles::table.filter(profiles::user_id.eq(user_id)).order(profiles::field);
    Ok(query.select((profiles::field, profiles::value)).load(conn)?)
}

/// The value of one field as JSON.
pub fn field(conn: &mut Conn, user_id: &str, field: &str) -> Result<Option<String>> {
    Ok(profiles::table.find((user_id, field)).select(profiles::value).get_result(conn).optional()?)
}

/// One field, as JSON, of each of these users who has it.
pub fn field_of_many(conn: &mut Conn, user_ids: &[String], field: &str) -> Result<Vec<(String, String)>> {
    let query = profiles::table.filter(profiles::user_id.eq_any(user_ids)).filter(profiles::field.eq(field));
    Ok(query.select((profiles::user_id, profiles::value)).load(conn)?)
}

/// Sets one field to a value given as JSON.
pub fn set(tx: &mut Tx<'_>, user_id: &str, field: &str, value: &str) -> Result<()> {
    let row = (profiles::user_id.eq(user_id), profiles::field.eq(field), profiles::value.eq(value));
    both!(tx.conn(), c => diesel::insert_into(profiles::table)
        .values(row)
        .on_conflict((profiles::user_id, profiles::field))
        .do_update()
        .set(profiles::value.eq(excluded(profiles::value)))
        .execute(c))?;
    tx.log(LogKind::Profile, None, Some(user_id), None);
    Ok(())
}

/// Takes one field away. False where it was not there.
pub fn delete(tx: &mut Tx<'_>, user_id: &str, field: &str) -> Result<bool> {
    let gone = diesel::delete(profiles::table.find((user_id, field))).execute(tx.conn())?;
    if gone == 1 {
        tx.log(LogKind::Profile, None, Some(user_id), None);
    }
    Ok(gone == 1)
}
