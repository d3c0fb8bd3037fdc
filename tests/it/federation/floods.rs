//! Floods from another server: it is told when it may come back, and nobody else suffers.

use std::{collections::HashSet, net::TcpListener, ops::RangeInclusive};

use peerbrain_peer::{Peer, create::founded, events::finish, fed, reply::Reply, signing::curve_key};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    encounter::Encounter,
    keys::{device_keys, signing_key},
};
use crate::{
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(a_flood_of_invites, a_flood_of_claims, a_flood_of_reads, a_flood_of_joins, a_flood_of_transactions,);

/// Milliseconds until something is left again in a bucket that fills as slowly as those of these tests.
const LONG: RangeInclusive<u64> = 500_000..=1_000_000;
/// The name of the fallback key.
const FALLBACK: &str = "signed_curve25519:FALLBACK";

/// With buckets of these sizes, which hardly fill again.
async fn start(database: &Database, buckets: &[(&str, u32)]) -> Encounter {
    let mut settings = vec![("RATE_LIMITS__ENABLED".to_owned(), "true".to_owned())];
    for (name, burst) in buckets {
        settings.push((format!("RATE_LIMITS__{name}__BURST"), burst.to_string()));
        settings.push((format!("RATE_LIMITS__{name}__PER_SECOND"), "0.001".to_owned()));
    }
    Encounter::start(database, "", &settings).await
}

/// Asserts that a request was refused for a while; gives for how many milliseconds.
#[track_caller]
fn refused(reply: Reply) -> u64 {
    let header = reply.header("retry-after").parse::<u64>().ok();
    let wait = reply.error(429, "M_LIMIT_EXCEEDED").unwrap()["retry_after_ms"].as_u64().unwrap();
    assert_eq!(header, Some(wait.div_ceil(1_000)));
    wait
}

/// Invites a user of ours into a new room of the peer.
async fn invite(peer: &Peer, by: &str, whom: &User) -> Reply {
    let room = founded(&peer.me, by, 11, "invite").unwrap();
    let draft = room.draft(by, "m.room.member", Some(&whom.id), json!({ "membership": "invite" }));
    let event = finish(draft, 11, &peer.me);
    let body = json!({ "room_version": "11", "event": event.pdu, "invite_room_state": room.stripped() });
    peer.put(fed!("v2/invite/{}/{}", room.id, event.id), &body).await.unwrap()
}

async fn a_flood_of_invites(database: Database) {
    let mut met = start(&database, &[("INVITE", 3), ("OTHER_SERVER", 6)]).await;
    let (alice, bob) = (met.server.register("alice").await, met.server.register("bob").await);
    let (first, second) = (met.peer.clone(), met.peer.second());
    let [greedy, modest] = ["greedy", "modest"].map(|name| first.user(name));
    for _ in 0..3 {
        invite(&first, &greedy, &alice).await.ok().unwrap();
    }
    assert!(LONG.contains(&refused(invite(&first, &greedy, &alice).await)));
    // What was refused counts, too; so this is all that its server has left.
    for _ in 0..2 {
        invite(&first, &modest, &alice).await.ok().unwrap();
    }
    assert!(LONG.contains(&refused(invite(&first, &modest, &alice).await)));
    invite(&second, &second.user("polite"), &alice).await.ok().unwrap();
    bob.post("/createRoom", json!({ "invite": [alice.id] })).await.ok();
    let seen = alice.sync(None, 0).await;
    assert_eq!(seen["rooms"]["invite"].as_object().unwrap().len(), 3 + 2 + 1 + 1, "{seen}");
    met.server.is_sound();
}

/// A device with so many one-time keys and a fallback key.
async fn upload(user: &User, count: usize) {
    let signed = |key: Value| signing_key(user).sign(key, &user.id, &user.device);
    let one_time: serde_json::Map<String, Value> = (0..count)
        .map(|number| (format!("signed_curve25519:{number}"), signed(json!({ "key": curve(user, number) }))))
        .collect();
    let fallback = signed(json!({ "key": curve(user, count), "fallback": true }));
    let body = json!({
        "device_keys": device_keys(user), "one_time_keys": one_time, "fallback_keys": { FALLBACK: fallback },
    });
    user.post("/keys/upload", body).await.ok();
}

fn curve(user: &User, number: usize) -> String {
    curve_key(&format!("{} {number}", user.id))
}

/// What claims a key of a user's device.
fn wanted(of: &User) -> Value {
    json!({ "one_time_keys": { &of.id: { &of.device: "signed_curve25519" } } })
}

/// The name of the key that was given.
fn given(answer: &Value, of: &User) -> String {
    let keys = answer["one_time_keys"][&of.id][&of.device].as_object();
    keys.unwrap_or_else(|| panic!("no key: {answer}")).keys().next().unwrap().clone()
}

async fn a_flood_of_claims(database: Database) {
    let mut met = start(&database, &[("ONE_TIME_KEY", 3), ("OTHER_SERVER", 5)]).await;
    let (alice, bob) = (met.server.register("alice").await, met.server.register("bob").await);
    upload(&alice, 6).await;
    let (first, second) = (met.peer.clone(), met.peer.second());
    let claim = async |peer: &Peer| peer.post(fed!("v1/user/keys/claim"), &wanted(&alice)).await.unwrap();
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(given(&claim(&first).await.ok().unwrap(), &alice));
    }
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), 4, "three keys, each once, and the fallback key: {names:?}");
    assert_eq!(names[3..], [FALLBACK, FALLBACK]);
    assert!(LONG.contains(&refused(claim(&first).await)));
    // Names of servers cost nothing, so another one gets no one-time key either. It is not refused for it.
    assert_eq!(given(&claim(&second).await.ok().unwrap(), &alice), FALLBACK);
    let own = given(&bob.post("/keys/claim", wanted(&alice)).await.ok(), &alice);
    assert!(own != FALLBACK && !names.contains(&own), "{own}");
    let left = alice.sync(None, 0).await["device_one_time_keys_count"]["signed_curve25519"].clone();
    assert_eq!(left, 6 - 3 - 1);
    met.server.is_sound();
}

