//! The members of a room who are users of one server.

use diesel::prelude::*;

use crate::{
    Conn, Result,
    rooms::{Membership, ending::ends_with},
    schema::memberships,
};

/// Those of these rooms to which a user of this server is invited. In which of them a server is, `room_servers` says.
pub fn rooms_inviting_server(conn: &mut Conn, rooms: &[i64], server: &str) -> Result<Vec<i64>> {
    let (own, others) = endings(server);
    Ok(memberships::table
        .filter(memberships::room.eq_any(rooms))
        .filter(memberships::membership.eq(Membership::Invite as i16))
        .filter(ends_with!(memberships::user_id, own))
        .filter(memberships::user_id.not_like(others))
        .select(memberships::room)
        .distinct()
        .load(conn)?)
}

/// The joined members who are users of this server, those who have been joined for longest first: at most `limit` of them.
/// No row is read of the others.
pub fn joined_of_server(conn: &mut Conn, room: i64, server: &str, limit: i64) -> Result<Vec<String>> {
    let (own, others) = endings(server);
    Ok(memberships::table
        .filter(memberships::room.eq(room))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .filter(ends_with!(memberships::user_id, own))
        .filter(memberships::user_id.not_like(others))
        .order(memberships::position.asc())
        .limit(limit)
        .select(memberships::user_id)
        .load(conn)?)
}

/// Users of this server whom a room knows, however they stand: first those who are joined, and of them first who has
/// been for longest.
pub fn members_of_server(conn: &mut Conn, room: i64, server: &str, limit: i64) -> Result<Vec<String>> {
    let (own, others) = endings(server);
    Ok(memberships::table
        .filter(memberships::room.eq(room))
        .filter(ends_with!(memberships::user_id, own))
        .filter(memberships::user_id.not_like(others))
        .order((memberships::membership.asc(), memberships::position.asc()))
        .limit(limit)
        .select(memberships::user_id)
        .load(conn)?)
}

/// How user ids of a server end, and what those among them look like that are of another one, of whose name this is only the
/// end, as `8448` is of `example.org:8448`. No server name has a character that means something in a pattern.
fn endings(server: &str) -> (String, String) {
    (format!(":{server}"), format!("%:%:{server}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{connection::Role, testing::Database};

    #[test]
    fn a_server_is_what_stands_behind_the_first_colon() {
        for database in [Some(Database::sqlite()), Database::postgres()].into_iter().flatten() {
            database.open().close_blocking();
            let mut conn = Conn::open(&database.target, Role::Writer).unwrap();
            let members = [
                (1, "@a:example.org", Membership::Leave),
                (1, "@b:example.org", Membership::Join),
                (1, "@c:example.org:8448", Membership::Join),
                (1, "@d:an.example.org", Membership::Join),
                (1, "@e:example.orga", Membership::Join),
                (1, "@f:Example.org", Membership::Join),
                (2, "@a:example.org", Membership::Invite),
            ];
            for (position, (room, user_id, membership)) in members.into_iter().enumerate() {
                let row = crate::rooms::MemberRow {
                    room,
                    user_id: user_id.into(),
                    membership: membership as i16,
                    event: 1,
                    position: position as i64,
                    sender: user_id.into(),
                    display_name: None,
                    avatar_url: None,
                    forgotten: false,
                };
                diesel::insert_into(memberships::table).values(row).execute(&mut conn).unwrap();
            }
            let joined = |conn: &mut Conn, server| joined_of_server(conn, 1, server, 10).unwrap();
            assert_eq!(joined(&mut conn, "example.org"), ["@b:example.org"]);
            assert_eq!(joined(&mut conn, "example.org:8448"), ["@c:example.org:8448"]);
            assert_eq!(joined(&mut conn, "Example.org"), ["@f:Example.org"]);
            assert_eq!(joined(&mut conn, "8448"), [""; 0]);
            assert_eq!(joined(&mut conn, "org"), [""; 0]);
            assert_eq!(rooms_inviting_server(&mut conn, &[1, 2], "example.org").unwrap(), [2]);
            assert_eq!(rooms_inviting_server(&mut conn, &[1, 2], "org").unwrap(), [0; 0]);
            let members = members_of_server(&mut conn, 1, "example.org", 10).unwrap();
            assert_eq!(members, ["@b:example.org", "@a:example.org"]);
            assert_eq!(members_of_server(&mut conn, 1, "example.org", 1).unwrap(), ["@b:example.org"]);
        }
    }
}
