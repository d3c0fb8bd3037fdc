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
        for n in 0..100 {
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
        assert!(timeout(patience * 20, world.finds_now("b", &own)).await.unwrap());
        assert_eq!(asked(), 49, "the others wait");
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
