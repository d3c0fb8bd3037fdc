//! Messages to devices that other servers have sent lately.

use diesel::prelude::*;

use crate::{Result, Tx, schema::received_messages as table};

/// Rows that are old go in such steps, with each message that comes.
const STEP: i64 = 100;

/// What is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// So many messages of each server, the newest;
    pub of_origin: i64,
    /// none that came before this time (milliseconds since 1970).
    pub since: i64,
}

/// Notes that a server has sent a message; false where it had sent it before.
pub fn note(tx: &mut Tx<'_>, origin: &str, message_id: &str, now: i64, kept: Kept) -> Result<bool> {
    let same = table::table.find((origin, message_id));
    if same.select(table::number).first::<i64>(tx.conn()).optional()?.is_some() {
        return Ok(false);
    }
    let of_origin = table::table.filter(table::origin.eq(origin));
    let newest: Option<i64> =
        of_origin.order(table::number.desc()).select(table::number).first(tx.conn()).optional()?;
    let number = newest.unwrap_or(0) + 1;
    let row = (
        table::origin.eq(origin),
        table::message_id.eq(message_id),
        table::number.eq(number),
        table::received_at.eq(now),
    );
    diesel::insert_into(table::table).values(row).execute(tx.conn())?;
    let of_origin = table::table.filter(table::origin.eq(origin));
    diesel::delete(of_origin.filter(table::number.le(number - kept.of_origin))).execute(tx.conn())?;
    forget(tx, kept.since)?;
    Ok(true)
}

/// Deletes some of those that came before a time.
fn forget(tx: &mut Tx<'_>, since: i64) -> Result<()> {
    let old = table::table.filter(table::received_at.lt(since)).order(table::received_at).limit(STEP);
    let times: Vec<i64> = old.select(table::received_at).load(tx.conn())?;
    let Some(last) = times.last() else { return Ok(()) };
    diesel::delete(table::table.filter(table::received_at.le(last))).execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing,
        tests::plan::{each, goes_through},
    };

    #[tokio::test]
    async fn a_message_is_known_for_a_while_if_it_comes_again() {
        testing::each(async |database| {
            let store = database.open();
            let note = async |origin: &'static str, id: &'static str, now: i64| {
                let kept = Kept { of_origin: 3, since: now - 100 };
                store.write(move |tx| note(tx, origin, id, now, kept)).await.unwrap()
            };
            assert!(note("x", "1", 1_000).await);
            assert!(!note("x", "1", 1_000).await);
            assert!(note("y", "1", 1_000).await, "another server has other messages");
            for id in ["2", "3"] {
                assert!(note("x", id, 1_050).await);
            }
            assert!(!note("x", "1", 1_050).await);
            assert!(note("x", "4", 1_050).await);
            assert!(note("x", "1", 1_050).await, "three are remembered");
            assert!(!note("y", "1", 1_101).await, "nothing that comes again forgets anything");
            assert!(note("x", "5", 1_101).await);
            assert!(note("y", "1", 1_101).await, "it was too old");
            assert!(!note("x", "4", 1_101).await);
        })
        .await
    }

    #[test]
    fn messages_are_found_by_origin_and_by_time() {
        each(|c| {
            let indexes = ["pk received_messages (origin=? AND message_id=?"];
            goes_through(c, &indexes, |c| {
                let same = table::table.find(("x", "1")).select(table::number);
                Ok(same.first::<i64>(c).optional()?)
            });
            goes_through(c, &["received_messages_number (origin=?"], |c| {
                let of_origin = table::table.filter(table::origin.eq("x")).order(table::number.desc());
                Ok(of_origin.select(table::number).first::<i64>(c).optional()?)
            });
            goes_through(c, &["received_messages_time (received_at<?"], |c| {
                let old = table::table.filter(table::received_at.lt(5)).order(table::received_at).limit(STEP);
                Ok(old.select(table::received_at).load::<i64>(c)?)
            });
        });
    }
}
