//! A push gateway inside the test: it listens on loopback, keeps what it is sent, and answers as it is told.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::prelude::*;

/// How long a test waits for a notification.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest request that is read.
const LARGEST: usize = 1 << 20;

/// A gateway; it ends when it is dropped.
pub struct Gateway {
    /// The URL to give to a pusher.
    pub url: String,
    received: UnboundedReceiver<(String, Value)>,
    task: JoinHandle<()>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Gateway {
    /// A gateway that accepts everything.
    pub async fn start() -> Result<Self, Failure> {
        Self::answering(&[]).await
    }

    /// A gateway whose first answers are these, with status and body; it accepts everything after them.
    pub async fn answering(first: &[(u16, Value)]) -> Result<Self, Failure> {
        let broken = |error: std::io::Error| Failure::new(format!("the gateway of the test: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(broken)?;
        let port = listener.local_addr().map_err(broken)?.port();
        let (sender, received) = unbounded_channel();
        let task = tokio::spawn(serve(listener, first.iter().cloned().collect(), sender));
        Ok(Gateway { url: format!("http://127.0.0.1:{port}/_matrix/push/v1/notify"), received, task })
    }

    /// The next notification that fulfils `wanted`; those before it are dropped.
    pub async fn next(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        let search = async {
            while let Some((request, mut body)) = self.received.recv().await {
                ensure!(request.starts_with("POST /_matrix/push/v1/notify "), "what is asked of a gateway: {request}");
                let notification = body["notification"].take();
                if wanted(&notification) {
                    return Ok(notification);
                }
            }
            Err(Failure::new("the gateway of the test ended"))
        };
        let late = |_| Failure::new(format!("no such notification came within {} seconds", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, search).await.map_err(late)?
    }

    /// The notification about an event.
    pub async fn about(&mut self, event: &str) -> Result<Value, Failure> {
        self.next(|notification| notification["event_id"] == event).await
    }
}

async fn serve(listener: TcpListener, mut answers: VecDeque<(u16, Value)>, sender: UnboundedSender<(String, Value)>) {
    while let Ok((stream, _)) = listener.accept().await {
        let answer = answers.pop_front().unwrap_or_else(|| (200, json!({ "rejected": [] })));
        // One request after the other: the order is that of the server. One that breaks off is as if it never came.
        let exchange = tokio::time::timeout(PATIENCE, one(stream, answer)).await;
        if let Ok(Ok(request)) = exchange {
            let _ = sender.send(request);
        }
    }
}

/// Reads a request and answers it; gives its first line and its body.
async fn one(mut stream: TcpStream, (status, answer): (u16, Value)) -> std::io::Result<(String, Value)> {
    let mut read = Vec::new();
    while !whole(&read) {
        if read.len() > LARGEST || stream.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\nconnection: close\r\n");
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{answer}", answer.len()).as_bytes()).await?;
    stream.shutdown().await?;
    let text = String::from_utf8_lossy(&read);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let request = head.lines().next().unwrap_or_default().to_owned();
    Ok((request, serde_json::from_str(body).unwrap_or_default()))
}

/// Whether a request has been read to its end, as its content-length says.
fn whole(read: &[u8]) -> bool {
    let Some(end) = read.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or_default();
    read.len() >= end + 4 + length
}
