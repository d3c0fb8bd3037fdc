//! Many servers, and slow ones.

use std::{collections::BTreeMap, time::Duration};

use ruma::ServerSigningKeyId;
use tokio::time::timeout;

use super::world::{DAY, NOW, World, honest, key, name, time};
use crate::{
    incoming::tests::world::worlds,
    keys::{Wanted, lines::Line},
};

/// A room is shared with the server `b`. Names of servers are free to be made up, and the servers behind them can be slow.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_strangers_holds_up_only_strangers() {
    worlds(async |with_room| {
        let world = World::on(with_room.server.rooms.store().clone(), &[]);
        let own = key(2);
        let id = ServerSigningKeyId::parse(own.key_id()).unwrap();
        for n in 0..600 {
            let wanted = Wanted::from([(name(&format!("s{n}.slow")), BTreeMap::from([(id.clone(), time(NOW))]))]);
            let ring = world.ring.clone();
            tokio::spawn(async move { ring.get(&wanted).await });
        }
        let asked = || world.net.asked.lock().len();
        timeout(Duration::from_secs(20), async {
            while asked() < 48 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
        for server in ["b", "stranger.example"] {
            world.publish(server, honest(server, &own, NOW + DAY).to_string());
        }
        let patience = Duration::from_millis(500);
        assert!(timeout(patience, world.finds_now("stranger.example", &own)).await.is_err());
        assert!(
            timeout(patience * 10, world.finds_now("b", &own)).await.unwrap(),
            "the others wait for twelve seconds"
        );
    })
    .await;
}

/// Whoever does not answer is waited for beside the line.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_holds_its_place_no_longer_than_a_second() {
    worlds(async |with_room| {
        let world = World::on(with_room.server.rooms.store().clone(), &[]);
        let own = key(2);
        let id = ServerSigningKeyId::parse(own.key_id()).unwrap();
        for n in 0..50 {
            let wanted = Wanted::from([(name(&format!("s{n}.slow")), BTreeMap::from([(id.clone(), time(NOW))]))]);
            let ring = world.ring.clone();
            tokio::spawn(async move { ring.get(&wanted).await });
        }
        timeout(Duration::from_secs(20), async {
            while world.net.asked.lock().len() < 48 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
        world.publish("stranger.example", honest("stranger.example", &own, NOW + DAY).to_string());
        assert!(timeout(Duration::from_secs(20), world.finds_now("stranger.example", &own)).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_large_rooms_have_a_line_of_their_own() {
    worlds(async |with_room| {
        let world = World::on(with_room.server.rooms.store().clone(), &[]);
        let lines = world.ring.lines_of(&[name("b"), name("stranger.example")]).await;
        assert_eq!(lines, [Line::Known, Line::Strangers]);
        let many: Vec<_> = (0..50).map(|n| name(&format!("s{n}.example"))).collect();
        assert_eq!(world.ring.lines_of(&many).await, [Line::Many; 50]);
    })
    .await;
}

/// Anybody may have us ask any number of servers, and among them one whose keys we need ourselves.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_want_to_know_holds_up_nothing_of_ours() {
    worlds(async |with_room| {
        let world = World::on(with_room.server.rooms.store().clone(), &[]);
        let own = key(2);
        world.publish("b", honest("b", &own, NOW + DAY).to_string());
        let slow = |from| (from..from + 80).map(|n| format!("s{n}.slow")).collect::<Vec<_>>();
        for servers in [slow(0), slow(80), vec!["b".to_owned()]] {
            let wanted = servers.iter().map(|server| (name(server), time(NOW))).collect();
            let ring = world.ring.clone();
            tokio::spawn(async move { ring.notarised(wanted).await });
            timeout(Duration::from_secs(20), async {
                while world.net.asked.lock().len() < 16 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            })
            .await
            .unwrap();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(world.net.asked("b"), 0, "its turn in the line for others does not come");
        assert!(timeout(Duration::from_secs(10), world.finds_now("b", &own)).await.unwrap());
    })
    .await;
}
