//! Events of other servers that wait until what they build on is here.

use diesel::{
    dsl::{count_star, max},
    prelude::*,
};

use crate::{Conn, Result, Tx, connection::both, schema::staged_events};

/// A row of `staged_events`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = staged_events)]
pub struct StagedRow {
    /// Counts them in the order in which they came.
    pub number: i64,
    /// The Matrix id of the room.
    pub room_id: String,
    /// The Matrix id of the event.
    pub event_id: String,
    /// Which server sent it to us.
    pub origin: String,
    /// The event as it passed the checks that need no room.
    pub json: String,
}

/// How many may wait.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// For one room.
    pub room: i64,
    /// For one room from one server, so that none of them takes all of its places.
    pub share: i64,
    /// From one server.
    pub origin: i64,
    /// In all.
    pub all: i64,
}

/// Adds an event, whatever number it has, to those that wait; one that waits already stays as it is. False if too many
/// wait.
pub fn add(tx: &mut Tx<'_>, row: &StagedRow, most: Most) -> Result<bool> {
    let same = staged_events::table
        .filter(staged_events::room_id.eq(&row.room_id))
        .filter(staged_events::event_id.eq(&row.event_id));
    if same.select(staged_events::number).get_result::<i64>(tx.conn()).optional()?.is_some() {
        return Ok(true);
    }
    let of_room = staged_events::table.filter(staged_events::room_id.eq(&row.room_id));
    let of_origin = staged_events::table.filter(staged_events::origin.eq(&row.origin));
    let of_both = staged_events::table
        .filter(staged_events::room_id.eq(&row.room_id))
        .filter(staged_events::origin.eq(&row.origin));
    let in_room: i64 = of_room.select(count_star()).get_result(tx.conn())?;
    let share: i64 = of_both.select(count_star()).get_result(tx.conn())?;
    let from_origin: i64 = of_origin.select(count_star()).get_result(tx.conn())?;
    let all: i64 = staged_events::table.select(count_star()).get_result(tx.conn())?;
    if in_room >= most.room || share >= most.share || from_origin >= most.origin || all >= most.all {
        return Ok(false);
    }
    let newest: Option<i64> = staged_events::table.select(max(staged_events::number)).get_result(tx.conn())?;
    let row = StagedRow { number: newest.unwrap_or(0) + 1, ..row.clone() };
    both!(tx.conn(), c => diesel::insert_into(staged_events::table).values(&row).execute(c))?;
    Ok(true)
}

/// The first events that wait for a room, behind the one of this number.
pub fn first(conn: &mut Conn, room_id: &str, after: i64, most: i64) -> Result<Vec<StagedRow>> {
    Ok(staged_events::table
        .filter(staged_events::room_id.eq(room_id))
        .filter(staged_events::number.gt(after))
        .order(staged_events::number)
        .limit(most)
        .select(StagedRow::as_select())
        .load(conn)?)
}

/// Takes events out that need not wait any more.
pub fn remove(tx: &mut Tx<'_>, numbers: &[i64]) -> Result<()> {
    diesel::delete(staged_events::table.filter(staged_events::number.eq_any(numbers))).execute(tx.conn())?;
    Ok(())
}

/// The rooms for which events wait.
pub fn rooms(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(staged_events::table.select(staged_events::room_id).distinct().load(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing,
        tests::plan::{each, goes_through},
    };

    fn row(room: &str, event: &str, origin: &str) -> StagedRow {
        let [room_id, event_id, origin] = [room, event, origin].map(str::to_owned);
        StagedRow { number: 0, room_id, event_id, origin, json: "{}".into() }
    }

    #[tokio::test]
    async fn events_wait_in_the_order_in_which_they_came_and_not_too_many() {
        testing::each(async |database| {
            let store = database.open();
            let most = Most { room: 2, share: 2, origin: 3, all: 4 };
            let add = async |row: StagedRow| store.write(move |tx| add(tx, &row, most)).await.unwrap();
            assert!(add(row("!a", "$1", "x")).await);
            assert!(add(row("!a", "$2", "x")).await);
            assert!(add(row("!a", "$1", "y")).await, "it waits already");
            assert!(!add(row("!a", "$3", "y")).await, "too many for the room");
            assert!(add(row("!b", "$1", "x")).await);
            assert!(!add(row("!c", "$1", "x")).await, "too many from the server");
            assert!(add(row("!c", "$1", "y")).await);
            assert!(!add(row("!d", "$1", "z")).await, "too many in all");

            let first = async |room: &'static str, after| {
                let rows = store.read(move |conn| first(conn, room, after, 10)).await.unwrap();
                rows.into_iter().map(|row| (row.number, row.event_id, row.origin)).collect::<Vec<_>>()
            };
            let (one, two) = ((1, "$1".to_owned(), "x".to_owned()), (2, "$2".to_owned(), "x".to_owned()));
            assert_eq!(first("!a", 0).await, [one, two.clone()]);
            assert_eq!(first("!a", 1).await, [two]);
            let mut waiting = store.read(rooms).await.unwrap();
            waiting.sort();
            assert_eq!(waiting, ["!a", "!b", "!c"]);
            store.write(|tx| remove(tx, &[1, 2])).await.unwrap();
            assert_eq!(first("!a", 0).await, []);
        })
        .await
    }

    #[tokio::test]
    async fn one_server_leaves_others_a_share_of_a_room() {
        testing::each(async |database| {
            let store = database.open();
            let most = Most { room: 3, share: 1, origin: 9, all: 9 };
            let add = async |row: StagedRow| store.write(move |tx| add(tx, &row, most)).await.unwrap();
            assert!(add(row("!a", "$1", "x")).await);
            assert!(!add(row("!a", "$2", "x")).await);
            assert!(add(row("!a", "$2", "y")).await);
            assert!(add(row("!b", "$2", "x")).await);
        })
        .await
    }

    #[test]
    fn staged_events_are_found_by_room() {
        each(|c| {
            goes_through(c, &["staged_events_room (room_id=? AND number>?"], |c| first(c, "!r1", 0, 10));
        });
    }
}
