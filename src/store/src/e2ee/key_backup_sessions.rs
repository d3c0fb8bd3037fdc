//! The keys in backups.

use diesel::{
    dsl::sum,
    prelude::*,
    sql_types::{BigInt, Bool, Integer, Text},
};

use super::to_device::json_list;
use crate::{
    Conn, Result, Tx,
    connection::both,
    schema::key_backup_sessions::{self as table, dsl},
};

diesel::define_sql_function! {
    /// Bytes of a text.
    fn octet_length(text: Text) -> Integer;
}

/// A row of `key_backup_sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
pub struct BackedUpSessionRow {
    /// Whose backup.
    pub user_id: String,
    /// Its version.
    pub version: i64,
    /// The room.
    pub room_id: String,
    /// The session.
    pub session_id: String,
    /// The first message that the key opens.
    pub first_message_index: i64,
    /// Through how many hands the key has gone.
    pub forwarded_count: i64,
    /// Whether the device that it came from was verified.
    pub is_verified: bool,
    /// The key, encrypted, as a JSON object.
    pub session_data: String,
}

/// A stored key, but for the key itself.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct SessionMetadata {
    /// The room.
    #[diesel(sql_type = Text)]
    pub room_id: String,
    /// The session.
    #[diesel(sql_type = Text)]
    pub session_id: String,
    /// The first message that the key opens.
    #[diesel(sql_type = BigInt)]
    pub first_message_index: i64,
    /// Through how many hands the key has gone.
    #[diesel(sql_type = BigInt)]
    pub forwarded_count: i64,
    /// Whether the device that it came from was verified.
    #[diesel(sql_type = Bool)]
    pub is_verified: bool,
    /// Bytes of its data.
    #[diesel(sql_type = Integer)]
    pub bytes: i32,
}

/// Which keys of a version are meant: all, those of a room, one session of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The room.
    pub room_id: Option<String>,
    /// The session in it.
    pub session_id: Option<String>,
}

/// The keys of a place.
macro_rules! of_place {
    ($keys:expr, $user_id:expr, $version:expr, $place:expr) => {{
        let mut keys = $keys.into_boxed().filter(dsl::user_id.eq($user_id)).filter(dsl::version.eq($version));
        if let Some(room_id) = &$place.room_id {
            keys = keys.filter(dsl::room_id.eq(room_id));
        }
        if let Some(session_id) = &$place.session_id {
            keys = keys.filter(dsl::session_id.eq(session_id));
        }
        keys
    }};
}

const COLUMNS: &str = "s.room_id, s.session_id, s.first_message_index, s.forwarded_count, s.is_verified,
    octet_length(s.session_data) AS bytes";

/// What is stored of these (room, session).
pub fn metadata(conn: &mut Conn, user_id: &str, version: i64, wanted: &[(&str, &str)]) -> Result<Vec<SessionMetadata>> {
    let list = json_list(&wanted)?;
    let text = match conn {
        Conn::Sqlite(_) => format!(
            "SELECT {COLUMNS} FROM json_each($1) wanted CROSS JOIN key_backup_sessions s
             WHERE s.user_id = $2 AND s.version = $3 AND s.room_id = json_extract(wanted.value, '$[0]')
             AND s.session_id = json_extract(wanted.value, '$[1]')"
        ),
        Conn::Pg(_) => format!(
            "SELECT {COLUMNS} FROM json_array_elements($1::json) AS wanted(value)
             JOIN key_backup_sessions s ON s.user_id = $2 AND s.version = $3 AND s.room_id = wanted.value->>0
             AND s.session_id = wanted.value->>1"
        ),
    };
    let query = diesel::sql_query(text).bind::<Text, _>(list).bind::<Text, _>(user_id).bind::<BigInt, _>(version);
    Ok(query.load(conn)?)
}

