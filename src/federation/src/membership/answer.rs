//! Reading the answer to `send_join`.

use std::time::Duration;

use ruma::{
    ServerName,
    api::federation::membership::create_join_event::v2::{Request, RoomState},
    room_version_rules::RoomVersionRules,
};
use tokio::time::{Instant, timeout};

use super::told::{Told, splitter};
use crate::{
    Error, Federation, Result,
    client::{Bounds, Place},
};

/// The state of a room of some ten thousand members. The time is that in which we wait for the other server.
const ENTRY: Bounds = Bounds { bytes: 128 << 20, time: Duration::from_secs(180) };

impl Federation {
    /// Hands a join to a server; gives what it says of the room, and its events, which are being checked.
    ///
    /// * `place`: where it stays if it is large. The time in which it waits for it counts.
    pub(super) async fn take_in(
        &self,
        server: &ServerName,
        request: Request,
        rules: &'static RoomVersionRules,
        place: &Place,
    ) -> Result<(RoomState, Told)> {
        let bad = |reason: String| Error::BadAnswer { server: server.to_owned(), reason };
        let mut time = Time { left: ENTRY.time, server };
        let mut answer = time.spend(self.inner.client.send_streamed(server, request, ENTRY)).await?;
        let (mut splitter, mut told) = (splitter(), Told::new(self.inner.verifier.clone(), rules));
        let mut bytes = 0;
        while let Some(piece) = time.spend(answer.chunk()).await? {
            bytes += piece.len();
            let placed = async {
                place.have(bytes).await;
                Ok(())
            };
            time.spend(placed).await?;
            for element in splitter.push(&piece).map_err(|reason| bad(reason.to_owned()))? {
                told.take(element).await;
            }
        }
        let said = serde_json::from_slice(&splitter.finish()).map_err(|error| bad(error.to_string()))?;
        Ok((said, told))
    }
}

/// How long is still waited for a server. While we have enough to do ourselves, no time passes for it.
struct Time<'a> {
    left: Duration,
    server: &'a ServerName,
}

impl Time<'_> {
    async fn spend<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let begun = Instant::now();
        let done = timeout(self.left, work).await;
        self.left = self.left.saturating_sub(begun.elapsed());
        done.unwrap_or_else(|_| {
            let reason = format!("no answer in {} seconds", ENTRY.time.as_secs());
            Err(Error::Unreachable { server: self.server.to_owned(), reason })
        })
    }
}
