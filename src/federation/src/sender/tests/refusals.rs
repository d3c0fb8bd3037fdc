//! Servers that are there, and do not want what they are sent.

use std::sync::atomic::Ordering;

use store::testing::each;

use super::{
    network::Mood,
    world::{World, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_takes_for_badly_signed_does_not_keep_the_rest_from_it() {
    each(async |database| {
        let world = World::at_rest(&database);
        let room = world.room(&["a.example"]).await;
        let said = world.say(room, 60).await;
        let bad = "{\"bad\":true}".to_owned();
        world.push("a.example", &["{\"edu\":1}".to_owned(), bad.clone(), "{\"edu\":2}".to_owned()]).await;
        world.network.set("a.example", Mood::Doubts("bad".into()));
        world.start();
        // At first it is taken for a server that does not know our key yet.
        until(async || world.is_failing("a.example").await).await;
        world.expect("a.example", &said).await;
        let network = world.network.clone();
        until(async || network.got("a.example").edus.len() == 2).await;
        assert_eq!(network.got("a.example").edus, ["{\"edu\":1}", "{\"edu\":2}"]);
        until(async || !world.is_failing("a.example").await).await;
        world.calm().await;
        world.end().await;
    })
    .await;
}

/// Whoever shuts us out today may let us in tomorrow, and whoever finds fault with everything is ill.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_everything_loses_nothing() {
    for mood in [Mood::Shuns, Mood::Broken] {
        each(async |database| {
            let world = World::at_rest(&database);
            let room = world.room(&["a.example"]).await;
            let said = world.say(room, 3).await;
            world.push("a.example", &["{\"edu\":1}".to_owned()]).await;
            world.network.set("a.example", mood.clone());
            world.start();
            until(async || world.network.attempts.load(Ordering::SeqCst) >= 8).await;
            until(async || world.is_failing("a.example").await).await;
            assert!(world.network.got("a.example").events.is_empty());
            world.network.set("a.example", Mood::Well);
            world.expect("a.example", &said).await;
            until(async || !world.is_failing("a.example").await).await;
            world.calm().await;
            assert_eq!(world.network.got("a.example").edus, ["{\"edu\":1}"]);
            world.end().await;
        })
        .await;
    }
}
