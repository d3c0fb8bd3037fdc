//! Reports.

use diesel::{dsl::max, prelude::*};

use crate::{Conn, Result, Tx, meta, schema::reports};

/// The name under which the highest number of a deleted report is kept: no other report gets it.
const DELETED: &str = "deleted_report";

/// A report that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = reports)]
pub struct ReportRow {
    /// Its number, which rises.
    pub id: i64,
    /// When it came, in milliseconds since 1970.
    pub reported_at: i64,
    /// Who reported.
    pub reporter: String,
    /// The room, or the room of the event.
    pub room_id: Option<String>,
    /// The event.
    pub event_id: Option<String>,
    /// The user; of an event its sender.
    pub user_id: Option<String>,
    /// What the reporter says; may be empty.
    pub reason: String,
}

/// A report that comes in.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = reports, treat_none_as_default_value = false)]
pub struct NewReport {
    /// When it came, in milliseconds since 1970.
    pub reported_at: i64,
    /// Who reports.
    pub reporter: String,
    /// The room, or the room of the event.
    pub room_id: Option<String>,
    /// The event.
    pub event_id: Option<String>,
    /// The user; of an event its sender.
    pub user_id: Option<String>,
    /// What the reporter says.
    pub reason: String,
}

/// Keeps a report, and no more than the newest `keep` in all.
pub fn insert_report(tx: &mut Tx<'_>, report: &NewReport, keep: i64) -> Result<i64> {
    let newest: Option<i64> = reports::table.select(max(reports::id)).get_result(tx.conn())?;
    let id = newest.unwrap_or(0).max(deleted_upto(tx.conn())?) + 1;
    diesel::insert_into(reports::table).values((reports::id.eq(id), report)).execute(tx.conn())?;
    diesel::delete(reports::table.filter(reports::id.le(id - keep))).execute(tx.conn())?;
    Ok(id)
}

/// Some reports: those with numbers below `before`, the newest first.
pub fn reports(conn: &mut Conn, before: i64, limit: i64) -> Result<Vec<ReportRow>> {
    let query = reports::table.filter(reports::id.lt(before)).order(reports::id.desc()).limit(limit);
    Ok(query.select(ReportRow::as_select()).load(conn)?)
}

/// How many there are.
pub fn count_reports(conn: &mut Conn) -> Result<i64> {
    Ok(reports::table.count().get_result(conn)?)
}

/// The report of this number.
pub fn report(conn: &mut Conn, id: i64) -> Result<Option<ReportRow>> {
    Ok(reports::table.find(id).select(ReportRow::as_select()).get_result(conn).optional()?)
}

/// Deletes a report. False where it was not there.
pub fn delete_report(tx: &mut Tx<'_>, id: i64) -> Result<bool> {
    if diesel::delete(reports::table.find(id)).execute(tx.conn())? == 0 {
        return Ok(false);
    }
    if id > deleted_upto(tx.conn())? {
        meta::set(tx.conn(), DELETED, &id.to_string())?;
    }
    Ok(true)
}

fn deleted_upto(conn: &mut Conn) -> Result<i64> {
    Ok(meta::get(conn, DELETED)?.and_then(|id| id.parse().ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each;

    #[tokio::test]
    async fn a_number_is_given_once() {
        each(async |database| {
            let store = database.open();
            let report = NewReport {
                reported_at: 1,
                reporter: "@a:b".into(),
                room_id: None,
                event_id: None,
                user_id: Some("@c:b".into()),
                reason: String::new(),
            };
            let numbers = store.write(move |tx| {
                let (one, two) = (insert_report(tx, &report, 9)?, insert_report(tx, &report, 9)?);
                assert!(delete_report(tx, two)? && !delete_report(tx, two)?);
                let three = insert_report(tx, &report, 9)?;
                assert!(delete_report(tx, one)?);
                Ok([one, two, three, insert_report(tx, &report, 9)?])
            });
            assert_eq!(numbers.await.unwrap(), [1, 2, 3, 4]);
            store.close().await;
        })
        .await;
    }
}
