//! Devices of users of another server: asked for once, kept true by what is told, asked for again where something is missing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::{sync::atomic::Ordering, time::Duration};

use e2ee::keys::Asked;
use ruma::{UserId, user_id};
use serde_json::{Value, json};

use crate::{
    incoming::tests::world::{World, worlds},
    testing::{device_keys, state, user},
};

fn bob() -> &'static UserId {
    user_id!("@bob:b")
}

impl World {
    /// What alice gets who asks for the keys of a user.
    async fn query(&self, of: &UserId) -> Value {
        let asked = Asked::from([(of.to_owned(), Vec::new())]);
        let answer = self.server.federation.query_keys(&user("alice"), asked, Duration::from_secs(2)).await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// The ids of the devices of a user; none if nothing is told of the user.
    async fn devices(&self, of: &UserId) -> Option<Vec<String>> {
        let answer = self.query(of).await;
        Some(answer["device_keys"][of.as_str()].as_object()?.keys().cloned().collect())
    }

    /// `b` tells that a device is another.
    async fn update(&self, device: &str, stream_id: i64, prev: &[i64], deleted: bool) {
        let mut content = json!({ "user_id": bob(), "device_id": device, "stream_id": stream_id, "prev_id": prev });
        match deleted {
            true => content["deleted"] = true.into(),
            false => content["keys"] = device_keys(bob().as_str(), device),
        }
        self.tell("m.device_list_update", content).await;
    }

    /// Whose devices alice must look at again, of what happened after a position.
    async fn changed(&self, since: i64) -> Vec<String> {
        let e2ee = self.server.federation.inner.e2ee.clone();
        let read = self.server.rooms.store().snapshot(move |conn, upto| {
            Ok(e2ee.device_lists(conn, &user("alice"), since, upto).unwrap().changed.into_iter().collect())
        });
        read.await.unwrap()
    }

    fn position(&self) -> i64 {
        self.server.rooms.store().position()
    }

    fn asked(&self) -> (usize, usize) {
        let lists = &self.server.lists;
        (lists.queries.load(Ordering::SeqCst), lists.lists_asked.load(Ordering::SeqCst))
    }

    /// Waits until the devices of bob that are here are these.
    async fn comes_to(&self, devices: &[&str]) {
        for _ in 0..400 {
            let known = self.server.federation.inner.e2ee.look_for_remote(vec![bob().to_owned()]).await.unwrap();
            if known.known.has(bob()) {
                assert_eq!(self.devices(bob()).await.unwrap(), devices);
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the list of {} never came", bob());
    }

    fn resync(&self) -> tokio::task::JoinHandle<()> {
        tokio::spawn(self.server.federation.clone().resync_lists())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_room_is_asked_for_once_and_others_each_time() {
    worlds(async |world| {
        let stranger = user_id!("@stranger:b");
        world.server.lists.set(3, bob(), &["D1", "D2"]);
        world.server.lists.set(3, stranger, &["S"]);
        for _ in 0..3 {
            assert_eq!(world.devices(bob()).await.unwrap(), ["D1", "D2"]);
        }
        assert_eq!(world.asked(), (1, 0));
        for _ in 0..3 {
            assert_eq!(world.devices(stranger).await.unwrap(), ["S"]);
        }
        assert_eq!(world.asked(), (4, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_a_failure() {
    worlds(async |world| {
        world.server.lists.set(3, bob(), &["D1"]);
        world.server.lists.down.store(true, Ordering::SeqCst);
        let answer = world.query(bob()).await;
        assert_eq!(answer["failures"]["b"]["status"], 503, "{answer}");
        assert!(answer["device_keys"].get(bob().as_str()).is_none());
        world.server.lists.down.store(false, Ordering::SeqCst);
        let since = world.position();
        let working = world.resync();
        world.comes_to(&["D1"]).await;
        working.abort();
        assert_eq!(world.changed(since).await, [bob().as_str()], "who asked in vain is told to ask again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_applied_in_their_order_and_what_is_missing_is_asked_for() {
    worlds(async |world| {
        world.server.lists.set(3, bob(), &["D1"]);
        assert_eq!(world.devices(bob()).await.unwrap(), ["D1"]);
        // The list came without a number, so nobody knows what is between.
        let working = world.resync();
        world.server.lists.set(4, bob(), &["D1", "D2"]);
        let since = world.position();
        world.update("D2", 4, &[3], false).await;
        world.comes_to(&["D1", "D2"]).await;
        assert_eq!((world.asked(), world.changed(since).await), ((1, 1), vec![bob().to_string()]));
        // From here on nothing is missing.
        let since = world.position();
        world.update("D3", 6, &[4], false).await;
        world.update("D1", 7, &[6], true).await;
        assert_eq!(world.devices(bob()).await.unwrap(), ["D2", "D3"]);
        assert_eq!((world.asked(), world.changed(since).await), ((1, 1), vec![bob().to_string()]));
        // What was told already says nothing new.
        let since = world.position();
        world.update("D3", 6, &[4], false).await;
        assert!(world.changed(since).await.is_empty());
        // Something is missing.
        world.server.lists.set(9, bob(), &["D4"]);
        world.update("D4", 9, &[8], false).await;
        world.comes_to(&["D4"]).await;
        assert_eq!(world.asked(), (1, 2));
        working.abort();
    })
    .await;
}

/// What a list cannot hold that is told as a whole, it does not come to hold bit by bit.
#[tokio::test(flavor = "multi_thread")]
async fn changes_make_no_list_larger_than_it_may_be() {
    worlds(async |world| {
        world.server.lists.set(3, bob(), &["D1"]);
        assert_eq!(world.devices(bob()).await.unwrap(), ["D1"]);
        let working = world.resync();
        world.update("D1", 3, &[2], false).await;
        world.comes_to(&["D1"]).await;
        for number in 4..164 {
            let device = format!("L{number}");
            let mut keys = device_keys(bob().as_str(), &device);
            keys["more"] = "x".repeat(15_000).into();
            let content = json!({
                "user_id": bob(), "device_id": device, "stream_id": number, "prev_id": [number - 1], "keys": keys,
            });
            world.tell("m.device_list_update", content).await;
        }
        let kept = world.devices(bob()).await.unwrap().len();
        assert!((100..142).contains(&kept), "{kept} devices of 15 KB");
        assert_eq!(world.asked(), (1, 1));
        working.abort();
    })
    .await;
}

/// A server that was set up anew, under its old name, counts from the beginning.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_counts_anew_is_asked() {
    worlds(async |world| {
        world.server.lists.set(900, bob(), &["OLD"]);
        assert_eq!(world.devices(bob()).await.unwrap(), ["OLD"]);
        let working = world.resync();
        world.update("OLD", 900, &[899], false).await;
        world.comes_to(&["OLD"]).await;
        world.server.lists.set(2, bob(), &["NEW"]);
        let since = world.position();
        world.update("NEW", 2, &[1], false).await;
        world.comes_to(&["NEW"]).await;
        assert_eq!((world.asked(), world.changed(since).await), ((1, 2), vec![bob().to_string()]));
        world.update("MORE", 3, &[2], false).await;
        assert_eq!(world.devices(bob()).await.unwrap(), ["MORE", "NEW"]);
        assert_eq!(world.asked(), (1, 2));
        working.abort();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_with_the_last_shared_room() {
    worlds(async |world| {
        world.server.lists.set(3, bob(), &["D1"]);
        assert_eq!(world.devices(bob()).await.unwrap(), ["D1"]);
        let leave = world.peer.make(&[&world.last], state("m.room.member", "@bob:b", json!({ "membership": "leave" })));
        world.send(&[&leave]).await;
        world.server.lists.set(4, bob(), &["D2"]);
        assert_eq!(world.devices(bob()).await.unwrap(), ["D2"], "what is here would not be kept true any more");
        let since = world.position();
        world.update("D9", 5, &[4], false).await;
        assert!(world.changed(since).await.is_empty(), "nobody shares a room with him");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_speaks_of_its_own_users_only() {
    worlds(async |world| {
        world.server.lists.set(3, bob(), &["D1"]);
        assert_eq!(world.devices(bob()).await.unwrap(), ["D1"]);
        let since = world.position();
        for content in [
            json!({ "user_id": "@alice:a", "device_id": "X", "stream_id": 9, "keys": device_keys("@alice:a", "X") }),
            json!({ "user_id": bob(), "device_id": "X", "stream_id": 9, "keys": device_keys("@alice:a", "X") }),
            json!({ "user_id": bob(), "device_id": "X", "stream_id": 9, "keys": device_keys(bob().as_str(), "Y") }),
            json!({ "user_id": bob(), "device_id": "x".repeat(300), "stream_id": 9 }),
            json!({ "user_id": bob(), "device_id": "X", "stream_id": 9, "keys": [] }),
            json!({ "user_id": bob(), "device_id": "X", "stream_id": -1 }),
        ] {
            world.tell("m.device_list_update", content).await;
        }
        let master = |user: &str| {
            let key = "bm90IGEga2V5IGF0IGFsbCwgYnV0IG9mIHRoZSBzaXpl";
            let keys = json!({ format!("ed25519:{key}"): key });
            json!({ "user_id": user, "master_key": { "user_id": "@alice:a", "usage": ["master"], "keys": keys } })
        };
        for kind in ["m.signing_key_update", "org.matrix.signing_key_update"] {
            world.tell(kind, master("@alice:a")).await;
            world.tell(kind, master(bob().as_str())).await;
        }
        assert!(world.changed(since).await.is_empty());
        assert_eq!(world.devices(bob()).await.unwrap(), ["D1"]);
    })
    .await;
}
