//! The members by whom a room without a name can be called.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer, SmallInt, Text},
};

use crate::{Conn, Result, rooms::Membership};

#[derive(QueryableByName)]
struct Hero {
    #[diesel(sql_type = BigInt)]
    room: i64,
    #[diesel(sql_type = Text)]
    user_id: String,
    #[diesel(sql_type = BigInt)]
    event: i64,
    #[diesel(sql_type = BigInt)]
    position: i64,
}

/// How many rooms one query takes.
const ROOMS: usize = 1_000;

/// The first members of this membership in each of these rooms, in the order in which they came to it:
/// (room, user, event number, position).
pub fn heroes(
    conn: &mut Conn,
    rooms: &[i64],
    membership: Membership,
    count: usize,
) -> Result<Vec<(i64, String, i64, i64)>> {
    let mut found = Vec::new();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    for rooms in rooms.chunks(ROOMS) {
        let query = diesel::sql_query(text(conn, rooms));
        let heroes: Vec<Hero> = query.bind::<SmallInt, _>(membership as i16).bind::<Integer, _>(count).load(conn)?;
        found.extend(heroes.into_iter().map(|hero| (hero.room, hero.user_id, hero.event, hero.position)));
    }
    Ok(found)
}

fn text(conn: &Conn, rooms: &[i64]) -> String {
    let values: Vec<String> = rooms.iter().map(|room| format!("({room})")).collect();
    let values = values.join(",");
    match conn {
        Conn::Sqlite(_) => format!(
            "WITH wanted(room) AS (VALUES {values})
             SELECT m.room AS room, m.user_id AS user_id, m.event AS event, m.position AS position
             FROM wanted CROSS JOIN memberships m
             WHERE m.room = wanted.room AND m.membership = $1 AND m.user_id IN (
                SELECT i.user_id FROM memberships i WHERE i.room = wanted.room AND i.membership = $1
                ORDER BY i.position LIMIT $2)
             ORDER BY m.room, m.position"
        ),
        Conn::Pg(_) => format!(
            "SELECT m.room, m.user_id, m.event, m.position FROM (VALUES {values}) AS wanted(room)
             CROSS JOIN LATERAL (
                SELECT i.room, i.user_id, i.event, i.position FROM memberships i
                WHERE i.room = wanted.room AND i.membership = $1
                ORDER BY i.position LIMIT $2) AS m
             ORDER BY m.room, m.position"
        ),
    }
}
