//! The program ends at any moment, and goes on where it was.

use std::{sync::atomic::Ordering, time::Duration};

use store::testing::each;

use super::{
    network::Mood,
    world::{World, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_is_sent_by_the_next_life() {
    each(async |database| {
        let mut world = World::on(&database);
        let room = world.room(&["a.example", "b.example"]).await;
        let mut said = world.say(room, 3).await;
        world.expect("a.example", &said).await;
        world.expect("b.example", &said).await;
        world.calm().await;
        world.kill();
        said.extend(world.say(room, 70).await);
        world.push("b.example", &["{\"edu\":1}".to_owned()]).await;
        world.restart();
        world.expect("a.example", &said).await;
        world.expect("b.example", &said).await;
        world.calm().await;
        assert_eq!(world.network.got("b.example").edus, ["{\"edu\":1}"]);
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_after_what_is_under_way_and_writes_it_down() {
    each(async |database| {
        let mut world = World::on(&database);
        world.network.set("a.example", Mood::Silent);
        let room = world.room(&["a.example"]).await;
        let mut said = world.say(room, 50).await;
        until(async || world.network.attempts.load(Ordering::SeqCst) == 1).await;
        let answered = async {
            until(async || world.sender.is_closed()).await;
            world.network.set("a.example", Mood::Well);
        };
        tokio::join!(world.sender.stop(Duration::from_secs(60)), answered);
        assert_eq!(world.network.got("a.example").events, said);
        assert!(world.row("a.example").await.is_some_and(|row| row.sent_upto > 0));
        said.extend(world.say(room, 5).await);
        world.restart();
        world.expect("a.example", &said).await;
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_failed_before_the_restart_is_tried_after_it() {
    each(async |database| {
        let mut world = World::on(&database);
        world.network.set("a.example", Mood::Gone);
        let room = world.room(&["a.example"]).await;
        let mut said = world.say(room, 10).await;
        until(async || world.is_failing("a.example").await).await;
        world.kill();
        said.extend(world.say(room, 10).await);
        world.network.set("a.example", Mood::Well);
        world.restart();
        world.expect("a.example", &said).await;
        until(async || !world.is_failing("a.example").await).await;
        world.end().await;
    })
    .await;
}
