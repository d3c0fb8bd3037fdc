//! A server that stops between the answer and the work.

use ruma::RoomId;
use store::federation::staged::{self, Most, StagedRow};

use super::world::{LOOKS, World, worlds};
use crate::testing::raw;

impl World {
    /// Has an event wait, and nothing more.
    async fn written_down(&self, room_id: &RoomId, event_id: &str, json: &str) {
        let [room_id, event_id, json] = [room_id.as_str(), event_id, json].map(str::to_owned);
        let row = StagedRow { number: 0, room_id, event_id, origin: "b".into(), json };
        let most = Most { room: 10, share: 10, origin: 10_000, all: 10_000 };
        let add = self.server.rooms.store().write(move |tx| staged::add(tx, &row, most));
        assert!(add.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_for_survives_a_restart() {
    worlds(async |world| {
        let line = world.peer.line(&world.last, 5);
        world.written_down(&world.room_id, line[4].event_id().as_str(), raw(&line[4]).get()).await;
        let world = world.restarted().await;
        assert_eq!(world.waiting().await, 1);
        assert!(!world.is_here(line[4].event_id()).await);
        world.server.federation.inner.incoming.start().await.unwrap();
        world.comes(line[4].event_id()).await;
        world.settles(0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_rooms_that_have_gone_are_forgotten() {
    worlds(async |world| {
        for n in 0..1_000 {
            let room_id = RoomId::parse(format!("!{n}:b")).unwrap();
            world.written_down(&room_id, "$event", "{}").await;
        }
        let line = world.peer.line(&world.last, 2);
        world.written_down(&world.room_id, line[1].event_id().as_str(), raw(&line[1]).get()).await;
        let world = world.restarted().await;
        world.server.federation.inner.incoming.start().await.unwrap();
        world.comes(line[1].event_id()).await;
        for _ in 0..LOOKS {
            if world.server.rooms.store().read(staged::rooms).await.unwrap().is_empty() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("they are still there");
    })
    .await;
}