/// The first keys of a place in the order of rooms and sessions, after the one that is named.
pub fn page(
    conn: &mut Conn,
    user_id: &str,
    version: i64,
    place: &Place,
    after: Option<(&str, &str)>,
    most: i64,
) -> Result<Vec<BackedUpSessionRow>> {
    // Two queries with one range each: the databases find their way into an index no better by a pair.
    let mut found = Vec::new();
    if let Some((room_id, session_id)) = after {
        let rest = of_place!(table::table, user_id, version, place).filter(dsl::room_id.eq(room_id.to_owned()));
        let rest = rest.filter(dsl::session_id.gt(session_id.to_owned())).limit(most);
        found = rest.order(dsl::session_id).select(BackedUpSessionRow::as_select()).load(conn)?;
    }
    let missing = most - i64::try_from(found.len()).unwrap_or(most);
    if missing > 0 && (after.is_none() || place.room_id.is_none()) {
        let mut others = of_place!(table::table, user_id, version, place);
        if let Some((room_id, _)) = after {
            others = others.filter(dsl::room_id.gt(room_id.to_owned()));
        }
        let others = others.order((dsl::room_id, dsl::session_id)).limit(missing);
        found.extend(others.select(BackedUpSessionRow::as_select()).load::<BackedUpSessionRow>(conn)?);
    }
    Ok(found)
}

/// Adds keys to a version, or replaces those that there are. The same session may not be among them twice.
pub fn set(tx: &mut Tx<'_>, user_id: &str, version: i64, rows: &[&BackedUpSessionRow]) -> Result<()> {
    let list: Vec<_> = rows
        .iter()
        .map(|row| {
            let BackedUpSessionRow { room_id, session_id, first_message_index, forwarded_count, .. } = row;
            (room_id, session_id, first_message_index, forwarded_count, row.is_verified, &row.session_data)
        })
        .collect();
    let list = json_list(&list)?;
    let rows = match tx.conn() {
        Conn::Sqlite(_) => {
            "json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
             json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
             FROM json_each($3)"
        }
        Conn::Pg(_) => {
            "value->>0, value->>1, (value->>2)::bigint,
             (value->>3)::bigint, (value->>4)::boolean, value->>5
             FROM json_array_elements($3::json) AS wanted(value)"
        }
    };
    // SQLite takes the arguments in the order in which they stand in the text, whatever they are called.
    let text = format!(
        "INSERT INTO key_backup_sessions (user_id, version, room_id, session_id, first_message_index, forwarded_count,
            is_verified, session_data)
         SELECT $1, $2, {rows} WHERE true
         ON CONFLICT (user_id, version, room_id, session_id) DO UPDATE SET
            first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
            is_verified = excluded.is_verified, session_data = excluded.session_data"
    );
    let query = diesel::sql_query(text).bind::<Text, _>(user_id).bind::<BigInt, _>(version).bind::<Text, _>(list);
    query.execute(tx.conn())?;
    Ok(())
}

/// Deletes about `most` keys of a place; gives how many there were, and the bytes of their data.
pub fn delete_some(tx: &mut Tx<'_>, user_id: &str, version: i64, place: &Place, most: i64) -> Result<(i64, i64)> {
    let ends = of_place!(table::table, user_id, version, place).order((dsl::room_id, dsl::session_id)).offset(most);
    let end: Option<(String, String)> = ends.select((dsl::room_id, dsl::session_id)).first(tx.conn()).optional()?;
    macro_rules! doomed {
        ($keys:expr) => {{
            let mut keys = of_place!($keys, user_id, version, place);
            if let Some((room_id, session_id)) = &end {
                let same_room = dsl::room_id.eq(room_id).and(dsl::session_id.lt(session_id));
                keys = keys.filter(dsl::room_id.lt(room_id).or(same_room));
            }
            keys
        }};
    }
    let bytes: Option<i64> =
        doomed!(table::table).select(sum(octet_length(dsl::session_data))).get_result(tx.conn())?;
    let deleted = both!(tx.conn(), c => doomed!(diesel::delete(table::table)).execute(c))?;
    Ok((i64::try_from(deleted).unwrap_or(i64::MAX), bytes.unwrap_or(0)))
}

/// One version of a user's that has keys and is itself deleted.
pub fn orphaned_version(conn: &mut Conn, user_id: &str) -> Result<Option<i64>> {
    use crate::schema::key_backups;
    let mut after = 0;
    loop {
        let next = table::table.filter(dsl::user_id.eq(user_id)).filter(dsl::version.gt(after));
        let next: Option<i64> = next.order(dsl::version).select(dsl::version).first(conn).optional()?;
        let Some(version) = next else { return Ok(None) };
        let backup = key_backups::table.find((user_id, version)).select(key_backups::version);
        if backup.get_result::<i64>(conn).optional()?.is_none() {
            return Ok(Some(version));
        }
        after = version;
    }
}
