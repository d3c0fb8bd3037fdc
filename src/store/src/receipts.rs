//! Receipts: how far users have read, in each room and each thread.

use diesel::{
    dsl::count_star,
    prelude::*,
    sql_types::{BigInt, Integer, SmallInt, Text},
    upsert::excluded,
};

use crate::{
    Conn, LogKind, Result, Tx,
    connection::both,
    push,
    rooms::Membership,
    schema::{memberships, receipts},
};

/// The thread of a receipt that counts for the whole room.
pub const UNTHREADED: &str = "";
/// The thread of a receipt that counts for all that is in no thread.
pub const MAIN: &str = "main";

/// Rooms that one query takes.
const ROOMS: usize = 1_000;

/// Who hears of a receipt (client-server § Receipts). The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum ReceiptKind {
    /// `m.read`: all members.
    Public = 1,
    /// `m.read.private`: nobody but the user.
    Private = 2,
}

impl ReceiptKind {
    /// The receipt type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "m.read",
            Self::Private => "m.read.private",
        }
    }
}

/// A row of `receipts`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = receipts)]
pub struct ReceiptRow {
    /// The room's number.
    #[diesel(sql_type = BigInt)]
    pub room: i64,
    /// Who has read.
    #[diesel(sql_type = Text)]
    pub user_id: String,
    /// See [`ReceiptKind`].
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// [`UNTHREADED`], [`MAIN`], or the event id of a thread's root.
    #[diesel(sql_type = Text)]
    pub thread: String,
    /// The event up to which they have read.
    #[diesel(sql_type = Text)]
    pub event_id: String,
    /// Where that event stands in the one order.
    #[diesel(sql_type = BigInt)]
    pub event_position: i64,
    /// When they read it, in milliseconds since 1970.
    #[diesel(sql_type = BigInt)]
    pub ts: i64,
    /// The position of the receipt itself.
    #[diesel(sql_type = BigInt)]
    pub position: i64,
}

impl ReceiptRow {
    /// Whether nobody but the user may hear of it. What is not known is private.
    pub fn is_private(&self) -> bool {
        self.kind != ReceiptKind::Public as i16
    }
}

/// A receipt to be written.
#[derive(Clone, Debug)]
pub struct NewReceipt {
    /// The room's number.
    pub room: i64,
    /// Who has read.
    pub user_id: String,
    /// Who hears of it.
    pub kind: ReceiptKind,
    /// [`UNTHREADED`], [`MAIN`], or the event id of a thread's root.
    pub thread: String,
    /// The event up to which they have read.
    pub event_id: String,
    /// Where that event stands in the one order.
    pub event_position: i64,
    /// When they read it, in milliseconds since 1970.
    pub ts: i64,
}

/// The position of the event of one receipt, if there is one.
pub fn read_up_to(conn: &mut Conn, room: i64, user_id: &str, kind: ReceiptKind, thread: &str) -> Result<Option<i64>> {
    let row = receipts::table.find((room, user_id, kind as i16, thread));
    Ok(row.select(receipts::event_position).get_result(conn).optional()?)
}

/// All receipts of one user in these rooms, of both kinds and in all threads.
pub fn of_user(conn: &mut Conn, user_id: &str, rooms: &[i64]) -> Result<Vec<ReceiptRow>> {
    let mut found = Vec::new();
    for rooms in rooms.chunks(ROOMS) {
        let query = receipts::table.filter(receipts::room.eq_any(rooms)).filter(receipts::user_id.eq(user_id));
        found.extend(query.select(ReceiptRow::as_select()).load(conn)?);
    }
    Ok(found)
}

/// The receipts of these rooms that were set after `since` and up to `upto`, in the order in which they were.
pub fn changed(conn: &mut Conn, rooms: &[i64], since: i64, upto: i64) -> Result<Vec<ReceiptRow>> {
    let query = receipts::table
        .filter(receipts::room.eq_any(rooms))
        .filter(receipts::position.gt(since))
        .filter(receipts::position.le(upto))
        .order(receipts::position);
    Ok(query.select(ReceiptRow::as_select()).load(conn)?)
}

