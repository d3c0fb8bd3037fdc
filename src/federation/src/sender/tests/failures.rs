//! Servers that do not take what they are sent.

use std::sync::atomic::Ordering;

use ruma::server_name;
use store::{
    federation::destinations::{self, DestinationRow},
    testing::each,
};

use super::{
    network::Mood,
    world::{World, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_gets_everything_it_missed() {
    each(async |database| {
        let world = World::on(&database);
        world.network.set("dead.example", Mood::Gone);
        let room = world.room(&["dead.example", "b.example"]).await;
        let mut said = world.say(room, 1).await;
        until(async || world.is_failing("dead.example").await).await;
        for _ in 0..5 {
            said.extend(world.say(room, 40).await);
        }
        world.push("dead.example", &["{\"edu\":1}".to_owned()]).await;
        world.expect("b.example", &said).await;
        let row = world.row("dead.example").await.unwrap();
        assert!(row.error.unwrap().contains("could not be reached"));
        world.network.set("dead.example", Mood::Well);
        world.expect("dead.example", &said).await;
        until(async || !world.is_failing("dead.example").await).await;
        world.calm().await;
        assert_eq!(world.network.got("dead.example").edus, ["{\"edu\":1}"]);
        // From now on it is one of the others.
        said.extend(world.say(room, 3).await);
        world.expect("dead.example", &said).await;
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_whose_answer_was_lost_is_repeated_as_it_was() {
    each(async |database| {
        let world = World::on(&database);
        world.network.set("a.example", Mood::LosesAnswers(3));
        let room = world.room(&["a.example"]).await;
        world.push("a.example", &["{\"edu\":1}".to_owned()]).await;
        let mut said = Vec::new();
        // The network asserts that transactions of one id are equal, and counts each once.
        for _ in 0..20 {
            said.extend(world.say(room, 3).await);
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        }
        world.expect("a.example", &said).await;
        world.calm().await;
        assert_eq!(world.network.got("a.example").edus, ["{\"edu\":1}"]);
        assert_eq!(world.sender.counts().failures, 3);
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_does_not_keep_the_rest_from_it() {
    each(async |database| {
        let world = World::at_rest(&database);
        let room = world.room(&["a.example"]).await;
        let said = world.say(room, 60).await;
        let bad = "{\"bad\":true}".to_owned();
        world.push("a.example", &["{\"edu\":1}".to_owned(), bad.clone(), "{\"edu\":2}".to_owned()]).await;
        world.network.set("a.example", Mood::Refuses("bad".into()));
        world.start();
        world.expect("a.example", &said).await;
        let network = world.network.clone();
        until(async || network.got("a.example").edus.len() == 2).await;
        assert_eq!(network.got("a.example").edus, ["{\"edu\":1}", "{\"edu\":2}"]);
        world.network.set("a.example", Mood::Refuses("\"n\":63}".into()));
        let more = world.say(room, 9).await;
        let left: Vec<String> = said.iter().chain(&more).filter(|text| !text.contains("\"n\":63}")).cloned().collect();
        assert_eq!(left.len(), 68);
        world.expect("a.example", &left).await;
        world.calm().await;
        assert!(!world.is_failing("a.example").await);
        world.end().await;
    })
    .await;
}

/// A server that is not tried again for years.
pub fn long_dead(server: &str) -> DestinationRow {
    DestinationRow {
        server: server.into(),
        sent_upto: 0,
        failing_since: Some(1),
        retry_at: Some(4_000_000_000_000),
        pause: 3_999_999_999_999,
        error: None,
        txn_events: 0,
        txn_outbox: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_leads_to_another_attempt() {
    each(async |database| {
        let world = World::at_rest(&database);
        let room = world.room(&["a.example", "b.example"]).await;
        world.store.write(|tx| destinations::set(tx, &long_dead("a.example"), 0)).await.unwrap();
        let said = world.say(room, 1).await;
        world.start();
        world.expect("b.example", &said).await;
        world.calm().await;
        assert!(world.network.got("a.example").events.is_empty());
        world.sender.alive(server_name!("a.example"));
        world.expect("a.example", &said).await;
        until(async || !world.is_failing("a.example").await).await;
        world.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_dead_servers_cost_nothing() {
    each(async |database| {
        let world = World::at_rest(&database);
        let names: Vec<String> = (0..2_000).map(|n| format!("dead{n}.example")).collect();
        let mut servers: Vec<&str> = names.iter().map(String::as_str).collect();
        servers.push("well.example");
        let room = world.room(&servers).await;
        let dead = names.clone();
        let failing =
            world.store.write(move |tx| dead.iter().try_for_each(|name| destinations::set(tx, &long_dead(name), 0)));
        failing.await.unwrap();
        world.start();
        let mut said = Vec::new();
        for _ in 0..50 {
            said.extend(world.say(room, 1).await);
            assert!(world.sender.counts().active <= 1, "nothing is in memory of those that fail");
        }
        world.expect("well.example", &said).await;
        assert!(world.network.attempts.load(Ordering::SeqCst) <= 50, "nobody else was tried");
        world.calm().await;
        world.end().await;
    })
    .await;
}

/// Nobody else would send to this server until the next start.
#[tokio::test(flavor = "multi_thread")]
async fn sending_goes_on_after_a_panic() {
    each(async |database| {
        let world = World::on(&database);
        world.network.set("a.example", Mood::Panics(2));
        let room = world.room(&["a.example", "b.example"]).await;
        let mut said = world.say(room, 3).await;
        world.expect("b.example", &said).await;
        world.expect("a.example", &said).await;
        said.extend(world.say(room, 1).await);
        world.expect("a.example", &said).await;
        world.end().await;
    })
    .await;
}
