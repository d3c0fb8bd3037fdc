//! `peerbrain federation destinations` and `retry`.

use std::time::{Duration, Instant};

use super::{
    story::{join_via, until_membership},
    world::World,
};
use crate::database::{Database, on_both_databases};

on_both_databases!(operators_see_who_is_away_and_try_again);

async fn operators_see_who_is_away_and_try_again(database: Database) {
    let mut world = World::start::<2>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    world.servers[1].kill();
    alice.say(&room, "t1", "are you there?").await;
    let listed = until_listed(&world, |line| line.starts_with("two.test fails for ")).await;
    assert!(listed.contains("1 events and 0 others wait"), "{listed}");
    alice.say(&room, "t2", "hello?").await;
    until_listed(&world, |line| line.contains("2 events and")).await;
    let done = world.servers[0].run(&["federation", "retry", "two.test"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    world.servers[1].restart().await;
    // It may have been tried by itself meanwhile.
    assert!(world.servers[0].run(&["federation", "retry", "--all"]).status.success());
    until_listed(&world, |line| line == "two.test is well; 0 events and 0 others wait").await;
    assert_eq!(bob.texts(&room).await, ["are you there?", "hello?"]);
    // There is nothing to try again any more.
    assert!(!world.servers[0].run(&["federation", "retry", "two.test"]).status.success());
    assert!(!world.servers[0].run(&["federation", "retry"]).status.success(), "neither a name nor --all");
    let done = world.servers[0].run(&["federation", "retry", "--all"]);
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "0 are tried now.");
    // Without a server, too.
    world.servers[0].stop().await;
    until_listed(&world, |line| line.starts_with("two.test is well")).await;
}

/// The line of two.test, once it is as it should be.
async fn until_listed(world: &World, wanted: impl Fn(&str) -> bool) -> String {
    let started = Instant::now();
    loop {
        let done = world.servers[0].run(&["federation", "destinations"]);
        let said = String::from_utf8(done.stdout).unwrap();
        if let Some(line) = said.lines().find(|line| wanted(line)) {
            return line.to_owned();
        }
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(started.elapsed() < Duration::from_secs(20), "{said}{errors}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
