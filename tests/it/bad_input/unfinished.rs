//! Bodies that do not come to their end: what the server has of them is in its memory meanwhile.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;

use super::Calm;
use crate::client::Client;
use crate::database::{Database, on_both_databases};
use crate::programs;
use crate::server::Server;
use crate::user::message_path;

on_both_databases!(very_many_bodies_that_never_end, what_is_not_signed_is_not_received);

/// So many bodies take what strangers may have of the memory.
const ENOUGH: usize = 64;
/// How long the server may take to notice what has come, or gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many bytes at a time.
const PIECE: usize = 65_536;

/// Whether a stranger's large body is received.
async fn is_received(client: &Client, path: &str) -> bool {
    let reply = client.raw(Method::PUT, path, vec![b' '; 15 * PIECE]).await;
    reply.fails(&["401 M_MISSING_TOKEN", "429 M_LIMIT_EXCEEDED"]);
    reply.status == 401
}

async fn very_many_bodies_that_never_end(database: Database) {
    let mut calm = Calm::new(&database).await;
    let address = calm.server.announced("http").unwrap();
    let before = calm.server.memory_kb("VmHWM");
    let path = message_path(&calm.room, "never");
    let head = format!("PUT /_matrix/client/v3{path} HTTP/1.1\r\nhost: a\r\ncontent-length: 1048576\r\n\r\n");
    let begin = |_| {
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        for _ in 0..15 {
            // It is no longer read where there is no place for it.
            let _hung_up = socket.write_all(&[b' '; PIECE]);
        }
        socket
    };
    let mut begun: Vec<TcpStream> = (0..ENOUGH).map(begin).collect();
    while is_received(calm.server.client(), &path).await {
        assert!(begun.len() < 2 * ENOUGH, "there is room for any number");
        begun.push(begin(begun.len()));
    }
    calm.alice.say(&calm.room, "1", "who is known goes on").await;
    let took = calm.server.memory_kb("VmHWM").saturating_sub(before);
    assert!(took < 130_000, "bodies that nobody has sent took {took} kB");
    drop(begun);
    let started = Instant::now();
    while !is_received(calm.server.client(), &path).await {
        assert!(started.elapsed() < PATIENCE, "what is gone is still counted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    calm.server.is_sound();
}

/// A signature is over the whole body. But where there is none, or one that cannot be meant, nobody waits for the body.
async fn what_is_not_signed_is_not_received(database: Database) {
    let mut server = Server::prepare(programs::server());
    let more = "[[listeners]]\nbind = \"127.0.0.1:0\"\napis = [\"federation\"]\n[federation]\n\
                mode = \"listed\"\nallowed_servers = [\"friend.test\"]\n";
    server.write_configuration_of("peer.test", &database, more);
    server.restart().await;
    let said = server.said();
    let address = said.lines().filter_map(|line| line.strip_prefix("Listening on http://")).nth(1).unwrap();
    let signed = |origin: &str, destination: &str| {
        format!("authorization: X-Matrix origin={origin},destination={destination},key=\"ed25519:1\",sig=\"AAAA\"\r\n")
    };
    for (headers, expected) in [
        (String::new(), "401"),
        ("authorization: X-Matrix origin=friend.test\r\n".to_owned(), "401"),
        (signed("friend.test", "elsewhere.test"), "401"),
        (signed("stranger.test", "peer.test"), "403"),
    ] {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = "PUT /_matrix/federation/v1/send/1 HTTP/1.1\r\nhost: a\r\ncontent-length: 9000000\r\n";
        socket.write_all(format!("{head}{headers}\r\n").as_bytes()).unwrap();
        let whole = (0..100).all(|_| socket.write_all(&[b' '; PIECE]).is_ok());
        // Where the server has hung up, the answer may be lost on the way.
        let mut answer = String::new();
        match socket.read_to_string(&mut answer) {
            Ok(_) => assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{headers}: {answer}"),
            Err(_) => assert!(!whole, "{headers}: the server waits for more"),
        }
    }
    server.is_sound();
}
