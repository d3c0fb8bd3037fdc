//! Paging back through the room of many messages, from its end to its beginning, again and again.

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde::Deserialize;

use crate::connection::Connection;
use crate::drive::{Outcome, Worker, warm_closed_loop};
use crate::error::Result;
use crate::setup::{Room, Stage};
use crate::users::User;

/// How many events a page holds.
pub const PAGE: usize = 100;

/// More pages than the room can have: a server that never ends is not followed for ever.
const MOST_PAGES: usize = 100;

/// Someone who reads page after page.
struct Reader {
    connection: Connection,
    authorization: HeaderValue,
    /// The full pages' paths, found beforehand so that no answer has to be parsed while the time runs.
    pages: Vec<String>,
    read: usize,
}

/// The only field of a page that is read, while preparing.
#[derive(Deserialize)]
struct Page {
    end: Option<String>,
}

impl Worker for Reader {
    async fn step(&mut self) -> Option<Result<()>> {
        let path = self.pages.get(self.read % self.pages.len().max(1))?;
        self.read += 1;
        let request = self.connection.target().request(Method::GET, path, Some(&self.authorization), Bytes::new());
        Some(match request {
            Ok(request) => self.connection.tell(request).await,
            Err(error) => Err(error),
        })
    }
}

/// All accounts of the room read at a time.
pub async fn run(stage: &mut Stage) -> Result<Outcome> {
    let (users, room) = stage.reading_room().await?;
    let mut workers = Vec::new();
    for (n, user) in users.iter().enumerate() {
        let mut reader = Reader::open(stage, user, &room).await?;
        // Not all at the same page.
        reader.read = n;
        workers.push(reader);
    }
    warm_closed_loop(&stage.watch, &mut workers, stage.run_for).await
}

impl Reader {
    /// Reads through once and keeps the way.
    async fn open(stage: &Stage, user: &User, room: &Room) -> Result<Self> {
        let mut connection = stage.target.connection();
        let authorization = user.authorization.clone();
        let first = room.path(&format!("messages?dir=b&limit={PAGE}"));
        let mut pages = vec![first.clone()];
        while let Some(path) = pages.last().filter(|_| pages.len() < MOST_PAGES) {
            let request = stage.target.request(Method::GET, path, Some(&authorization), Bytes::new())?;
            let page: Page = serde_json::from_slice(&connection.fetch(request).await?)?;
            let Some(end) = page.end else { break };
            pages.push(format!("{first}&from={end}"));
        }
        // The last page holds what is left over, or nothing.
        pages.truncate(stage.scale.messages / PAGE);
        Ok(Self { connection, authorization, pages, read: 0 })
    }
}
