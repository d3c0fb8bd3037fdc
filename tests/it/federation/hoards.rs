//! Others that hold on to what they were given: connections, and bodies that do not come to their end. They have as many
//! places as there are, and no longer than they may; others are served beside them or soon after.

use std::{
    fs,
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use peerbrain_peer::{Peer, fed};
use reqwest::{Body, Method};
use tokio::task::JoinSet;

use super::encounter::Encounter;
use crate::{
    database::{Database, on_both_databases},
    user::User,
};

on_both_databases!(connections_that_say_nothing, heads_that_never_end, bodies_that_trickle,);

/// So many connections each listener may have.
const CONNECTIONS: usize = 40;
/// So many are opened.
const HOARD: usize = 200;
/// How long others may have to wait: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(40);

async fn start(database: &Database) -> (Encounter, User, String) {
    let settings = [
        ("SERVER__MAX_CONNECTIONS", CONNECTIONS.to_string()),
        ("SERVER__REQUEST_HEAD_SECONDS", "2".to_owned()),
        ("SERVER__REQUEST_BODY_SECONDS", "3".to_owned()),
    ];
    let met = Encounter::start(database, "", &settings.map(|(name, value)| (name.to_owned(), value))).await;
    let alice = met.server.register("alice").await;
    let room = alice.public_room("Tea").await;
    (met, alice, room)
}

/// Files and connections that the server has open.
fn open(met: &Encounter) -> usize {
    fs::read_dir(format!("/proc/{}/fd", met.server.pid())).unwrap().count()
}

/// Waits until another server is answered; it tries again and again, for it may be hung up on.
async fn until_served(peer: &Peer, alice: &User) {
    let started = Instant::now();
    let question = fed!("v1/query/profile?user_id={}", alice.id);
    while !peer.get(&question).await.is_ok_and(|reply| reply.status == 200) {
        assert!(started.elapsed() < PATIENCE, "nobody else is served");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A hoard of connections, each of which has said so much.
async fn hoard(database: Database, word: &[u8]) {
    let (mut met, alice, room) = start(&database).await;
    let (address, before) = (met.peer.under_test().to_owned(), open(&met));
    let connect = |_| {
        let mut socket = TcpStream::connect(&address).unwrap();
        let _hung_up = socket.write_all(word);
        socket
    };
    let hoard: Vec<TcpStream> = (0..HOARD).map(connect).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let grown = open(&met).saturating_sub(before);
    assert!(grown <= CONNECTIONS + 20, "{grown} files more are open");
    alice.say(&room, "1", "clients go on").await;
    until_served(&met.peer, &alice).await;
    drop(hoard);
    met.server.is_sound();
}

async fn connections_that_say_nothing(database: Database) {
    hoard(database, b"").await;
}

/// Of TLS: what it says is that a record of 16 KiB follows.
async fn heads_that_never_end(database: Database) {
    hoard(database, &[22, 3, 1, 0x40, 0, 1]).await;
}

/// A body of which a little comes now and then.
fn trickle() -> Body {
    let pieces = stream::iter(0..10_000_u32).then(|number| async move {
        // Half a megabyte at once, for it is bytes that take room.
        let size = if number == 0 { 524_288 } else { 16 };
        tokio::time::sleep(Duration::from_millis(if number == 0 { 0 } else { 200 })).await;
        Ok::<_, std::io::Error>(vec![b' '; size])
    });
    Body::wrap_stream(pieces)
}

async fn bodies_that_trickle(database: Database) {
    let (mut met, alice, room) = start(&database).await;
    let first = met.peer.clone();
    let before = met.server.memory_kb("VmRSS");
    let mut sending = JoinSet::new();
    for number in 0..HOARD {
        let uri = fed!("v1/send/{}", format!("hoard-{number}"));
        let header = first.me.authorization("PUT", &uri, first.under_test(), None);
        let peer = first.clone();
        sending.spawn(async move { peer.exchange(Method::PUT, &uri, Some(trickle()), &[header]).await });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    alice.say(&room, "1", "clients go on").await;
    let took = met.server.memory_kb("VmRSS").saturating_sub(before);
    assert!(took < 130_000, "bodies that do not end took {took} kB");
    until_served(&met.peer.second(), &alice).await;
    let started = Instant::now();
    while let Some(outcome) = sending.join_next().await {
        assert!(started.elapsed() < PATIENCE, "a body is waited for, and waited for");
        if let Ok(reply) = outcome.unwrap() {
            assert!([400, 401, 408, 413, 429].contains(&reply.status), "{}", reply.brief());
        }
    }
    met.server.is_sound();
}
