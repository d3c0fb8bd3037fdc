//! How many connections a listener has, and who gets them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::num::NonZero;
use std::os::unix::net::UnixStream;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use tokio::runtime::Builder;

use crate::program::{Folder, Kind, PATIENCE, Server, exchange};
use crate::slow::{HEAD, plain};

/// Connections are shared out among as many workers.
fn processors() -> usize {
    available_parallelism().map_or(2, NonZero::get)
}

/// A connection with a request that does not come to its end.
fn slow(server: &Server) -> TcpStream {
    let mut stream = plain(server);
    stream.write_all(HEAD.as_bytes()).unwrap();
    stream
}

#[test]
fn slow_ones_take_no_more_connections_than_a_listener_has() {
    let most = 4 * processors();
    let listeners =
        "[{ bind = \"127.0.0.1:0\", apis = [\"client\"] }, { bind = \"unix:in.sock\", apis = [\"health\"] }]";
    let folder = Folder::new(Kind::Sqlite).with("LISTENERS", listeners);
    let folder = folder.with("SERVER__REQUEST_HEAD_SECONDS", "3").with("SERVER__MAX_CONNECTIONS", &most.to_string());
    let server = folder.start();
    let begun = Instant::now();
    let held: Vec<TcpStream> = (0..2 * most).map(|_| slow(&server)).collect();
    // Other listeners have their own.
    let inside = UnixStream::connect(folder.path("in.sock")).unwrap();
    assert_eq!(exchange(inside, "GET", "/health", "", "").0, 200);
    // Who comes now waits until the slow ones are given up, and is served then.
    assert_eq!(server.get("/_matrix/client/versions").0, 200);
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(2) && waited < PATIENCE, "{waited:?}");
    drop(held);
}

/// A server with one listener that has so many connections, and does not give up slow ones.
fn with_connections(most: usize) -> Server {
    let folder = Folder::new(Kind::Sqlite).with("SERVER__MAX_CONNECTIONS", &most.to_string());
    folder.with("SERVER__REQUEST_HEAD_SECONDS", "120").start()
}

/// A connection from another address of this machine, which no proxy has, with the beginning of a request.
fn from_elsewhere(server: &Server) -> TcpStream {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let connected = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::new(127, 0, 0, 2), 0).into())?;
        socket.connect((Ipv4Addr::LOCALHOST, server.port()).into()).await?.into_std()
    });
    let mut stream = connected.unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    // It may have been ended already.
    let _ended = stream.write_all(HEAD.as_bytes());
    stream
}

fn is_ended(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 4_096]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

#[test]
fn one_address_has_a_part_of_the_connections() {
    let most = 8 * processors();
    let server = with_connections(most);
    let part = most / 4;
    let mut held: Vec<TcpStream> = (0..part + 3).map(|_| from_elsewhere(&server)).collect();
    let started = Instant::now();
    while held.len() > part {
        held.retain_mut(|stream| !is_ended(stream));
        assert!(started.elapsed() < PATIENCE, "{} are left", held.len());
    }
    assert_eq!(held.len(), part);
    assert_eq!(server.get("/_matrix/client/versions").0, 200);
    // Who ends one may begin another.
    drop(held.pop());
    let begins = || {
        let mut stream = from_elsewhere(&server);
        (0..5).all(|_| !is_ended(&mut stream))
    };
    while !begins() {
        assert!(started.elapsed() < PATIENCE, "what has ended still counts");
    }
    assert!(held.iter_mut().all(|stream| !is_ended(stream)));
}

#[test]
fn where_connections_are_many_none_is_kept() {
    let most = 8 * processors();
    let server = with_connections(most);
    let is_closed = || {
        let mut stream = plain(&server);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"GET /_matrix/client/versions HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut piece = [0; 4_096];
            let count = stream.read(&mut piece).unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&piece[..count]);
        }
        String::from_utf8(answer).unwrap().to_ascii_lowercase().contains("\r\nconnection: close\r\n")
    };
    assert!(!is_closed());
    let held: Vec<TcpStream> = (0..most - most / 4).map(|_| slow(&server)).collect();
    let started = Instant::now();
    while !is_closed() {
        assert!(started.elapsed() < PATIENCE, "it is kept");
    }
    drop(held);
}
