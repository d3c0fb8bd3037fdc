//! `peerbrain key rotate`: what the old key signed stays good, and from now on the new one signs.

use serde_json::Value;

use super::{
    encounter::Encounter,
    story::{join_via, until_membership, until_text},
    world::World,
};
use crate::{
    database::{Database, on_both_databases},
    server::Server,
};

on_both_databases!(a_key_is_rotated_between_two_of_ours, others_see_both_keys_and_what_they_signed,);

/// Stops a server, gives it another key, and starts it again. Gives the id of the new key.
async fn rotate(server: &mut Server) -> String {
    server.stop().await;
    let done = server.run(&["key", "rotate"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8(done.stdout).unwrap();
    let id = said.split_whitespace().find(|word| word.starts_with("ed25519:"));
    let id = id.unwrap_or_else(|| panic!("no key is named: {said}")).trim_end_matches('.').to_owned();
    server.restart().await;
    id
}

async fn a_key_is_rotated_between_two_of_ours(database: Database) {
    let mut world = World::start::<3>(database).await;
    let (alice, bob) = (world.user(0, "alice").await, world.user(1, "bob").await);
    let room = alice.public_room("Tea").await;
    join_via(&bob, &room, &["one.test"]).await.ok();
    until_membership(&alice, &room, &bob.id, "join").await;
    alice.say(&room, "t1", "by the old key").await;
    until_text(&bob, &room, "by the old key").await;
    rotate(&mut world.servers[0]).await;
    alice.say(&room, "t2", "by the new key").await;
    until_text(&bob, &room, "by the new key").await;
    bob.say(&room, "t3", "I hear you").await;
    until_text(&alice, &room, "I hear you").await;
    // Who has never heard of the old key needs it for the room's beginning and for its history.
    let carol = world.user(2, "carol").await;
    join_via(&carol, &room, &["two.test"]).await.ok();
    for text in ["by the old key", "by the new key"] {
        until_text(&carol, &room, text).await;
    }
    alice.say(&room, "t4", "welcome").await;
    until_text(&carol, &room, "welcome").await;
    world.is_sound();
}

/// With which keys a server has signed the message with this text that came to the peer.
async fn signed_with(met: &Encounter, server: &str, text: &str) -> Vec<String> {
    for _ in 0..600 {
        let pdus = met.peer.transactions("pdus");
        if let Some(pdu) = pdus.iter().find(|pdu| pdu["content"]["body"] == text) {
            return names(&pdu["signatures"][server]);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{text:?} does not come");
}

fn names(keys: &Value) -> Vec<String> {
    keys.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

async fn others_see_both_keys_and_what_they_signed(database: Database) {
    let mut met = Encounter::start(&database, "", &[]).await;
    let alice = met.server.register("alice").await;
    let room = alice.public_room("Tea").await;
    met.peer.enter(&room, &met.peer.user("guest")).await.unwrap();
    let server = met.peer.under_test().to_owned();
    let before = met.peer.their_keys().clone();
    let [old] = &names(&before["verify_keys"])[..] else { panic!("one key is in use: {before}") };
    alice.say(&room, "t1", "by the old key").await;
    assert_eq!(signed_with(&met, &server, "by the old key").await, [old.as_str()]);
    let new = rotate(&mut met.server).await;
    let after = met.peer.towards(&server).await.unwrap().their_keys().clone();
    assert_eq!(names(&after["verify_keys"]), [new.as_str()]);
    assert_eq!(names(&after["old_verify_keys"]), [old.as_str()]);
    let retired = &after["old_verify_keys"][old];
    assert_eq!(retired["key"], before["verify_keys"][old]["key"]);
    assert!(retired["expired_ts"].as_u64().unwrap() > 1_600_000_000_000, "{retired}");
    alice.say(&room, "t2", "by the new key").await;
    assert_eq!(signed_with(&met, &server, "by the new key").await, [new.as_str()]);
    met.server.is_sound();
}