async fn a_flood_of_reads(database: Database) {
    let mut met = start(&database, &[("OTHER_SERVER_READS", 10)]).await;
    let alice = met.server.register("alice").await;
    let (first, second) = (met.peer.clone(), met.peer.second());
    let profile = fed!("v1/query/profile?user_id={}", alice.id);
    for _ in 0..10 {
        first.get(&profile).await.unwrap().ok().unwrap();
    }
    assert!(LONG.contains(&refused(first.get(&profile).await.unwrap())));
    let page = refused(first.get(fed!("v1/publicRooms")).await.unwrap());
    assert!(page > *LONG.end(), "a page costs more: {page}");
    // It has something to tell all the same.
    first.try_transact(&[], &[]).await.unwrap().ok().unwrap();
    second.get(&profile).await.unwrap().ok().unwrap();
    alice.get("/account/whoami").await.ok();
    met.server.is_sound();
}

async fn a_flood_of_joins(database: Database) {
    let mut met = start(&database, &[("OTHER_SERVER", 20), ("OTHER_SERVER_READS", 40)]).await;
    let alice = met.server.register("alice").await;
    let room = alice.public_room("Tea").await;
    let (first, second) = (met.peer.clone(), met.peer.second());
    let ready = first.ready("join", &room, &first.user("guest")).await.unwrap();
    let join = async || first.try_deliver("join", &room, &ready.event).await.unwrap();
    for _ in 0..2 {
        join().await.ok().unwrap();
    }
    assert!(refused(join().await) > *LONG.end(), "it is told the whole room each time");
    second.enter(&room, &second.user("guest")).await.unwrap();
    met.server.is_sound();
}

async fn a_flood_of_transactions(database: Database) {
    let mut met = start(&database, &[]).await;
    let alice = met.server.register("alice").await;
    let room = alice.public_room("Tea").await;
    let (first, second) = (met.peer.clone(), met.peer.second());
    first.enter(&room, &first.user("guest")).await.unwrap();
    // Nobody answers there. Until that is clear, an event of that server can neither be taken nor dropped.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = silent.local_addr().unwrap().to_string();
    let (known, liar) = (first.room(&room).unwrap(), first.me.with_name(&name));
    let event = |number: usize| {
        let draft = known.draft(&format!("@liar:{name}"), "m.room.message", None, json!({ "number": number }));
        finish(draft, known.version, &liar)
    };
    let mut sent = JoinSet::new();
    for parcel in (0..8).map(|number| first.pack(&[event(number)])) {
        let peer = first.clone();
        sent.spawn(async move { peer.try_hand_over(parcel).await.unwrap() });
    }
    for _ in 0..4 {
        assert_eq!(refused(sent.join_next().await.unwrap().unwrap()), 1_000, "four are worked on, and no more");
    }
    assert_eq!(refused(first.try_hand_over(first.pack(&[])).await.unwrap()), 1_000);
    second.try_transact(&[], &[]).await.unwrap().ok().unwrap();
    alice.say(&room, "1", "what a noise").await;
    assert!(sent.try_join_next().is_none(), "they came to an end too early for this test to say anything");
    while let Some(held) = sent.join_next().await {
        let answer = held.unwrap().ok().unwrap();
        assert!(answer["pdus"].as_object().unwrap().values().all(|outcome| outcome["error"].is_string()), "{answer}");
    }
    first.try_transact(&[], &[]).await.unwrap().ok().unwrap();
    met.server.is_sound();
}
