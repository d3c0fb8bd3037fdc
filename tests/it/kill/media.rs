//! Media: what was acknowledged downloads, and what downloads is whole.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::hand::Hand;
use super::media_content::{Content, Wanted};

/// Files that are compared at the same time.
const AT_ONCE: usize = 8;

/// Somebody who uploads and downloads.
pub struct Uploader {
    hand: Hand,
    next: u64,
    /// By the end of the URI.
    files: HashMap<String, Wanted>,
    newest: Option<(String, Content)>,
}

impl Uploader {
    /// Files of this uploader are numbered from here on.
    pub fn new(hand: Hand, first: u64) -> Self {
        Self { hand, next: first, files: HashMap::new(), newest: None }
    }

    /// Uploads until the end.
    pub async fn write(mut self) -> Self {
        while self.hand.goes_on().await {
            let done = match self.hand.chance.among(0..10) {
                0..5 => self.upload().await,
                5..8 => self.create_and_fill().await,
                _ => self.look_at_newest().await,
            };
            if done.is_none() {
                break;
            }
        }
        self
    }

    /// Mostly small ones, as they lie in the database; some that are files; a few that arrive in several parts.
    fn content(&mut self) -> Content {
        // Now and then the same once more.
        if let Some((_, content)) = self.newest.clone().filter(|_| self.hand.now_and_then(8)) {
            return content;
        }
        self.next += 1;
        let sizes: Range<u64> = match self.hand.chance.among(0..20) {
            0..11 => 0..32_000,
            11..19 => 33_000..120_000,
            _ => 270_000..700_000,
        };
        Content { number: self.next, bytes: self.hand.chance.among(sizes) }
    }

    async fn upload(&mut self) -> Option<()> {
        let content = self.content();
        let (path, bytes) = ("/_matrix/media/v3/upload?filename=f", content.bytes());
        loop {
            if let Some((200, reply)) = self.send(Method::POST, path, &bytes, &[200]).await? {
                self.there(self.id(&reply)?, content);
                return Some(());
            }
        }
    }

    async fn create_and_fill(&mut self) -> Option<()> {
        let (created, _) = self.hand.must(Method::POST, "/_matrix/media/v1/create", &json!({})).await?;
        let (id, content) = (self.id(&created)?, self.content());
        self.files.insert(id.clone(), Wanted::Nothing);
        self.hand.ledger.count("created addresses", 1);
        if self.hand.now_and_then(6) {
            return Some(());
        }
        self.hand.breathe().await;
        self.files.insert(id.clone(), Wanted::Perhaps(content));
        let (path, bytes) = (format!("/_matrix/media/v3/upload/peer.test/{id}"), content.bytes());
        loop {
            match self.send(Method::PUT, &path, &bytes, &[200, 409]).await? {
                // 409: an earlier try was carried out.
                Some(_) => break,
                // Some do not try again.
                None if self.hand.now_and_then(2) => return Some(()),
                None => {}
            }
        }
        self.there(id, content);
        Some(())
    }

    fn there(&mut self, id: String, content: Content) {
        self.files.insert(id.clone(), Wanted::File(content));
        self.hand.ledger.count("uploads", 1);
        self.newest = Some((id, content));
    }

    /// The end of a URI.
    fn id(&self, reply: &Value) -> Option<String> {
        let uri = reply["content_uri"].as_str().unwrap_or_default();
        let id = uri.strip_prefix("mxc://peer.test/").map(str::to_owned);
        if id.is_none() {
            self.hand.unexpected(format!("an address in {reply}"));
        }
        id
    }

    /// One try to send a file. Inside is nothing where no answer came.
    async fn send(&self, method: Method, path: &str, bytes: &[u8], good: &[u16]) -> Option<Option<(u16, Value)>> {
        let request = self.hand.user.request(method, path).header("content-type", "application/octet-stream");
        let answered = async {
            let response = request.body(bytes.to_vec()).send().await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.bytes().await?))
        };
        match answered.await {
            Ok((status, body)) if good.contains(&status) => {
                Some(Some((status, serde_json::from_slice(&body).unwrap_or_default())))
            }
            Ok((status, body)) if !self.hand.ledger.is_outage(status) => {
                self.hand.unexpected(format!("{path}: {status} {}", String::from_utf8_lossy(&body)));
                None
            }
            _ if self.hand.ledger.is_ruined() => None,
            _ => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Some(None)
            }
        }
    }

    /// What an address gives, whole. None where no whole answer came.
    async fn download(&self, id: &str) -> Option<(u16, Vec<u8>)> {
        let path = format!("/_matrix/client/v1/media/download/peer.test/{id}?timeout_ms=0");
        let response = self.hand.user.request(Method::GET, &path).send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.bytes().await.ok()?.to_vec()))
    }

    /// Looks at what was just uploaded, perhaps after a death.
    async fn look_at_newest(&mut self) -> Option<()> {
        let Some((id, content)) = self.newest.clone() else { return Some(()) };
        self.hand.breathe().await;
        if let Some((status, bytes)) =
            self.download(&id).await.filter(|(status, _)| !self.hand.ledger.is_outage(*status))
        {
            self.compare(&id, Wanted::File(content), status, &bytes);
        }
        Some(())
    }

    fn compare(&self, id: &str, wanted: Wanted, status: u16, bytes: &[u8]) {
        if !wanted.fits(status, bytes) {
            self.hand.lost(format!("at {id} should be {wanted:?}, but {status} with {} bytes comes", bytes.len()));
        }
    }

    /// Downloads everything.
    pub async fn judge(&self) -> Option<()> {
        stream::iter(&self.files)
            .for_each_concurrent(AT_ONCE, |(id, wanted)| async move {
                match self.download(id).await {
                    Some((status, bytes)) => self.compare(id, *wanted, status, &bytes),
                    None => self.hand.lost(format!("{id} breaks off")),
                }
            })
            .await;
        Some(())
    }
}
