//! Much at once: the server stays within its memory and goes on serving others.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::json;

use super::Calm;
use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::user::message_path;

on_both_databases!(memory_stays_bounded, broken_http_harms_nobody);

/// Less than the time after which the server gives up a request whose head does not come to an end.
const HELD: Duration = Duration::from_secs(10);

/// What a flood may add to the memory of the process, in kilobytes: what 16 requests of the largest size take at once,
/// as parsed JSON in a debug build.
const ALLOWED_KB: u64 = 400_000;
/// What the same flood may add when it comes again: nothing but chance.
const ALLOWED_AGAIN_KB: u64 = 80_000;
/// Floods until two in a row have added no more than that. How many of their requests are held at the same time is up to
/// the machine, so the most may come late; what is never given back would grow with each.
const MOST_FLOODS: usize = 8;

async fn memory_stays_bounded(database: Database) {
    let mut calm = Calm::new(&database).await;
    let before = calm.server.memory_kb("VmHWM");
    let mut added = Vec::new();
    let mut most = before;
    while !added.ends_with(&[true, true]) {
        assert!(added.len() < MOST_FLOODS, "each flood takes more memory: {before} kB before, {most} kB now");
        flood(&calm).await;
        let now = calm.server.memory_kb("VmHWM");
        // The kernel counts memory in batches, so the highest mark may seem to fall a little.
        added.push(now.saturating_sub(most) < ALLOWED_AGAIN_KB);
        most = most.max(now);
        assert!(most - before < ALLOWED_KB + ALLOWED_AGAIN_KB, "the floods took {} kB", most - before);
    }
    calm.server.is_sound();
    assert_eq!(calm.alice.texts(&calm.room).await, ["all is calm"]);
}

/// Many large requests at the same time.
async fn flood(calm: &Calm) {
    let huge = format!("{{\"body\":\"{}\"}}", "x".repeat(8_000_000));
    let path = message_path(&calm.room, "flood");
    let flood = stream::iter(0..60).map(|_| {
        let request = calm.alice.request(Method::PUT, &path).body(huge.clone());
        // The server may hang up on what is too large before all of it was sent.
        async move { request.send().await.map_or(413, |reply| reply.status().as_u16()) }
    });
    let statuses: Vec<u16> = flood.buffer_unordered(16).collect().await;
    assert!(statuses.iter().all(|status| *status == 413), "{statuses:?}");

    let wide = format!("{{\"n\":[{}0]}}", "0,".repeat(400_000));
    let filter = json!({ "room": { "rooms": vec!["!x:peer.test"; 300] } }).to_string();
    let sync = format!("/sync?filter={}", encode(&filter));
    let flood = stream::iter(0..60).map(|turn| {
        let request = match turn % 3 {
            0 => calm.alice.request(Method::PUT, &path).body(wide.clone()),
            1 => calm.alice.request(Method::POST, "/createRoom").body(format!("{{\"invite\":{wide}}}")),
            _ => calm.alice.request(Method::GET, &sync),
        };
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let statuses: Vec<u16> = flood.buffer_unordered(16).collect().await;
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
}

async fn broken_http_harms_nobody(database: Database) {
    let mut calm = Calm::new(&database).await;
    let address = calm.server.announced("http").unwrap();
    let broken: [&[u8]; 8] = [
        b"nonsense\r\n\r\n",
        b"GET",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /_matrix/client/versions HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n",
        b"PUT /_matrix/client/v3/x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /_matrix/client/v3/login HTTP/1.1\r\nhost: a\r\ncontent-length: 4000000000\r\n\r\n{",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /%zz%/\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n",
    ];
    let mut held = Vec::new();
    for _ in 0..40 {
        for bytes in broken {
            let mut socket = TcpStream::connect(&address).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
            let _hung_up = socket.write_all(bytes);
            let _nothing = socket.read(&mut [0; 4_096]);
            held.push(socket);
        }
    }
    // With all of them still open, others are served, and not only when the server gives them up.
    let started = Instant::now();
    calm.bob.get("/account/whoami").await.ok();
    assert!(started.elapsed() < HELD, "{:?}", started.elapsed());
    drop(held);
    let long = format!("/sync?since={}", "x".repeat(100_000));
    let reply = calm.alice.ask(Method::GET, &long, None).await;
    assert!(reply.is_err() || reply.is_ok_and(|reply| (400..500).contains(&reply.status)));
    calm.is_undisturbed().await;
}
