//! What another server tells beside events, and what it may not tell.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use accounts::{NewAccount, NewDevice};
use ruma::UserId;
use serde_json::{Value, json};
use store::{e2ee::to_device, receipts::of_user};
use sync::PresenceState;

use crate::{
    incoming::tests::world::{World, worlds},
    testing::{message, raw, user},
};

impl World {
    /// `b` tells something.
    pub(crate) async fn tell(&self, kind: &str, content: Value) {
        self.tell_all(vec![json!({ "edu_type": kind, "content": content })]).await;
    }

    async fn tell_all(&self, edus: Vec<Value>) {
        let id = format!("{}", ruma::TransactionId::new());
        let edus = edus.iter().map(|edu| serde_json::from_value(edu.clone()).unwrap()).collect();
        self.transaction(&id, Vec::new(), edus).await.unwrap();
    }

    /// The events up to which a user has read.
    async fn read(&self, user_id: &str) -> Vec<String> {
        let (user_id, room) = (user_id.to_owned(), self.server.rooms.nid(&self.room_id).await.unwrap().unwrap());
        let rows = self.server.rooms.store().read(move |conn| of_user(conn, &user_id, &[room])).await.unwrap();
        rows.into_iter().map(|row| row.event_id).collect()
    }

    /// Registers a user of ours with a device.
    async fn device(&self, username: &str, device: &str) {
        let device = NewDevice { device_id: Some(device.into()), ..NewDevice::default() };
        let (username, password) = (Some(username.into()), "a long password".into());
        let account = NewAccount { username, password, device, login: true };
        self.server.federation.inner.accounts.register(account, None).await.unwrap();
    }

    /// The messages that wait for a device: who sent them, and their contents.
    async fn to_device(&self, user_id: &'static str, device: &'static str) -> Vec<(String, String)> {
        let read = move |conn: &mut _| to_device::waiting(conn, user_id, device, (0, i64::MAX), 100);
        let rows = self.server.rooms.store().read(read).await.unwrap();
        rows.into_iter().map(|row| (row.sender, row.content)).collect()
    }

