//! Answers that nobody reads: they lie in the memory of the server until they have gone.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::Calm;
use crate::client::encode;
use crate::database::{Database, on_both_databases};
use crate::user::{message, message_path};

on_both_databases!(very_many_answers_that_nobody_reads);

/// So many answers are more than one user may have under way.
const MANY: usize = 24;
/// How long the server may take to notice what has come, or gone.
const PATIENCE: Duration = Duration::from_secs(30);

async fn very_many_answers_that_nobody_reads(database: Database) {
    let mut calm = Calm::new(&database).await;
    // One page of them is about 6 MB: more than what lies on the way, in the buffers of the kernel.
    for number in 0..100 {
        let path = message_path(&calm.room, &format!("large {number}"));
        calm.alice.put(&path, message(&"x".repeat(60_000))).await.ok();
    }
    let page = format!("/rooms/{}/messages?dir=b&limit=100", encode(&calm.room));
    let address = calm.server.announced("http").unwrap();
    let request = format!(
        "GET /_matrix/client/v3{page} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n",
        calm.alice.token()
    );
    let ask = |_: usize| {
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        socket
    };
    let unread: Vec<TcpStream> = (0..MANY).map(ask).collect();
    let started = Instant::now();
    loop {
        let reply = calm.alice.get(&page).await;
        if reply.status == 429 {
            reply.fails(&["429 M_LIMIT_EXCEEDED"]);
            assert!(reply.json["retry_after_ms"].is_u64(), "{}", reply.text);
            break;
        }
        assert!(reply.status == 200 && started.elapsed() < PATIENCE, "any number of answers: {}", reply.status);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    calm.alice.say(&calm.room, "small", "small answers need no place").await;
    calm.bob.get(&page).await.ok();
    drop(unread);
    let started = Instant::now();
    while calm.alice.get(&page).await.status != 200 {
        assert!(started.elapsed() < PATIENCE, "what is gone is still counted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    calm.server.is_sound();
}
