//! Facts about the database itself.

use diesel::prelude::*;

use crate::{Conn, Error, Result, connection::both, schema::meta};

/// The fact of this name, if it is known.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    Ok(meta::table.find(name).select(meta::value).get_result(conn).optional()?)
}

/// Writes a fact, over an older one.
pub fn set(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    both!(conn, c => diesel::insert_into(meta::table)
        .values((meta::name.eq(name), meta::value.eq(value)))
        .on_conflict(meta::name)
        .do_update()
        .set(meta::value.eq(value))
        .execute(c))?;
    Ok(())
}

/// Forgets a fact.
pub fn remove(conn: &mut Conn, name: &str) -> Result<()> {
    diesel::delete(meta::table.find(name)).execute(conn)?;
    Ok(())
}

/// Binds a new database to its server name, and refuses one of another name: names are in every event and user id.
pub(crate) fn claim_server_name(conn: &mut Conn, server_name: &str) -> Result<()> {
    match get(conn, "server_name")? {
        None => set(conn, "server_name", server_name),
        Some(known) if known == server_name => Ok(()),
        Some(known) => Err(Error::Refused(format!(
            "the database belongs to the server {known}, and the configuration says {server_name}: a server name can never be changed"
        ))),
    }
}
