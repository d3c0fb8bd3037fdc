//! Who asks is alive: users need not wait until a server is asked again that could not be reached a moment ago.

use peerbrain_peer::{Answer, Body, fed};
use serde_json::json;

use super::encounter::Encounter;
use crate::{
    client::encode,
    database::{Database, on_both_databases},
};

on_both_databases!(a_server_that_asks_is_asked_again_at_once);

/// What is said of a server that is left alone because it could not be reached.
const RESTING: &str = "a moment ago";

async fn a_server_that_asks_is_asked_again_at_once(database: Database) {
    let mut met = Encounter::start(&database, "", &[]).await;
    let (alice, peer) = (met.server.register("alice").await, met.peer.clone());
    let theirs = peer.user("friend");
    let profile = format!("/profile/{}", encode(&theirs));
    peer.tell("profile", &theirs, json!({ "displayname": "Friend" }));
    // From now on its key is known. Otherwise it would be asked for that, and its answer be the sign of life.
    let question = fed!("v1/query/profile?user_id={}", alice.id);
    peer.get(&question).await.unwrap().ok().unwrap();
    peer.lie("profile", &theirs, |_, answer| Answer { body: Body::Cut, ..answer });
    let mut failures = 0;
    // After three failures it is left alone for eight seconds: longer than what follows takes.
    while failures < 3 {
        let reply = alice.get(&profile).await;
        reply.fails(&["502 M_UNKNOWN"]);
        if !reply.text.contains(RESTING) {
            failures += 1;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    peer.honest("profile", &theirs);
    let reply = alice.get(&profile).await;
    reply.fails(&["502 M_UNKNOWN"]);
    assert!(reply.text.contains(RESTING), "{}", reply.text);
    peer.get(&question).await.unwrap().ok().unwrap();
    assert_eq!(alice.get(&profile).await.text_at("displayname"), "Friend");
    met.server.is_sound();
}
