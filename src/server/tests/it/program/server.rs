//! A server that runs, and requests to it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};

use serde_json::Value;

use super::PATIENCE;

/// A running server. It is killed when this is dropped.
pub struct Server {
    child: Child,
    /// What it said on standard output until it was ready.
    pub said: String,
    log: PathBuf,
}

impl Server {
    pub(super) fn new(child: Child, said: String, log: PathBuf) -> Self {
        Self { child, said, log }
    }

    /// The port of the first TCP listener.
    pub fn port(&self) -> u16 {
        self.port_behind("://127.0.0.1:")
    }

    /// The port of the first listener with TLS.
    pub fn tls_port(&self) -> u16 {
        self.port_behind("https://127.0.0.1:")
    }

    fn port_behind(&self, words: &str) -> u16 {
        let (_, rest) = self.said.split_once(words).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Asks the server to stop with this signal, waits, and gives its exit code.
    pub fn stop(mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.child.wait().unwrap().code()
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        self.request("GET", path, "", "")
    }

    pub fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        exchange(stream, method, path, headers, body)
    }

    /// The same with the whole head of the answer.
    pub fn answer(&self, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
        let stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        answer(stream, method, path, headers, body)
    }

    /// Logs in and gives status and answer.
    pub fn login(&self, user: &str, password: &str) -> (u16, String) {
        let body = format!(
            "{{\"type\":\"m.login.password\",\"identifier\":{{\"type\":\"m.id.user\",\"user\":\"{user}\"}},\"password\":\"{password}\"}}"
        );
        self.request("POST", "/_matrix/client/v3/login", "", &body)
    }

    /// Logs in and gives the header with the token.
    pub fn authorized(&self, user: &str, password: &str) -> String {
        authorization(self.login(user, password))
    }

    /// Registers a user, whose request has these headers, and gives the header with the token.
    pub fn register(&self, name: &str, headers: &str) -> String {
        let body = format!(
            "{{\"username\":\"{name}\",\"password\":\"a good password\",\"auth\":{{\"type\":\"m.login.dummy\"}}}}"
        );
        authorization(self.request("POST", "/_matrix/client/v3/register", headers, &body))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_gone = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let end: Vec<&str> = log.lines().rev().take(40).collect();
            eprintln!("--- the end of the server's log:");
            end.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// The header with the token of a login or a registration that was answered so.
fn authorization((status, answer): (u16, String)) -> String {
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    format!("Authorization: Bearer {}\r\n", answer["access_token"].as_str().unwrap())
}

/// One request over any kind of connection: status and body.
pub fn exchange(stream: impl Read + Write, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let (head, body) = answer(stream, method, path, headers, body);
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

/// One request over any kind of connection: head and body of the answer.
fn answer(mut stream: impl Read + Write, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A TLS peer may close without saying goodbye; what came is what counts.
    let _abrupt_end = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    (head.to_owned(), body.to_owned())
}
