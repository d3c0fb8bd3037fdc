//! Incremental syncs that find nothing new and do not wait: what clients cost that come back from the background.

use bytes::Bytes;
use futures_util::future::try_join_all;
use http::{HeaderValue, Method};

use super::NextBatch;
use crate::connection::Connection;
use crate::drive::{Outcome, Worker, warm_closed_loop};
use crate::error::Result;
use crate::setup::Stage;

/// How many devices ask at a time.
const WIDTH: usize = 16;

/// A device that asks for what is new, again and again, with the token of the answer before.
struct Asker {
    connection: Connection,
    authorization: HeaderValue,
    since: String,
}

impl Asker {
    async fn sync(&mut self, path: &str) -> Result<()> {
        let request = self.connection.target().request(Method::GET, path, Some(&self.authorization), Bytes::new())?;
        let body = self.connection.fetch(request).await?;
        self.since = serde_json::from_slice::<NextBatch>(&body)?.next_batch;
        Ok(())
    }
}

impl Worker for Asker {
    async fn step(&mut self) -> Option<Result<()>> {
        let path = format!("/_matrix/client/v3/sync?timeout=0&since={}", self.since);
        Some(self.sync(&path).await)
    }
}

/// The devices' accounts share one room.
pub async fn run(stage: &mut Stage) -> Result<Outcome> {
    let users = stage.users("asker", WIDTH).await?;
    stage.room(&users).await?;
    let mut workers = try_join_all(users.into_iter().map(async |user| {
        let mut asker =
            Asker { connection: stage.target.connection(), authorization: user.authorization, since: String::new() };
        asker.sync("/_matrix/client/v3/sync?timeout=0").await?;
        Result::Ok(asker)
    }))
    .await?;
    warm_closed_loop(&stage.watch, &mut workers, stage.run_for).await
}
