//! Registration tokens that are kept here and not in the configuration.

use diesel::prelude::*;

use crate::{Conn, Result, Tx, connection::both, schema::registration_tokens};

/// A row of `registration_tokens`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = registration_tokens, treat_none_as_default_value = false)]
pub struct RegistrationTokenRow {
    /// The token itself: it is handed around among people, and the operator may want to see it again.
    pub token: String,
    /// How many may register with it; none: any number.
    pub uses_allowed: Option<i64>,
    /// How many have.
    pub uses: i64,
    /// Until when, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

impl RegistrationTokenRow {
    /// Whether one more may register with it at the time `now`.
    pub fn is_valid(&self, now: i64) -> bool {
        self.uses_allowed.is_none_or(|allowed| self.uses < allowed) && self.expires_at.is_none_or(|end| now < end)
    }
}

/// The token, if it is known.
pub fn get(conn: &mut Conn, token: &str) -> Result<Option<RegistrationTokenRow>> {
    let query = registration_tokens::table.find(token).select(RegistrationTokenRow::as_select());
    Ok(query.get_result(conn).optional()?)
}

/// All tokens.
pub fn list(conn: &mut Conn) -> Result<Vec<RegistrationTokenRow>> {
    let query = registration_tokens::table.order(registration_tokens::token);
    Ok(query.select(RegistrationTokenRow::as_select()).load(conn)?)
}

/// Adds a token. False where there is one of this text.
pub fn insert(tx: &mut Tx<'_>, row: &RegistrationTokenRow) -> Result<bool> {
    let added = both!(tx.conn(), c => diesel::insert_into(registration_tokens::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Counts one use of a token. False where it is not valid at the time `now`.
pub fn use_once(tx: &mut Tx<'_>, token: &str, now: i64) -> Result<bool> {
    let Some(row) = get(tx.conn(), token)? else { return Ok(false) };
    if !row.is_valid(now) {
        return Ok(false);
    }
    diesel::update(registration_tokens::table.find(token))
        .set(registration_tokens::uses.eq(row.uses + 1))
        .execute(tx.conn())?;
    Ok(true)
}

/// Takes a token out of use. False where it is not known.
pub fn delete(tx: &mut Tx<'_>, token: &str) -> Result<bool> {
    Ok(diesel::delete(registration_tokens::table.find(token)).execute(tx.conn())? == 1)
}
