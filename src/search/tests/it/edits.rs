//! Edits replace, redactions take away.

use crate::world::worlds;

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_edit_counts_and_gives_way_when_it_is_redacted() {
    worlds(async |world| {
        let room = world.room("alice").await;
        world.join(&room, "bob").await;
        let event = world.say(&room, "alice", "roses").await;
        let first = world.edit(&room, "alice", &event, "tulips").await;
        world.expect("bob", "tulips", &[&event]).await;
        world.expect("bob", "roses", &[]).await;
        let second = world.edit(&room, "alice", &event, "lilies").await;
        world.edit(&room, "bob", &event, "weeds").await;
        world.expect("bob", "lilies", &[&event]).await;
        for gone in ["tulips", "roses", "weeds"] {
            world.expect("bob", gone, &[]).await;
        }
        world.redact(&room, "alice", &second).await;
        // At once, before the index hears of it.
        let now = world.search.search(&crate::world::reader("bob"), crate::world::criteria("lilies")).await.unwrap();
        assert_eq!(now.count, 0);
        world.expect("bob", "tulips", &[&event]).await;
        world.redact(&room, "alice", &first).await;
        world.expect("bob", "roses", &[&event]).await;
        world.redact(&room, "alice", &event).await;
        let now = world.search.search(&crate::world::reader("bob"), crate::world::criteria("roses")).await.unwrap();
        assert_eq!(now.count, 0);
        for gone in ["lilies", "tulips", "roses", "weeds"] {
            world.expect("alice", gone, &[]).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redacted_before_it_is_indexed_never_gets_there() {
    worlds(async |world| {
        let room = world.room("alice").await;
        let event = world.say(&room, "alice", "roses").await;
        let edit = world.edit(&room, "alice", &event, "tulips").await;
        world.redact(&room, "alice", &edit).await;
        world.expect("alice", "tulips", &[]).await;
        world.expect("alice", "roses", &[&event]).await;
    })
    .await;
}