/// Those rooms to which a user is joined in which receipts were set after `since` and up to `upto`.
pub fn changed_rooms(conn: &mut Conn, user_id: &str, since: i64, upto: i64) -> Result<Vec<i64>> {
    let query = memberships::table
        .inner_join(receipts::table.on(receipts::room.eq(memberships::room)))
        .filter(memberships::user_id.eq(user_id))
        .filter(memberships::membership.eq(Membership::Join as i16))
        .filter(receipts::position.gt(since))
        .filter(receipts::position.le(upto));
    Ok(query.select(memberships::room).distinct().load(conn)?)
}

/// The newest receipts of each of these rooms, at most `count` of each, up to a position.
pub fn newest(conn: &mut Conn, rooms: &[i64], upto: i64, count: usize) -> Result<Vec<ReceiptRow>> {
    let mut found = Vec::new();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    for rooms in rooms.chunks(ROOMS) {
        let query = diesel::sql_query(newest_text(conn, rooms));
        found.extend(query.bind::<BigInt, _>(upto).bind::<Integer, _>(count).load::<ReceiptRow>(conn)?);
    }
    Ok(found)
}

/// A limit per room, which no one form gives for both databases.
fn newest_text(conn: &Conn, rooms: &[i64]) -> String {
    let values: Vec<String> = rooms.iter().map(|room| format!("({room})")).collect();
    let values = values.join(",");
    match conn {
        Conn::Sqlite(_) => format!(
            "WITH wanted(room) AS (VALUES {values})
             SELECT r.room AS room, r.user_id AS user_id, r.kind AS kind, r.thread AS thread, r.event_id AS event_id,
                r.event_position AS event_position, r.ts AS ts, r.position AS position
             FROM wanted CROSS JOIN receipts r
             WHERE r.room = wanted.room AND r.position IN (
                SELECT i.position FROM receipts i WHERE i.room = wanted.room AND i.position <= $1
                ORDER BY i.position DESC LIMIT $2)"
        ),
        Conn::Pg(_) => format!(
            "SELECT r.* FROM (VALUES {values}) AS wanted(room)
             CROSS JOIN LATERAL (
                SELECT i.room, i.user_id, i.kind, i.thread, i.event_id, i.event_position, i.ts, i.position
                FROM receipts i WHERE i.room = wanted.room AND i.position <= $1
                ORDER BY i.position DESC LIMIT $2) AS r"
        ),
    }
}

/// Sets a receipt, if it goes forwards, and gives its position. What follows from it is written here, too.
///
/// * `most`: threads of one room for which a user may have receipts of one kind; beyond it that for the oldest event
///   goes.
pub fn set(tx: &mut Tx<'_>, new: &NewReceipt, most: i64) -> Result<Option<i64>> {
    let NewReceipt { room, user_id, kind, thread, event_id, event_position, ts } = new;
    let before = read_up_to(tx.conn(), *room, user_id, *kind, thread)?;
    if before.is_some_and(|before| before >= *event_position) {
        return Ok(None);
    }
    if before.is_none() && thread != UNTHREADED {
        make_room(tx, new, most)?;
    }
    let position = tx.log(LogKind::Receipt, Some(*room), Some(user_id), Some(i64::from(*kind as i16)));
    push::mark_read(tx.conn(), new, position)?;
    let row = (
        receipts::room.eq(room),
        receipts::user_id.eq(user_id),
        receipts::kind.eq(*kind as i16),
        receipts::thread.eq(thread),
        receipts::event_id.eq(event_id),
        receipts::event_position.eq(event_position),
        receipts::ts.eq(ts),
        receipts::position.eq(position),
    );
    both!(tx.conn(), c => diesel::insert_into(receipts::table)
        .values(row)
        .on_conflict((receipts::room, receipts::user_id, receipts::kind, receipts::thread))
        .do_update()
        .set((
            receipts::event_id.eq(excluded(receipts::event_id)),
            receipts::event_position.eq(excluded(receipts::event_position)),
            receipts::ts.eq(excluded(receipts::ts)),
            receipts::position.eq(excluded(receipts::position)),
        ))
        .execute(c))?;
    Ok(Some(position))
}

