//! An index that is not there is made from all events.

use store::Tx;

use crate::world::worlds;

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_lost_comes_back() {
    worlds(async |world| {
        let room = world.room("alice").await;
        let plain = world.say(&room, "alice", "roses and tulips").await;
        let edited = world.say(&room, "alice", "roses").await;
        world.edit(&room, "alice", &edited, "tulips").await;
        let gone = world.say(&room, "alice", "tulips").await;
        world.redact(&room, "alice", &gone).await;
        world.expect("alice", "tulips", &[&edited, &plain]).await;
        world.store.write(|tx: &mut Tx<'_>| store::testing::lose_search_index(tx)).await.unwrap();
        let now = world.search.search(&crate::world::reader("alice"), crate::world::criteria("tulips")).await.unwrap();
        assert_eq!(now.count, 0);
        world.expect("alice", "tulips", &[&edited, &plain]).await;
        let new = world.say(&room, "alice", "more tulips").await;
        world.expect("alice", "tulips", &[&new, &edited, &plain]).await;
    })
    .await;
}
