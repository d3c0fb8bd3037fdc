//! SIGTERM: what was asked is answered, then the server ends.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;

use crate::database::{Database, on_both_databases};
use crate::server::Server;
use crate::user::{message, message_path};

on_both_databases!(a_stop_answers_everybody);

/// What a stop and its answers may take on a busy machine: less than the half minute after which the server gives up, and
/// than the polls would wait.
const AT_ONCE: Duration = Duration::from_secs(25);

async fn a_stop_answers_everybody(database: Database) {
    let mut server = Server::start(&database).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.public_room("Tea").await;
    bob.join(&room).await;
    let since = bob.sync(None, 0).await["next_batch"].as_str().unwrap().to_owned();
    let polls = (0..3).map(|turn| {
        let (bob, since) = (bob.clone(), since.clone());
        tokio::spawn(async move {
            let path = format!("/sync?timeout=50000&since={since}&filter={{\"n\":{turn}}}");
            (bob.ask(Method::GET, &path, None).await, Instant::now())
        })
    });
    let polls: Vec<_> = polls.collect();
    // On a busy machine they are on their way for a while: when many that came after them are answered they are there.
    for _ in 0..20 {
        bob.get("/account/whoami").await.ok();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sends = (0..20).map(|turn| {
        let (alice, path) = (alice.clone(), message_path(&room, &format!("{turn}")));
        tokio::spawn(async move { alice.ask(Method::PUT, &path, Some(&message(&format!("{turn}")))).await })
    });
    let sends: Vec<_> = sends.collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let asked = Instant::now();
    server.terminate();
    let status = server.ended().await;
    assert!(status.success(), "{status}: {}", server.errors());
    assert!(asked.elapsed() < AT_ONCE, "the stop took {:?}", asked.elapsed());

    for poll in join_all(polls).await {
        let (answer, when) = poll.unwrap();
        let body = answer.expect("a waiting poll was not answered").ok();
        assert!(body["next_batch"].is_string() && when < asked + AT_ONCE, "{body}");
    }
    // A request is answered, or came too late to be taken at all; it is never half done.
    let acknowledged: Vec<String> = join_all(sends)
        .await
        .into_iter()
        .enumerate()
        .filter_map(|(turn, send)| {
            send.unwrap().ok().map(|reply| {
                reply.ok();
                turn.to_string()
            })
        })
        .collect();
    server.restart().await;
    let kept = bob.texts(&room).await;
    for text in &acknowledged {
        assert_eq!(kept.iter().filter(|known| *known == text).count(), 1, "{text} is not there once: {kept:?}");
    }
}
