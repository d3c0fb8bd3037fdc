//! Anything at any time: whoever belongs to a room has got everything in the end, in order.

use std::time::Duration;

use peerbrain_core::{SystemRandom, random};
use store::testing::each;

use super::{
    network::Mood,
    world::{World, until},
};

const SERVERS: [&str; 4] = ["a.example", "b.example", "c.example", "d.example"];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whatever_happens() {
    each(async |database| {
        let source = SystemRandom::new();
        let die = |sides: u8| random::bytes::<1>(&source)[0] % sides;
        let mut world = World::on(&database);
        let rooms = [world.room(&SERVERS).await, world.room(&SERVERS[..2]).await, world.room(&SERVERS[2..]).await];
        let mut expected: [Vec<String>; 4] = Default::default();
        for _ in 0..120 {
            match die(8) {
                0 => world.network.set(SERVERS[usize::from(die(4))], Mood::Gone),
                1 => world.network.set(SERVERS[usize::from(die(4))], Mood::LosesAnswers(2)),
                2 => world.network.set(SERVERS[usize::from(die(4))], Mood::Slow(Duration::from_millis(30))),
                3 => SERVERS.iter().for_each(|server| world.network.set(server, Mood::Well)),
                _ => {
                    let room = usize::from(die(3));
                    let said = world.say(rooms[room], 1 + usize::from(die(60))).await;
                    let members = [0..4, 0..2, 2..4][room].clone();
                    expected[members].iter_mut().for_each(|events| events.extend(said.iter().cloned()));
                }
            }
            tokio::time::sleep(Duration::from_millis(u64::from(die(20)))).await;
        }
        SERVERS.iter().for_each(|server| world.network.set(server, Mood::Well));
        for (server, events) in SERVERS.iter().zip(&expected) {
            world.expect(server, events).await;
        }
        // Whoever has got everything may still be asked to take it once more, where the answer was lost.
        world.calm().await;
        for server in SERVERS {
            until(async || !world.is_failing(server).await).await;
        }
        world.calm().await;
        // Another life has nothing left to do.
        let attempts = world.network.attempts.load(std::sync::atomic::Ordering::SeqCst);
        world.restart();
        let last = world.say(rooms[1], 1).await;
        expected[0].extend(last);
        world.expect(SERVERS[0], &expected[0]).await;
        until(async || world.sender.counts().active == 0).await;
        assert!(world.network.attempts.load(std::sync::atomic::Ordering::SeqCst) <= attempts + 2);
        world.end().await;
    })
    .await;
}
