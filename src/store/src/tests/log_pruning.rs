//! The log is forgotten behind those who follow it.

use diesel::{connection::SimpleConnection, prelude::*};

use crate::{LogKind, log::prune, schema::log, testing::each};

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
        let oldest = async |followers: &'static str, keep: i64| {
            let write = store.write(move |tx| {
                let conn = tx.conn();
                conn.batch_execute("DELETE FROM followers")?;
                conn.batch_execute(followers)?;
                prune(conn, 5_000, keep)
            });
            write.await.unwrap();
            let oldest =
                store.read(|c| Ok(log::table.select(diesel::dsl::min(log::position)).first::<Option<i64>>(c)?));
            oldest.await.unwrap()
        };
        assert_eq!(oldest("INSERT INTO followers VALUES ('a', 700), ('b', 4000)", 100).await, Some(701));
        assert_eq!(oldest("INSERT INTO followers VALUES ('a', 4000), ('b', 4000)", 3_000).await, Some(2_001));
        assert_eq!(oldest("INSERT INTO followers VALUES ('a', 0)", 100).await, Some(2_001));
        assert_eq!(oldest("SELECT 1", 100).await, Some(4_901));
        store.close().await;
    })
    .await;
}
