//! Who is online.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sync::PresenceState;

use crate::{
    client::Client,
    world::{Ask, World, user},
};

const LONG: Duration = Duration::from_secs(20);

/// What is told of a user, if anything is.
fn presence(answer: &Value, name: &str) -> Value {
    let events = answer["presence"]["events"].as_array().into_iter().flatten();
    let mut of = events.filter(|event| event["sender"] == user(name).as_str());
    of.next_back().map(|event| event["content"].clone()).unwrap_or_default()
}

async fn online(client: &Client<'_>) {
    let ask = Ask { presence: PresenceState::Online, ..client.ask() };
    client.world.sync(&client.session, ask).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_room_hears_who_comes_and_goes() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let mut carol = world.client("carol").await;
    let bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    alice.sync().await;
    carol.sync().await;
    let (answer, ()) = tokio::join!(alice.sync_for(LONG), online(&bob));
    assert_eq!(presence(&answer, "bob")["presence"], "online");
    assert_eq!(presence(&answer, "bob")["currently_active"], true);
    // Going on changes nothing.
    online(&bob).await;
    let begun = Instant::now();
    let wait = Duration::from_millis(1_500);
    assert_eq!(presence(&alice.sync_for(wait).await, "bob"), Value::Null);
    assert!(begun.elapsed() >= wait);
    assert!(presence(&carol.sync().await, "bob").is_null() && presence(&carol.fresh().sync().await, "bob").is_null());
    let fresh = presence(&alice.fresh().sync().await, "bob");
    assert_eq!((&fresh["presence"], fresh["last_active_ago"].is_i64()), (&json!("online"), true));

    // Half a minute without a sync.
    world.clock.advance(Duration::from_secs(31));
    let answer = alice.sync_for(LONG).await;
    assert_eq!(presence(&answer, "bob")["presence"], "offline");
    assert!(presence(&answer, "bob").get("currently_active").is_none());
    assert_eq!(presence(&alice.fresh().sync().await, "bob"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_says_of_oneself_is_told_and_kept() {
    let world = World::new().await;
    let mut alice = world.client("alice").await;
    let bob = world.client("bob").await;
    let room = world.room("alice").await;
    alice.sync().await;
    let set = async |state, text: &str| world.syncs.set_presence(&bob.session, state, Some(text.to_owned())).await;
    set(PresenceState::Unavailable, "lunch").await.unwrap();
    let refused = world.syncs.presence(&user("alice"), &user("bob")).await;
    assert!(matches!(refused, Err(sync::Error::Rooms(_))));
    world.join(&room, "bob").await;
    let seen = world.syncs.presence(&user("alice"), &user("bob")).await.unwrap();
    assert_eq!((seen.presence, seen.status_msg.as_deref()), (PresenceState::Unavailable, Some("lunch")));
    alice.sync().await;
    let hears = async {
        let mut answer = alice.sync_for(LONG).await;
        // What was said before may be announced only now.
        if presence(&answer, "bob")["status_msg"] == "lunch" {
            answer = alice.sync_for(LONG).await;
        }
        answer
    };
    let (answer, _) = tokio::join!(hears, set(PresenceState::Online, "back"));
    assert_eq!(presence(&answer, "bob")["status_msg"], "back");
    assert!(matches!(set(PresenceState::Online, &"x".repeat(3_000)).await, Err(sync::Error::InvalidParam(_))));
    let rows = world.store.read(store::presence::all).await.unwrap();
    assert_eq!(rows.into_iter().map(|row| row.status_msg).collect::<Vec<_>>(), [Some("back".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_ignored_users_are_heeded() {
    let world = World::new().await;
    let alice = world.client("alice").await;
    let bob = world.client("bob").await;
    let room = world.room("alice").await;
    world.join(&room, "bob").await;
    online(&bob).await;
    for (filter, told) in [
        (json!({}), true),
        (json!({ "types": ["m.presence"] }), true),
        (json!({ "not_types": ["*"] }), false),
        (json!({ "limit": 0 }), false),
        (json!({ "senders": [user("alice")] }), false),
        (json!({ "not_senders": [user("bob")] }), false),
    ] {
        let mut client = alice.fresh();
        client.filter = Some(json!({ "presence": filter }));
        assert_eq!(!presence(&client.sync().await, "bob").is_null(), told, "{filter}");
    }
    world.set_account_data("alice", None, "m.ignored_user_list", json!({ "ignored_users": { "@bob:test": {} } })).await;
    assert!(presence(&alice.fresh().sync().await, "bob").is_null());
}
