//! The log is forgotten behind those who follow it.

use diesel::{connection::SimpleConnection, prelude::*};

use crate::{
    LogKind,
    log::oldest,
    schema::log,
    testing::each,
    writer::pruning::{Pruning, SLICE},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_kept_for_the_slowest() {
    each(async |database| {
        let store = database.open();
        store
            .write(|tx| {
                for _ in 0..5_000 {
                    tx.log(LogKind::Account, None, Some("@a:b"), None);
                }
                Ok(())
            })
            .await
            .unwrap();
        let left = async |followers: &'static str, keep: i64| {
            let write = store.write(move |tx| {
                let conn = tx.conn();
                conn.batch_execute("DELETE FROM followers")?;
                conn.batch_execute(followers)?;
                let mut pruning = Pruning::new(0, keep);
                let mut before = oldest(conn)?;
                loop {
                    pruning.tend(conn, 5_000)?;
                    let after = oldest(conn)?;
                    let (from, to) = (before.unwrap_or(5_001), after.unwrap_or(5_001));
                    assert!(to - from <= SLICE, "{} positions went at once", to - from);
                    if from == to {
                        return Ok(after);
                    }
                    before = after;
                }
            });
            write.await.unwrap()
        };
        assert_eq!(left("INSERT INTO followers VALUES ('a', 700), ('b', 4000)", 100).await, Some(701));
        assert_eq!(left("INSERT INTO followers VALUES ('a', 4000), ('b', 4000)", 3_000).await, Some(2_001));
        assert_eq!(left("INSERT INTO followers VALUES ('a', 0)", 100).await, Some(2_001));
        assert_eq!(left("SELECT 1", 100).await, Some(4_901));
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leap_of_the_positions_is_no_obstacle() {
    each(async |database| {
        let store = database.open();
        let write = store.write(|tx| {
            let conn = tx.conn();
            let far = 1_000_000_000;
            conn.batch_execute("DELETE FROM followers")?;
            for position in [3, far, far + 1] {
                diesel::insert_into(log::table).values((log::position.eq(position), log::kind.eq(6))).execute(conn)?;
            }
            let mut pruning = Pruning::new(0, 1);
            for _ in 0..5 {
                pruning.tend(conn, far + 1)?;
            }
            oldest(conn)
        });
        assert_eq!(write.await.unwrap(), Some(1_000_000_001));
        store.close().await;
    })
    .await;
}
