//! Clients that send a request byte by byte (slow loris): they are told that it took too long, and hold up nobody else.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::listeners::{CERTIFICATE, KEY, trusting};
use crate::program::{Folder, Kind, Server, exchange};

/// What the server of these tests waits for a head and for a body, in seconds.
const SECONDS: &str = "2";
/// More than that, and less than what is usual.
const BOUND: Duration = Duration::from_secs(10);
/// A head that does not come to its end.
pub const HEAD: &str = "GET /_matrix/client/versions HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";

/// One listener with TLS beside one without.
fn start() -> Server {
    let apis = "apis = [\"client\", \"federation\"]";
    let listeners = format!(
        "[{{ bind = \"127.0.0.1:0\", {apis} }}, \
          {{ bind = \"127.0.0.1:0\", {apis}, tls_certificate = \"{CERTIFICATE}\", tls_key = \"{KEY}\" }}]"
    );
    let folder = Folder::new(Kind::Sqlite).with("LISTENERS", &listeners);
    let folder = folder.with("SERVER__REQUEST_HEAD_SECONDS", SECONDS).with("SERVER__REQUEST_BODY_SECONDS", SECONDS);
    folder.start()
}

/// The beginning of a request with a body.
fn with_body(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{{\"a\":\"")
}

/// Sends a beginning, and then a byte now and then until the connection is at its end; gives what was answered.
fn trickle(stream: &mut (impl Read + Write), beginning: &str) -> String {
    let started = Instant::now();
    let mut answer = Vec::new();
    stream.write_all(beginning.as_bytes()).unwrap();
    loop {
        assert!(started.elapsed() < BOUND, "it goes on: {}", String::from_utf8_lossy(&answer));
        let mut piece = [0; 4_096];
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
        if stream.write_all(b"x").and_then(|()| stream.flush()).is_err() {
            // What has come until now can still be read.
            let _abrupt_end = stream.read_to_end(&mut answer);
            break;
        }
    }
    String::from_utf8(answer).unwrap()
}

/// A connection without TLS on which nobody waits for long.
pub fn plain(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    stream
}

/// The same with TLS.
fn tls(server: &Server) -> impl Read + Write {
    let mut stream = trusting(CERTIFICATE, server.tls_port());
    // The greeting takes as long as it takes.
    stream.conn.complete_io(&mut stream.sock).unwrap();
    stream.sock.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    stream
}

#[test]
fn a_head_that_does_not_end_is_given_up() {
    let server = start();
    for answer in [trickle(&mut plain(&server), HEAD), trickle(&mut tls(&server), HEAD)] {
        // The end of the connection may be noticed before the answer.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
}

#[test]
fn a_body_that_does_not_end_is_given_up() {
    let server = start();
    let login = with_body("POST", "/_matrix/client/v3/login");
    // Nobody needs the body of a request that is not signed, but its sender may read no answer before it is sent.
    let send = with_body("PUT", "/_matrix/federation/v1/send/1");
    for (answer, status, code) in [
        (trickle(&mut plain(&server), &login), 408, "M_UNKNOWN"),
        (trickle(&mut tls(&server), &login), 408, "M_UNKNOWN"),
        (trickle(&mut plain(&server), &send), 401, "M_UNAUTHORIZED"),
        (trickle(&mut tls(&server), &send), 401, "M_UNAUTHORIZED"),
    ] {
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(code), "{answer}");
    }
}

#[test]
fn others_are_served_meanwhile() {
    let server = start();
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| trickle(&mut plain(&server), HEAD));
            scope.spawn(|| trickle(&mut plain(&server), &with_body("POST", "/_matrix/client/v3/login")));
            scope.spawn(|| trickle(&mut tls(&server), HEAD));
            scope.spawn(|| trickle(&mut tls(&server), &with_body("PUT", "/_matrix/federation/v1/send/1")));
        }
        let versions = "/_matrix/client/versions";
        for _ in 0..5 {
            let asked = Instant::now();
            assert_eq!(server.get(versions).0, 200);
            assert_eq!(exchange(trusting(CERTIFICATE, server.tls_port()), "GET", versions, "", "").0, 200);
            assert!(asked.elapsed() < BOUND, "{:?}", asked.elapsed());
            thread::sleep(Duration::from_millis(100));
        }
    });
}
