//! A TLS server on which a test decides every byte.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use parking_lot::Mutex;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub sni: Option<String>,
    pub method: String,
    pub path: String,
    pub host: String,
    pub authorization: String,
    pub body: Vec<u8>,
}

/// Writes an answer: to what, and where.
type Answer = dyn Fn(&Seen, &mut dyn Write) -> std::io::Result<()> + Send + Sync;

pub struct Peer {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Peer {
    /// Listens on a free port of loopback, until the test's process ends. Every connection is closed after one answer.
    pub fn start(
        config: Arc<ServerConfig>,
        answer: impl Fn(&Seen, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::start_at("127.0.0.1:0", config, answer).unwrap()
    }

    /// The same at another address, if the machine has it.
    pub fn start_at(
        address: &str,
        config: Arc<ServerConfig>,
        answer: impl Fn(&Seen, &mut dyn Write) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let (port, seen) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<Seen>>>::default());
        let (answer, noted): (Arc<Answer>, _) = (Arc::new(answer), seen.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, answer, noted) = (config.clone(), answer.clone(), noted.clone());
                thread::spawn(move || serve(stream, config, &*answer, &noted));
            }
        });
        Ok(Self { port, seen })
    }

    /// The same answer to everything.
    pub fn saying(config: Arc<ServerConfig>, status: &'static str, body: &'static str) -> Self {
        Self::start(config, move |_, stream| reply(stream, status, "", body.as_bytes()))
    }

    /// What was asked so far; forgets it.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock())
    }
}

/// Writes a whole answer. `headers` are lines with their ends.
pub fn reply(stream: &mut dyn Write, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(body)
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, answer: &Answer, noted: &Mutex<Vec<Seen>>) -> Option<()> {
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config).ok()?, stream));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let found =
            lines.iter().filter_map(|line| line.split_once(": ")).find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or_else(String::new, |(_, value)| value.to_owned())
    };
    let mut first = lines.first()?.split(' ').map(str::to_owned);
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    let seen = Seen {
        sni: stream.get_ref().conn.server_name().map(str::to_owned),
        method: first.next()?,
        path: first.next()?,
        host: header("host"),
        authorization: header("authorization"),
        body,
    };
    noted.lock().push(seen.clone());
    let stream = stream.get_mut();
    answer(&seen, stream).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}
