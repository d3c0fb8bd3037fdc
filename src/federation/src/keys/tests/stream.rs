//! Events that come one after the other.

use std::time::Duration;

use events::Error;
use ruma::{RoomVersionId, room_version_rules::RoomVersionRules};
use store::testing::each;
use tokio::time::{sleep, timeout};

use super::{
    verify::event,
    world::{DAY, NOW, World, honest, key},
};
use crate::{Verifier, verify::Stream};

/// More time than anything takes that does not wait for servers.
const LONG: Duration = Duration::from_secs(20);

fn rules() -> &'static RoomVersionRules {
    events::version::rules(&RoomVersionId::V11).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_asked_for_once_and_once_more_at_the_end() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        let verifier = Verifier::new(world.ring.clone());
        let mut stream = Stream::new(verifier.clone(), rules(), LONG);
        for n in 0..1_000 {
            let body = n.to_string();
            let text: Box<str> = match n % 10 {
                1 => event("late.example", &key(3), NOW, &body).into(),
                2 => event("dead.example", &key(4), NOW, &body).into(),
                // No event at all, and the key of another.
                3 => Box::from("{\"depth\":1.5}"),
                4 => event("a.example", &key(3), NOW, &body).into(),
                _ => event("a.example", &key(2), NOW, &body).into(),
            };
            assert_eq!(stream.push(text).await, n);
        }
        let asked = ["a.example", "late.example", "dead.example"];
        let all_asked = async {
            while asked.iter().any(|server| world.net.asked(server) == 0) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, all_asked).await.unwrap();
        // What was asked first has been answered then.
        sleep(Duration::from_millis(100)).await;
        world.publish("late.example", honest("late.example", &key(3), NOW + DAY).to_string());
        for (n, outcome) in stream.finish().await.into_iter().enumerate() {
            match (n % 10, outcome) {
                (2 | 4, Err(Error::Signature(_))) | (3, Err(Error::BadJson(_))) => {}
                (2..=4, outcome) => panic!("{n}: {outcome:?}"),
                (_, outcome) => assert!(outcome.unwrap().json().contains(&format!("\"body\":\"{n}\"")), "{n}"),
            }
        }
        assert_eq!(asked.map(|server| world.net.asked(server)), [2, 2, 2]);
        assert!(Stream::new(verifier, rules(), LONG).finish().await.is_empty());
        world.store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_slow_hold_up_no_others_for_long() {
    each(async |database| {
        let world = World::new(&database);
        world.publish("a.example", honest("a.example", &key(2), NOW + DAY).to_string());
        let verifier = Verifier::new(world.ring.clone());
        assert!(world.finds_now("a.example", &key(2)).await);
        let mut stream = Stream::new(verifier.clone(), rules(), Duration::from_millis(50));
        let texts = [event("a.example", &key(2), NOW, "x"), event("b.slow", &key(3), NOW, "x")];
        // More than are checked at once.
        let all = async {
            for _ in 0..2_500 {
                for text in &texts {
                    stream.push(text.clone().into()).await;
                }
            }
            while verifier.checks().events < 2_500 {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG * 3, all).await.unwrap();
        assert_eq!(world.net.asked("b.slow"), 1);
        world.store.close().await;
    })
    .await;
}
