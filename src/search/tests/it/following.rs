//! The follower keeps up.

use std::time::Duration;

use store::{LogKind, Tx, search};

use crate::world::worlds;

/// What may be left to do at once, in entries of the log: eighty rounds.
const BEHIND: usize = 40_000;
/// Much longer than that takes on a slow machine, and shorter than if it slept before each round, for 32 seconds in all.
const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_worked_off_without_rest() {
    worlds(async |world| {
        world.search.catch_up().await.unwrap();
        let entries = |tx: &mut Tx<'_>| {
            for _ in 0..BEHIND {
                tx.log(LogKind::Event, Some(1), None, None);
            }
            Ok(())
        };
        world.store.write(entries).await.unwrap();
        let follower = tokio::spawn(world.search.clone().follow());
        let done = async {
            while world.store.write(search::start).await.unwrap().position < world.store.position() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(SOON, done).await.expect("it rests although there is much to do");
        follower.abort();
    })
    .await;
}
