//! For tests, of this crate and of others (feature `testing`): every test body runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL is a cluster of the test process's own, started when the first test asks for it and removed when the
//! process ends, however it ends. Where PostgreSQL is not installed those halves are skipped, with a word on stderr,
//! unless `PEERBRAIN_REQUIRE_POSTGRES=1` says that they must not be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "only tests use it")]

mod cluster;
mod database;
mod skip;

pub use cluster::Cluster;
pub use database::{Database, each};
pub use skip::skipped;

/// Where a fresh PostgreSQL database is that no other test uses; none where PostgreSQL is not installed.
pub fn postgres_database() -> Option<String> {
    Cluster::shared().map(Cluster::database)
}

/// Loses the index for searches, as a restored database has lost it.
pub fn lose_search_index(tx: &mut crate::Tx<'_>) -> crate::Result<()> {
    use diesel::connection::SimpleConnection as _;
    let conn = tx.conn();
    conn.batch_execute("DELETE FROM search_progress; DELETE FROM search_again; DELETE FROM search_index")?;
    Ok(())
}

/// How many rows each table has, by name.
pub fn count_rows(conn: &mut crate::Conn) -> crate::Result<Vec<(String, i64)>> {
    let names: Vec<String> = tables(conn)?.into_iter().map(|(name, _)| name).collect();
    names.into_iter().map(|name| Ok((name.clone(), count(conn, &name, "")?))).collect()
}

/// The tables with rows whose `room` is this.
pub fn rows_of_room(conn: &mut crate::Conn, room: i64) -> crate::Result<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for (name, columns) in tables(conn)? {
        // Of a room that is gone it stays for a while that it is.
        let kept = name == "log" || name == "purged_rooms";
        if !kept && columns.iter().any(|column| column == "room") {
            let rows = count(conn, &name, &format!("WHERE room = {room}"))?;
            found.extend((rows > 0).then_some((name, rows)));
        }
    }
    Ok(found)
}

fn tables(conn: &mut crate::Conn) -> crate::Result<Vec<(String, Vec<String>)>> {
    let tables = crate::backup::catalog::tables(conn)?;
    let columns =
        |table: &crate::backup::catalog::Table| table.columns.iter().map(|column| column.name.clone()).collect();
    Ok(tables.iter().map(|table| (table.name.clone(), columns(table))).collect())
}

fn count(conn: &mut crate::Conn, table: &str, filter: &str) -> crate::Result<i64> {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        rows: i64,
    }
    let query = diesel::sql_query(format!("SELECT count(*) AS rows FROM \"{table}\" {filter}"));
    Ok(diesel::RunQueryDsl::get_result::<Count>(query, conn)?.rows)
}
