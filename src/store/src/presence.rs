//! What is kept of presence beyond a restart: written now and then, not with each change.

use diesel::{prelude::*, upsert::excluded};

use crate::{
    Conn, Result, Tx,
    connection::{ROWS_PER_INSERT, both},
    schema::presence,
};

/// A row of `presence`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = presence, treat_none_as_default_value = false)]
pub struct PresenceRow {
    /// The user.
    pub user_id: String,
    /// Whether they were online or idle when this was written.
    pub online: bool,
    /// When they were last active, in milliseconds since 1970.
    pub last_active_at: i64,
    /// What they say of themselves.
    pub status_msg: Option<String>,
}

/// All rows.
pub fn all(conn: &mut Conn) -> Result<Vec<PresenceRow>> {
    Ok(presence::table.select(PresenceRow::as_select()).load(conn)?)
}

/// Writes rows, each in place of the user's older one.
pub fn save(tx: &mut Tx<'_>, rows: &[PresenceRow]) -> Result<()> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        both!(tx.conn(), c => diesel::insert_into(presence::table)
            .values(rows)
            .on_conflict(presence::user_id)
            .do_update()
            .set((
                presence::online.eq(excluded(presence::online)),
                presence::last_active_at.eq(excluded(presence::last_active_at)),
                presence::status_msg.eq(excluded(presence::status_msg)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Deletes the rows of these users.
pub fn delete(tx: &mut Tx<'_>, user_ids: &[String]) -> Result<()> {
    diesel::delete(presence::table.filter(presence::user_id.eq_any(user_ids))).execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each;

    #[tokio::test]
    async fn a_row_replaces_the_older_one() {
        each(async |database| {
            let store = database.open();
            let row = |user: &str, online, status_msg: Option<&str>| PresenceRow {
                user_id: user.into(),
                online,
                last_active_at: 7,
                status_msg: status_msg.map(Into::into),
            };
            let save = async |rows: Vec<PresenceRow>| store.write(move |tx| save(tx, &rows)).await.unwrap();
            save(vec![row("@a:b", true, Some("lunch")), row("@c:d", true, None)]).await;
            save(vec![row("@a:b", false, None)]).await;
            let mut rows = store.read(all).await.unwrap();
            rows.sort_by(|a, b| a.user_id.cmp(&b.user_id));
            assert_eq!(rows, [row("@a:b", false, None), row("@c:d", true, None)]);
            store.write(|tx| delete(tx, &["@a:b".into(), "@c:d".into()])).await.unwrap();
            assert_eq!(store.read(all).await.unwrap(), []);
        })
        .await
    }
}