/// Deletes the receipt for the oldest event where a user has as many as may be.
fn make_room(tx: &mut Tx<'_>, new: &NewReceipt, most: i64) -> Result<()> {
    let threaded = receipts::table
        .filter(receipts::room.eq(new.room))
        .filter(receipts::user_id.eq(&new.user_id))
        .filter(receipts::kind.eq(new.kind as i16))
        .filter(receipts::thread.ne(UNTHREADED));
    let count: i64 = threaded.select(count_star()).get_result(tx.conn())?;
    if count < most {
        return Ok(());
    }
    let oldest: String = threaded.select(receipts::thread).order(receipts::event_position).first(tx.conn())?;
    diesel::delete(receipts::table.find((new.room, &new.user_id, new.kind as i16, oldest))).execute(tx.conn())?;
    Ok(())
}

/// Deletes all receipts of a room, with the room.
pub fn delete_of_room(tx: &mut Tx<'_>, room: i64) -> Result<()> {
    diesel::delete(receipts::table.filter(receipts::room.eq(room))).execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing,
        tests::plan::{each, goes_through},
    };

    fn receipt(user: &str, kind: ReceiptKind, thread: &str, event_position: i64) -> NewReceipt {
        let event_id = format!("$e{event_position}");
        NewReceipt { room: 7, user_id: user.into(), kind, thread: thread.into(), event_id, event_position, ts: 1 }
    }

    #[tokio::test]
    async fn receipts_go_forwards_and_threads_are_bounded() {
        testing::each(async |database| {
            let store = database.open();
            let set = async |new: NewReceipt| store.write(move |tx| set(tx, &new, 3)).await.unwrap();
            let first = set(receipt("@a:b", ReceiptKind::Public, UNTHREADED, 5)).await.unwrap();
            assert_eq!(set(receipt("@a:b", ReceiptKind::Public, UNTHREADED, 5)).await, None);
            assert_eq!(set(receipt("@a:b", ReceiptKind::Public, UNTHREADED, -4)).await, None);
            assert_eq!(store.position(), first);
            assert_eq!(set(receipt("@a:b", ReceiptKind::Public, UNTHREADED, 6)).await, Some(first + 1));
            assert_eq!(set(receipt("@a:b", ReceiptKind::Private, UNTHREADED, 4)).await, Some(first + 2));
            for (n, thread) in ["$t1", "$t2", "main", "$t4", "$t5"].into_iter().enumerate() {
                set(receipt("@a:b", ReceiptKind::Public, thread, 10 + n as i64)).await;
            }
            set(receipt("@c:d", ReceiptKind::Public, "$t1", 9)).await;
            let upto = store.position();
            let read = move |conn: &mut Conn| {
                let mut own: Vec<(i16, String, i64)> = of_user(conn, "@a:b", &[7, 8])?
                    .into_iter()
                    .map(|row| (row.kind, row.thread, row.event_position))
                    .collect();
                own.sort();
                let newest = newest(conn, &[7, 9], upto, 2)?;
                let changed = changed(conn, &[7], upto - 1, upto)?;
                Ok((own, newest.len(), changed, self::newest(conn, &[7], upto, 100)?.len()))
            };
            let (own, two, changed, all) = store.read(read).await.unwrap();
            let row = |kind: i16, thread: &str, event: i64| (kind, thread.to_owned(), event);
            let threads = [row(1, "", 6), row(1, "$t4", 13), row(1, "$t5", 14), row(1, "main", 12), row(2, "", 4)];
            assert_eq!(own, threads);
            assert_eq!((two, all), (2, 6));
            assert_eq!(changed.iter().map(|row| row.user_id.as_str()).collect::<Vec<_>>(), ["@c:d"]);
            store.write(|tx| delete_of_room(tx, 7)).await.unwrap();
            assert_eq!(store.read(|conn| of_user(conn, "@a:b", &[7])).await.unwrap(), []);
        })
        .await
    }

    #[test]
    fn receipts_are_found_by_user_and_by_position() {
        each(|c| {
            let key = "pk receipts (room=? AND user_id=? AND kind=? AND thread=?)";
            goes_through(c, &[key], |c| read_up_to(c, 1, "@u1", ReceiptKind::Public, "main"));
            goes_through(c, &["pk receipts (room=? AND user_id=?)"], |c| of_user(c, "@u1", &[1, 2]));
            let index = "receipts_position (room=? AND position";
            goes_through(c, &[index], |c| changed(c, &[1, 2], 15_000, 15_003));
            goes_through(c, &[index], |c| newest(c, &[1, 2], 9_000, 10));
            goes_through(c, &["memberships_user (user_id=?", index], |c| changed_rooms(c, "@u1", 19_990, 20_000));
        });
    }
}
