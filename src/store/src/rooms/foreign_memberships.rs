//! Where our users stand in rooms that are not here: invited, knocking, or no longer.

use diesel::prelude::*;

use crate::{
    Conn, LogKind, Result, Tx,
    connection::both,
    rooms::Membership,
    schema::{foreign_memberships, foreign_memberships as table},
};

/// Memberships that wait for an answer.
const OPEN: [i16; 2] = [Membership::Invite as i16, Membership::Knock as i16];

/// A row of `foreign_memberships`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = foreign_memberships, treat_none_as_default_value = false)]
pub struct ForeignMember {
    /// The user, one of ours.
    pub user_id: String,
    /// The Matrix id of the room.
    pub room_id: String,
    /// See [`Membership`]: an invite, a knock, or that it is over.
    pub membership: i16,
    /// When that came about; given when it is written.
    pub position: i64,
    /// The room's version.
    pub version: String,
    /// Who sent the membership event.
    pub sender: String,
    /// The server through which it came, which knows the room.
    pub via: String,
    /// The id of the membership event.
    pub event_id: String,
    /// The canonical text of that event.
    pub json: String,
    /// A JSON array of stripped state, as clients get it, without that event.
    pub state: String,
}

impl ForeignMember {
    /// The membership as a type.
    pub fn membership(&self) -> Membership {
        Membership::from_number(self.membership)
    }

    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        OPEN.contains(&self.membership)
    }
}

/// Notes where a user stands in a room that is not here; what was noted before goes. The row's position is given here.
pub fn keep_foreign(tx: &mut Tx<'_>, row: &ForeignMember) -> Result<()> {
    let position = tx.log(LogKind::Membership, None, Some(&row.user_id), None);
    let row = ForeignMember { position, ..row.clone() };
    diesel::delete(table::table.find((&row.user_id, &row.room_id))).execute(tx.conn())?;
    both!(tx.conn(), c => diesel::insert_into(table::table).values(&row).execute(c))?;
    Ok(())
}

/// Notes that an invite or a knock is over, by an event of this id, sender and text. False where another has come, or an
/// end, since `event_id` was read.
pub fn leave_foreign(tx: &mut Tx<'_>, open: &ForeignMember, event_id: &str, sender: &str, json: &str) -> Result<bool> {
    let same = table::table.find((&open.user_id, &open.room_id)).filter(table::event_id.eq(&open.event_id));
    if same.select(table::event_id).get_result::<String>(tx.conn()).optional()?.is_none() {
        return Ok(false);
    }
    let left = ForeignMember {
        membership: Membership::Leave as i16,
        sender: sender.to_owned(),
        event_id: event_id.to_owned(),
        json: json.to_owned(),
        state: "[]".to_owned(),
        ..open.clone()
    };
    keep_foreign(tx, &left)?;
    Ok(true)
}

/// Forgets that an invite or a knock was there. False for one that still waits for an answer.
pub fn forget_foreign(tx: &mut Tx<'_>, user_id: &str, room_id: &str) -> Result<bool> {
    let row = table::table.find((user_id, room_id)).filter(table::membership.ne_all(OPEN));
    Ok(diesel::delete(row).execute(tx.conn())? > 0)
}

/// Takes away what was noted of users who have come into a room now, or stand otherwise in it by its own events.
pub(crate) fn settle_foreign(conn: &mut Conn, room_id: &str, user_ids: &[&str]) -> Result<()> {
    let rows = table::table.filter(table::user_id.eq_any(user_ids)).filter(table::room_id.eq(room_id));
    diesel::delete(rows).execute(conn)?;
    Ok(())
}

/// Where a user stands in a room that is not here.
pub fn foreign_member(conn: &mut Conn, user_id: &str, room_id: &str) -> Result<Option<ForeignMember>> {
    let row = table::table.find((user_id, room_id)).select(ForeignMember::as_select());
    Ok(row.get_result(conn).optional()?)
}

/// How many invites and knocks of a user wait for an answer.
pub fn foreign_count(conn: &mut Conn, user_id: &str) -> Result<i64> {
    let open = table::table.filter(table::user_id.eq(user_id)).filter(table::membership.eq_any(OPEN));
    Ok(open.count().get_result(conn)?)
}

/// The invites and knocks of a user that wait for an answer.
pub fn foreign_standing(conn: &mut Conn, user_id: &str) -> Result<Vec<ForeignMember>> {
    let open = table::table.filter(table::user_id.eq(user_id)).filter(table::membership.eq_any(OPEN));
    Ok(open.order(table::position.asc()).select(ForeignMember::as_select()).load(conn)?)
}

/// What changed for a user after one position and up to another.
pub fn foreign_changes(conn: &mut Conn, user_id: &str, since: i64, upto: i64) -> Result<Vec<ForeignMember>> {
    let changed = table::table.filter(table::user_id.eq(user_id));
    let changed = changed.filter(table::position.gt(since)).filter(table::position.le(upto));
    Ok(changed.order(table::position.asc()).select(ForeignMember::as_select()).load(conn)?)
}
