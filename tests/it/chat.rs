//! Two people meet and talk.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::server::Server;
use crate::user::{PASSWORD, User, timeline};

on_both_databases!(two_people_chat, a_long_poll_wakes_at_once, account_data_comes_back_to_the_letter);

async fn two_people_chat(database: Database) {
    let mut server = Server::start(&database).await;
    server.client().get("/_matrix/client/versions").await.ok();
    let alice = server.register("alice").await;
    server.register("bob").await;
    let bob = User::login(server.client(), "bob", PASSWORD).await;
    assert_eq!(bob.get("/account/whoami").await.text_at("user_id"), "@bob:peer.test");

    let room = alice.post("/createRoom", json!({ "name": "Tea", "preset": "private_chat" })).await.text_at("room_id");
    let join = format!("/join/{}", encode(&room));
    bob.post(&join, json!({})).await.fails(&["403 M_FORBIDDEN"]);
    alice.post(&format!("/rooms/{}/invite", encode(&room)), json!({ "user_id": bob.id })).await.ok();
    let invited = bob.sync(None, 0).await;
    let stripped = invited["rooms"]["invite"][&room]["invite_state"]["events"].as_array().unwrap();
    assert!(stripped.iter().any(|event| event["content"]["name"] == "Tea"), "{invited}");
    bob.post(&join, json!({})).await.ok();

    let asked = alice.say(&room, "1", "Tea or coffee?").await;
    let seen = bob.sync(None, 0).await;
    let last = timeline(&seen, &room).last().unwrap();
    assert_eq!((last["event_id"].as_str(), last["sender"].as_str()), (Some(&*asked), Some(&*alice.id)), "{seen}");
    bob.say(&room, "1", "Tea!").await;
    assert_eq!(alice.texts(&room).await, ["Tea or coffee?", "Tea!"]);
    assert_eq!(bob.texts(&room).await, ["Tea or coffee?", "Tea!"]);

    let members = bob.get(&format!("/rooms/{}/joined_members", encode(&room))).await.ok();
    assert_eq!(members["joined"].as_object().unwrap().len(), 2, "{members}");
    server.is_sound();
}

async fn a_long_poll_wakes_at_once(database: Database) {
    let server = Server::start(&database).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.public_room("Tea").await;
    bob.join(&room).await;
    let mut since = bob.sync(None, 0).await["next_batch"].as_str().unwrap().to_owned();
    let mut fastest = Duration::MAX;
    for turn in 0..5 {
        let waiting = tokio::spawn({
            let (bob, since) = (bob.clone(), since.clone());
            async move { (bob.sync(Some(&since), 30_000).await, Instant::now()) }
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!waiting.is_finished(), "a poll with nothing new came back");
        let text = format!("turn {turn}");
        alice.say(&room, &text, &text).await;
        let sent = Instant::now();
        let (sync, woken) = waiting.await.unwrap();
        let took = woken.saturating_duration_since(sent);
        assert!(took < Duration::from_secs(15), "nothing woke it: {took:?}");
        fastest = fastest.min(took);
        let events = timeline(&sync, &room);
        assert_eq!(events.len(), 1, "{sync}");
        assert_eq!(events[0]["content"]["body"], text);
        since = sync["next_batch"].as_str().unwrap().to_owned();
    }
    // The machine may be busy at one turn or another, but hardly at all of them.
    assert!(fastest < Duration::from_secs(2), "it takes its time: {fastest:?}");
    let started = Instant::now();
    let empty = bob.sync(Some(&since), 300).await;
    assert!(timeline(&empty, &room).is_empty() && started.elapsed() >= Duration::from_millis(250), "{empty}");
}

/// Clients keep there what they have signed and encrypted, and numbers that not every reader of JSON keeps.
async fn account_data_comes_back_to_the_letter(database: Database) {
    let server = Server::start(&database).await;
    let alice = server.register("alice").await;
    let path = format!("/user/{}/account_data/org.example.letter", encode(&alice.id));
    let letter = r#"{"z":1, "a":123456789012345678901234567890,"b":1.10,"c":"\u0041\/"}"#;
    alice.raw(Method::PUT, &path, letter).await.ok();
    assert_eq!(alice.get(&path).await.text, letter);
    let sync = alice.get("/sync?timeout=0").await;
    assert!(sync.text.contains(letter), "{}", sync.text);
}
