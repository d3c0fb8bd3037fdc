//! Redactions that came before what they redact.

use diesel::prelude::*;

use crate::{Conn, Result, schema::pending_redactions};

/// Which of these events have redactions that came before them: (event id, number of the redaction), the redactions in
/// the order of their numbers.
pub fn redactions_of(conn: &mut Conn, room: i64, event_ids: &[String]) -> Result<Vec<(String, i64)>> {
    let mut found = Vec::new();
    for ids in event_ids.chunks(10_000) {
        let query = pending_redactions::table
            .filter(pending_redactions::room.eq(room))
            .filter(pending_redactions::target.eq_any(ids))
            .order(pending_redactions::event.asc())
            .select((pending_redactions::target, pending_redactions::event));
        found.extend(query.load::<(String, i64)>(conn)?);
    }
    Ok(found)
}
