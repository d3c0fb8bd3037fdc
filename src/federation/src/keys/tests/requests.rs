//! Requests that wait until it is known who has sent them.

use std::{collections::BTreeMap, time::Duration};

use events::SigningKey;
use ruma::ServerSigningKeyId;

use super::world::{DAY, NOW, World, honest, key, name, time};
use crate::{
    Error, Result,
    incoming::tests::world::worlds,
    keys::{KeyRing, Wanted},
};

/// Bytes of a large transaction.
const LARGE: usize = 9 << 20;

/// Whether the key of a server is found for such a request.
async fn proves(ring: KeyRing, server: String, by: &SigningKey, bytes: usize) -> Result<bool> {
    let (server, id) = (name(&server), ServerSigningKeyId::parse(by.key_id()).unwrap());
    let wanted = Wanted::from([(server.clone(), BTreeMap::from([(id.clone(), time(NOW))]))]);
    let keys = ring.get_for_request(&wanted, bytes).await?;
    Ok(keys.at(&server, &id, time(NOW)).is_some())
}

/// A room is shared with the server `b`.
#[tokio::test(flavor = "multi_thread")]
async fn only_so_much_waits_and_strangers_leave_others_theirs() {
    worlds(async |with_room| {
        let world = World::on(with_room.server.rooms.store().clone(), &[]);
        let proven = async |server: &str, bytes| proves(world.ring.clone(), server.to_owned(), &key(2), bytes).await;
        let mut waiting = Vec::new();
        for n in 0..7 {
            let ring = world.ring.clone();
            waiting.push(tokio::spawn(async move { proves(ring, format!("s{n}.slow"), &key(2), LARGE).await }));
        }
        while world.net.asked.lock().len() < 7 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for server in ["b", "stranger.example"] {
            world.publish(server, honest(server, &key(2), NOW + DAY).to_string());
        }
        assert!(matches!(proven("stranger.example", LARGE).await, Err(Error::LimitExceeded(_))));
        assert_eq!(world.net.asked("stranger.example"), 0);
        assert!(proven("b", LARGE).await.unwrap());
        assert!(proven("b", usize::MAX).await.unwrap(), "whose key is here does not wait");
        assert!(proven("stranger.example", 1_000).await.unwrap());
        // Who gives up leaves the place to others.
        world.publish("other.example", honest("other.example", &key(2), NOW + DAY).to_string());
        assert!(proven("other.example", LARGE).await.is_err());
        let gone = waiting.remove(0);
        gone.abort();
        assert!(gone.await.is_err());
        assert!(proven("other.example", LARGE).await.unwrap());
    })
    .await;
}
