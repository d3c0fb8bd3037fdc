//! Looking for damage.

use diesel::{prelude::*, sql_types::Text};

use crate::{Conn, Error, Result, Target, connection::Role, meta, migrate};

/// Questions to which the right answer is zero, with what another answer means.
const QUESTIONS: [(&str, &str); 6] = [
    ("SELECT count(*) FROM events WHERE position > (SELECT position FROM clock)", "events lie ahead of the clock"),
    (
        "SELECT count(*) FROM events WHERE position < (SELECT backfilled FROM clock)",
        "backfilled events lie behind the clock",
    ),
    ("SELECT count(*) FROM log WHERE position > (SELECT position FROM clock)", "log entries lie ahead of the clock"),
    // Those of a room that is being deleted go last.
    (
        "SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT 1 FROM rooms r WHERE r.nid = e.room)
            AND e.room NOT IN (SELECT room FROM purged_rooms WHERE finished_at IS NULL)",
        "events belong to no room",
    ),
    (
        "SELECT count(*) FROM current_state s WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.nid = s.event)",
        "entries of a room's state have no event",
    ),
    (
        "SELECT count(*) FROM memberships m WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.nid = m.event)",
        "memberships have no event",
    ),
];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Complaint {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Looks for damage in one snapshot, changing nothing; the server may go on. Blocks. Gives what was found, in sentences.
///
/// # Errors
/// A database that is not there, of another server or of another version of the program.
pub fn check(target: &Target, server_name: &str) -> Result<Vec<String>> {
    if let Target::Sqlite(path) = target
        && !path.exists()
    {
        return Err(Error::Refused(format!("there is no database at {}", path.display())));
    }
    Conn::open(target, Role::Reader)?.snapshot(|conn| {
        migrate::refuse_other_version(conn)?;
        let name = meta::get(conn, "server_name")?;
        if name.as_deref().is_some_and(|name| name != server_name) {
            let name = name.unwrap_or_default();
            return Err(Error::Refused(format!("the database belongs to the server {name}, not to {server_name}")));
        }
        let mut found = integrity(conn)?;
        for (question, meaning) in QUESTIONS {
            let query = question.replacen("count(*)", "count(*) AS count", 1);
            let Count { count } = diesel::sql_query(query).get_result(conn)?;
            if count != 0 {
                found.push(format!("{count} {meaning}"));
            }
        }
        Ok(found)
    })
}

/// SQLite's own look at its file. PostgreSQL watches itself.
fn integrity(conn: &mut Conn) -> Result<Vec<String>> {
    let Conn::Sqlite(conn) = conn else { return Ok(Vec::new()) };
    let complaints: Vec<Complaint> = diesel::sql_query("PRAGMA integrity_check").load(conn)?;
    Ok(complaints.into_iter().map(|found| found.integrity_check).filter(|text| text != "ok").collect())
}
