//! Files up and down: many small ones, and a large one whose passing must not show in the server's memory.

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde::Deserialize;

use crate::connection::Connection;
use crate::drive::{Outcome, Worker, closed_loop, warm_closed_loop};
use crate::error::{Error, Result};
use crate::setup::Stage;
use crate::users::User;

/// The size of a small file, in bytes.
const SMALL: usize = 10_000;

/// How many small files are under way at a time, and how many there are to be fetched.
const WIDTH: usize = 16;
const FILES: usize = 64;

const UPLOAD: &str = "/_matrix/media/v3/upload";
const DOWNLOAD: &str = "/_matrix/client/v1/media/download/";

#[derive(Deserialize)]
struct Uploaded {
    content_uri: String,
}

/// Someone who sends files. No two are the same: a server that stores equal contents once has no advantage.
struct Uploader {
    connection: Connection,
    authorization: HeaderValue,
    /// The last file.
    file: Bytes,
    /// What this one's files begin with.
    mark: String,
    sent: usize,
}

impl Uploader {
    fn new(stage: &Stage, user: &User, size: usize) -> Self {
        let (connection, authorization) = (stage.target.connection(), user.authorization.clone());
        Self { connection, authorization, file: noise(size), mark: user.user_id.clone(), sent: 0 }
    }

    /// Sends one; gives the path under which it can be fetched.
    async fn upload(&mut self) -> Result<String> {
        self.sent += 1;
        let start = format!("{} {}\n", self.mark, self.sent);
        // In place, where the connection has let go of it: copying a large file takes a while.
        let mut file = std::mem::take(&mut self.file).try_into_mut().unwrap_or_else(|shared| shared.as_ref().into());
        if let Some(head) = file.get_mut(..start.len()) {
            head.copy_from_slice(start.as_bytes());
        }
        self.file = file.freeze();
        let request = self.connection.target().upload(UPLOAD, &self.authorization, self.file.clone())?;
        let uploaded: Uploaded = serde_json::from_slice(&self.connection.fetch(request).await?)?;
        let place = uploaded.content_uri.strip_prefix("mxc://").ok_or(Error::Lacks(UPLOAD, "an mxc address"))?;
        Ok(format!("{DOWNLOAD}{place}"))
    }
}

impl Worker for Uploader {
    async fn step(&mut self) -> Option<Result<()>> {
        Some(self.upload().await.map(drop))
    }
}

/// Bytes that no compression of a file system makes fewer.
fn noise(size: usize) -> Bytes {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(size).collect()
}

/// Someone who fetches one file after the other.
struct Downloader {
    connection: Connection,
    authorization: HeaderValue,
    paths: Vec<String>,
    size: usize,
    fetched: usize,
}

impl Downloader {
    async fn download(&mut self) -> Result<()> {
        let Some(path) = self.paths.get(self.fetched % self.paths.len().max(1)) else { return Ok(()) };
        self.fetched += 1;
        let request = self.connection.target().request(Method::GET, path, Some(&self.authorization), Bytes::new())?;
        let length = self.connection.measure(request).await?;
        (length == self.size).then_some(()).ok_or(Error::Lacks(DOWNLOAD, "the whole file"))
    }
}

impl Worker for Downloader {
    async fn step(&mut self) -> Option<Result<()>> {
        Some(self.download().await)
    }
}

/// Small files to the server.
pub async fn upload_small(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.senders(WIDTH).await?;
    let mut workers: Vec<Uploader> = users.iter().map(|user| Uploader::new(stage, user, SMALL)).collect();
    if let Some(first) = workers.first_mut() {
        first.upload().await?;
    }
    warm_closed_loop(&stage.watch, &mut workers, stage.run_for).await
}

/// Small files from the server.
pub async fn download_small(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.senders(WIDTH).await?;
    let mut workers = downloaders(stage, &users, SMALL, FILES).await?;
    warm_closed_loop(&stage.watch, &mut workers, stage.run_for).await
}

/// Large files to the server, one after the other.
pub async fn upload_large(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.senders(1).await?;
    let size = stage.scale.large_file;
    let mut workers: Vec<Uploader> = users.iter().map(|user| Uploader::new(stage, user, size)).collect();
    // Whether it is served is asked with something small.
    if let Some(user) = users.first() {
        Uploader::new(stage, user, SMALL).upload().await?;
    }
    observed(stage, &mut workers).await
}

/// A large file from the server, again and again.
pub async fn download_large(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.senders(1).await?;
    let mut workers = downloaders(stage, &users, stage.scale.large_file, 1).await?;
    observed(stage, &mut workers).await
}

/// Each of these users with all of the files, which the first one uploads.
async fn downloaders(stage: &Stage, users: &[User], size: usize, files: usize) -> Result<Vec<Downloader>> {
    let mut paths = Vec::with_capacity(files);
    if let Some(user) = users.first() {
        let mut uploader = Uploader::new(stage, user, size);
        // Not what an upload row has sent.
        uploader.mark.push_str(" for others");
        while paths.len() < files {
            paths.push(uploader.upload().await?);
        }
    }
    let downloader = |(n, user): (usize, &User)| {
        let (connection, authorization) = (stage.target.connection(), user.authorization.clone());
        Downloader { connection, authorization, paths: paths.clone(), size, fetched: n }
    };
    let mut workers: Vec<Downloader> = users.iter().enumerate().map(downloader).collect();
    if let Some(first) = workers.first_mut() {
        first.download().await?;
    }
    Ok(workers)
}

/// Runs the workers, and looks at the server's memory before, meanwhile and after.
async fn observed<W: Worker>(stage: &Stage, workers: &mut [W]) -> Result<Outcome> {
    let before = stage.watch.memory()?.server_anonymous;
    let (mut outcome, peak) = stage.watch.peak_during(closed_loop(&stage.watch, workers, stage.run_for)).await?;
    let rate = outcome.tally.latency.len() as f64 * stage.scale.large_file as f64 / outcome.elapsed.as_secs_f64();
    outcome.beside.insert("MB per second".into(), rate / 1e6);
    if !stage.watch.server.is_empty() {
        outcome.beside.insert("anonymous MiB of the server before".into(), before);
        outcome.beside.insert("anonymous MiB of the server meanwhile, at most".into(), peak);
        outcome.beside.insert("anonymous MiB of the server after".into(), stage.watch.memory()?.server_anonymous);
    }
    Ok(outcome)
}
