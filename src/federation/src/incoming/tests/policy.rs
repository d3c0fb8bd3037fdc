//! Rooms with a policy server.

use std::sync::{Arc, atomic::Ordering};

use rooms::{Error, Origin, Sent};
use ruma::server_name;
use serde_json::{Value, json, value::to_raw_value};
use store::rooms::EventFlags;

use super::world::{World, worlds};
use crate::testing::{Mood, PolicyPeer, message, user};

/// Sets the room's policy server.
async fn set(world: &World, content: &Value) -> Sent {
    let (rooms, content) = (&world.server.rooms, to_raw_value(content).unwrap());
    rooms.send_state(&world.room_id, &user("alice"), "m.room.policy".into(), "", &content, None).await.unwrap()
}

/// Alice says something.
async fn say(world: &World, id: &str) -> rooms::Result<Sent> {
    let content = to_raw_value(&json!({ "msgtype": "m.text", "body": id })).unwrap();
    let origin = Origin { device_id: "D".into(), txn_id: id.to_owned() };
    let (rooms, kind) = (&world.server.rooms, "m.room.message".into());
    rooms.send_message(&world.room_id, &user("alice"), kind, &content, origin, None).await
}

/// A room that `b` has the say in.
async fn with_policy(world: &World) -> Arc<PolicyPeer> {
    let policy = PolicyPeer::new(world.peer.rules);
    world.server.rooms.set_policy(policy.clone());
    set(world, &PolicyPeer::content()).await;
    assert_eq!(policy.asked.load(Ordering::SeqCst), 0, "about that it is not asked");
    policy
}

#[tokio::test(flavor = "multi_thread")]
async fn what_our_users_send_is_signed_first() {
    worlds(async |world| {
        let policy = with_policy(&world).await;
        let sent = say(&world, "one").await.unwrap();
        let event = world.server.rooms.event_for_server(server_name!("b"), &sent.event_id).await.unwrap();
        let event: Value = serde_json::from_str(event.get()).unwrap();
        assert!(event["signatures"]["b"]["ed25519:policy_server"].is_string() && event["signatures"]["a"].is_object());
        // The same request again is the same event, about which nobody is asked again.
        let asked = policy.asked.load(Ordering::SeqCst);
        assert_eq!(say(&world, "one").await.unwrap(), sent);
        assert_eq!(policy.asked.load(Ordering::SeqCst), asked);
        // Many at once: each stands on the one before it.
        let many = futures_util::future::join_all((0..10).map(|n| {
            let world = &world;
            async move { say(world, &format!("many {n}")).await }
        }));
        assert!(many.await.iter().all(Result::is_ok));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_refuses_is_not_sent() {
    worlds(async |world| {
        let policy = with_policy(&world).await;
        let heads = world.heads().await;
        for (mood, expected) in [(Mood::Refuses, 400), (Mood::Lies, 400), (Mood::Gone, 502)] {
            *policy.mood.lock() = mood;
            let refused = say(&world, "spam").await;
            assert!(
                matches!(&refused, Err(Error::NotRecommended { status, .. }) if *status == expected),
                "{refused:?}"
            );
        }
        assert_eq!(world.heads().await, heads);
        // The room can get rid of it.
        set(&world, &json!({})).await;
        say(&world, "spam").await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_send_is_shown_if_it_is_signed() {
    worlds(async |world| {
        let policy = with_policy(&world).await;
        let head = world.heads().await[0].clone();
        world.peer.learn(&world.server.rooms, &world.room_id).await;
        let unsigned = world.peer.make(&[&head], message("unsigned"));
        assert_eq!(world.send(&[&unsigned]).await[unsigned.event_id()], Ok(()));
        assert!(world.is_here(unsigned.event_id()).await, "it was signed when it was asked about");
        let asked = policy.asked.load(Ordering::SeqCst);
        assert_eq!(asked, 1);

        let signed = world.peer.make(&[unsigned.event_id()], message("signed"));
        let mut text: Value = serde_json::from_str(signed.json()).unwrap();
        text["signatures"]["b"]["ed25519:policy_server"] = policy.signature(&signed, false).into();
        let text = to_raw_value(&text).unwrap();
        world.send_raw(vec![text]).await;
        assert!(world.is_here(signed.event_id()).await);
        assert_eq!(policy.asked.load(Ordering::SeqCst), asked, "nobody needs to ask");

        for mood in [Mood::Refuses, Mood::Lies, Mood::Gone] {
            *policy.mood.lock() = mood;
            let spam = world.peer.make(&[signed.event_id()], message("spam"));
            assert_eq!(world.send(&[&spam]).await[spam.event_id()], Ok(()));
            assert!(world.flags(spam.event_id()).await.unwrap().has(EventFlags::SOFT_FAILED), "{mood:?}");
        }
        assert_eq!(world.heads().await, [signed.event_id()]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_in_the_room_has_no_say() {
    worlds(async |world| {
        let policy = PolicyPeer::new(world.peer.rules);
        world.server.rooms.set_policy(policy.clone());
        for content in [
            json!({ "via": "elsewhere.example", "public_keys": PolicyPeer::content()["public_keys"] }),
            json!({ "via": "b", "public_keys": {} }),
            json!({ "via": "b" }),
        ] {
            set(&world, &content).await;
            say(&world, &content.to_string()).await.unwrap();
        }
        assert_eq!(policy.asked.load(Ordering::SeqCst), 0);
    })
    .await;
}

/// We are no policy server: others who ask us get nothing signed, so what they do not show is not shown here either.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_names_us_has_nothing_signed() {
    worlds(async |world| {
        let policy = PolicyPeer::new(world.peer.rules);
        world.server.rooms.set_policy(policy.clone());
        let ours = json!({ "via": "a", "public_keys": PolicyPeer::content()["public_keys"] });
        set(&world, &ours).await;
        let refused = say(&world, "one").await;
        assert!(matches!(&refused, Err(Error::NotRecommended { status: 400, .. })), "{refused:?}");
        let head = world.heads().await[0].clone();
        world.peer.learn(&world.server.rooms, &world.room_id).await;
        let said = world.peer.make(&[&head], message("hello"));
        assert_eq!(world.send(&[&said]).await[said.event_id()], Ok(()));
        assert!(world.flags(said.event_id()).await.unwrap().has(EventFlags::SOFT_FAILED));
        let state = json!([{ "type": "m.room.policy", "state_key": "", "content": ours }]);
        let request = json!({ "initial_state": state, "name": "Room" });
        let made = world.server.rooms.create(&user("alice"), serde_json::from_value(request).unwrap()).await;
        assert!(matches!(made, Err(Error::NotRecommended { status: 400, .. })), "{made:?}");
        assert_eq!(policy.asked.load(Ordering::SeqCst), 0);
        // The room can get rid of it.
        set(&world, &json!({})).await;
        say(&world, "one").await.unwrap();
    })
    .await;
}