    async fn presence(&self, of: &str) -> PresenceState {
        let of = UserId::parse(of).unwrap();
        let presence = self.server.federation.inner.syncs.presence(&user("alice"), &of).await;
        presence.map(|presence| presence.presence).unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_of_the_servers_own_users() {
    worlds(async |world| {
        let said = world.peer.make(&[&world.last], message("1"));
        world.send(&[&said]).await;
        let id = said.event_id().as_str();
        let read = json!({ "data": { "ts": 1 }, "event_ids": [id] });
        let users = json!({ "@bob:b": read, "@alice:a": read, "@eve:b": read });
        world
            .tell(
                "m.receipt",
                json!({ world.room_id.as_str(): { "m.read": users }, "!elsewhere:b": { "m.read": users } }),
            )
            .await;
        assert_eq!(world.read("@bob:b").await, [id]);
        assert!(world.read("@alice:a").await.is_empty() && world.read("@eve:b").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_is_of_the_servers_own_users() {
    worlds(async |world| {
        let of = |user: &str| json!({ "user_id": user, "presence": "online", "last_active_ago": 5 });
        // Synapse does not say it of who was never active.
        let never = json!({ "user_id": "@dave:b", "presence": "offline" });
        let push = json!([7, never, { "user_id": "@carl:b" }, of("@bob:b"), of("@alice:a"), of("@eve:b")]);
        world.tell("m.presence", json!({ "push": push })).await;
        assert_eq!(world.presence("@bob:b").await, PresenceState::Online);
        assert_eq!(world.presence("@alice:a").await, PresenceState::Offline);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_of_members() {
    worlds(async |world| {
        let typing = async |user: &str, typing| {
            world.tell("m.typing", json!({ "room_id": world.room_id, "user_id": user, "typing": typing })).await;
        };
        for user in ["@bob:b", "@alice:a", "@eve:b"] {
            typing(user, true).await;
        }
        let room = world.server.sync(&world.room_id).await;
        let told: Vec<&Value> = room["ephemeral"]["events"].as_array().unwrap().iter().collect();
        assert_eq!(told, [&json!({ "type": "m.typing", "content": { "user_ids": ["@bob:b"] } })]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_to_devices_come_once_and_from_the_servers_own_users() {
    worlds(async |world| {
        world.device("dave", "ONE").await;
        let message = |sender: &str, id: &str, messages: Value| {
            json!({ "sender": sender, "type": "m.test", "message_id": id, "messages": messages })
        };
        let first = message("@bob:b", "1", json!({ "@dave:a": { "*": { "n": 1.5 } }, "@eve:c": { "*": {} } }));
        for _ in 0..2 {
            // In a transaction of its own each time, as after a restart of theirs.
            world.tell("m.direct_to_device", first.clone()).await;
        }
        let to_dave = json!({ "@dave:a": { "ONE": { "n": 2 }, "TWO": { "n": 3 } } });
        for forged in ["@alice:a", "@eve:c"] {
            world.tell("m.direct_to_device", message(forged, "2", to_dave.clone())).await;
        }
        world.tell("m.direct_to_device", message("@bob:b", "2", to_dave)).await;
        let bob = |content: &str| ("@bob:b".to_owned(), content.to_owned());
        assert_eq!(world.to_device("@dave:a", "ONE").await, [bob(r#"{"n":1.5}"#), bob(r#"{"n":2}"#)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_harms_nothing_else() {
    worlds(async |world| {
        let online = json!({ "user_id": "@bob:b", "presence": "online", "last_active_ago": 5 });
        world
            .tell_all(vec![
                json!(1),
                json!([]),
                json!({}),
                json!({ "edu_type": "m.typing" }),
                json!({ "edu_type": "m.typing", "content": { "room_id": 5 } }),
                json!({ "edu_type": "m.receipt", "content": { "!r:b": { "m.read": [] } } }),
                json!({ "edu_type": "m.direct_to_device", "content": { "sender": "@bob:b", "messages": [] } }),
                json!({ "edu_type": "m.unheard_of", "content": {} }),
                json!({ "edu_type": "m.presence", "content": { "push": [online] } }),
            ])
            .await;
        assert_eq!(world.presence("@bob:b").await, PresenceState::Online);
    })
    .await;
}

/// The ids of transactions are remembered only as long as the server runs; what was in them says itself that it is here.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_comes_again_after_a_restart_does_nothing_twice() {
    worlds(async |world| {
        world.device("dave", "ONE").await;
        let said = world.peer.make(&[&world.last], message("1"));
        let read = json!({ "data": { "ts": 1 }, "event_ids": [said.event_id()] });
        let receipt = json!({ world.room_id.as_str(): { "m.read": { "@bob:b": read } } });
        let to_dave = json!({ "@dave:a": { "*": { "n": 1 } } });
        let to_device = json!({ "sender": "@bob:b", "type": "m.test", "message_id": "1", "messages": to_dave });
        let told = [("m.receipt", receipt), ("m.direct_to_device", to_device)]
            .map(|(kind, content)| json!({ "edu_type": kind, "content": content }));
        let edus = || told.iter().map(|edu| serde_json::from_value(edu.clone()).unwrap()).collect();
        let first = world.transaction("again", vec![raw(&said)], edus()).await.unwrap();
        assert_eq!(first[said.event_id()], Ok(()));
        let world = world.restarted().await;
        let position = world.server.rooms.store().position();
        let second = world.transaction("again", vec![raw(&said)], edus()).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(world.server.rooms.store().position(), position, "nothing is written twice");
        assert_eq!(world.to_device("@dave:a", "ONE").await.len(), 1);
        assert_eq!(world.read("@bob:b").await, [said.event_id().as_str()]);
    })
    .await;
}
