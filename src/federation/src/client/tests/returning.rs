//! Servers that give a sign of life: what waits for them is sent at once.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use events::version;
use peerbrain_core::config;
use ruma::{RoomVersionId, ServerName, server_name};
use store::{
    federation::destinations::{self, DestinationRow},
    testing::{Database, each},
};

use super::{Authority, BOUNDS, Peer, peer::reply};
use crate::{
    Federation, Result,
    testing::{self, Keys, Server},
};

/// When the next attempt is due, some thirty years on.
const LATER: i64 = 2_700_000_000_000;

fn remote() -> &'static ServerName {
    server_name!("remote.example")
}

/// A server that has not reached `remote.example` for long, and will not try for long.
async fn server(database: &Database, settings: config::Federation) -> Server {
    let nobody = testing::Peer::new(version::rules(&RoomVersionId::V11).unwrap());
    let server = Server::with(database, nobody, Keys::new(), settings);
    let row = DestinationRow {
        server: remote().to_string(),
        sent_upto: 0,
        failing_since: Some(1),
        retry_at: Some(LATER),
        pause: LATER - 1,
        error: None,
        txn_events: 0,
        txn_outbox: 0,
    };
    server.rooms.store().write(move |tx| destinations::set(tx, &row, 0)).await.unwrap();
    server
}

async fn is_due(server: &Server) -> bool {
    let row = server.rooms.store().read(|conn| destinations::get(conn, remote().as_str())).await.unwrap();
    row.unwrap().retry_at.unwrap() < LATER
}

async fn becomes_due(server: &Server) {
    for _ in 0..600 {
        if is_due(server).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the sign of life was not noted");
}

async fn ask(federation: &Federation) -> Result<Bytes> {
    let request = http::Request::get("/_matrix/federation/v1/version").body(Bytes::new()).unwrap();
    federation.client().fetch_anyway(remote(), request, BOUNDS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_theirs_brings_the_next_attempt_forward() {
    each(async |database| {
        let server = server(&database, config::Federation::default()).await;
        server.federation.alive(server_name!("other.example"));
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!is_due(&server).await, "it was another server");
        server.federation.alive(remote());
        becomes_due(&server).await;
        server.rooms.store().close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_theirs_brings_the_next_attempt_forward() {
    each(async |database| {
        let (authority, gone) = (Authority::new(), Arc::new(AtomicBool::new(true)));
        let is_gone = gone.clone();
        let peer =
            Peer::start(authority.server(&["remote.example"]), move |_, stream| match is_gone.load(Ordering::SeqCst) {
                true => Err(io::Error::other("a test")),
                false => reply(stream, "200 OK", "", b"{}"),
            });
        let settings = config::Federation {
            ca_file: Some(authority.file().to_owned()),
            overrides: vec![format!("remote.example=127.0.0.1:{}", peer.port).parse().unwrap()],
            ..config::Federation::default()
        };
        let server = server(&database, settings).await;
        assert!(ask(&server.federation).await.is_err());
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!is_due(&server).await, "it did not answer");
        gone.store(false, Ordering::SeqCst);
        ask(&server.federation).await.unwrap();
        becomes_due(&server).await;
        server.rooms.store().close().await;
    })
    .await;
}
